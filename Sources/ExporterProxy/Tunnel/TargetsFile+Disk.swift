import Glibc

/// Reads and writes the file; both wait for the disk.
extension TargetsFile {
    /// What was on disk at the start.
    package struct Opened: Equatable, Sendable {
        package var targets: [AliasTarget] = []
        package var damage: Damage?
    }

    /// A file of which not all could be read. What could is taken over.
    package struct Damage: Equatable, Sendable {
        package var faults: [String]
        /// Where the file is now.
        package var path: String
    }

    /// None where there is no file. One that is damaged is set aside, so that nothing overwrites it.
    ///
    /// Throws where the file cannot be looked at, or cannot be set aside.
    package static func open(_ path: String, at now: Moment) throws(SystemError) -> Opened {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try SmallFile.read(path, bytesMax: bytesMax) } catch {
            guard error.code == ENOENT else { throw error }
            return Opened()
        }
        let contents = read(bytes)
        if contents.faults.isEmpty { return Opened(targets: contents.targets) }
        let aside = try setAside(path, at: now)
        return Opened(targets: contents.targets, damage: Damage(faults: contents.faults, path: aside))
    }

    /// Whoever reads the file sees the old list or the new one.
    package static func write(_ targets: [AliasTarget], to path: String) throws(SystemError) {
        try WholeFile.replace(path, with: bytes(of: targets))
    }

    private static func setAside(_ path: String, at now: Moment) throws(SystemError) -> String {
        let base = "\(path).damaged-\(now.wall.nanoseconds / 1_000_000_000)"
        var (target, attempt) = (base, 1)
        while access(target, F_OK) == 0 {
            attempt += 1
            target = "\(base)-\(attempt)"
        }
        guard rename(path, target) == 0 else { throw SystemError("set aside \(path)") }
        return target
    }
}
