import CLinux
import Glibc

/// A folder, and what is below it: whatever paths and links say, nothing outside of it is opened.
package struct ConfinedFolder: Sendable {
    private let descriptor: OwnedDescriptor
    private let asksKernel: Bool

    /// - Parameters:
    ///   - path: may be a link.
    ///   - asksKernel: false where we go from folder to folder, as we do on a kernel that has no openat2(2).
    package init(_ path: String, asksKernel: Bool = true) throws(SystemError) {
        let raw = Glibc.open(path, clinux_open_path | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw SystemError("open \(path)") }
        descriptor = OwnedDescriptor(raw)
        self.asksKernel = asksKernel
    }

    /// Opens what is at `path` from here; empty is the folder itself.
    ///
    /// - Parameter followsLinks: whether a part of the path may be a link to something in the folder.
    ///
    /// Throws `EXDEV` where the path leads out, as each link with an absolute path does, and `ELOOP` where a link may
    /// not be followed.
    package func open(_ path: String, _ flags: Int32, followsLinks: Bool) throws(SystemError) -> OwnedDescriptor {
        guard !path.utf8.contains(0) else { throw SystemError("open \(path)", code: EINVAL) }
        guard path.utf8.first != UInt8(ascii: "/") else { throw SystemError("open \(path)", code: EXDEV) }
        return asksKernel
            ? try openAtOnce(path, flags | O_CLOEXEC, followsLinks: followsLinks)
            : try walk(path, flags | O_CLOEXEC, followsLinks: followsLinks)
    }

    /// What is at `path`, without opening it: so nothing blocks, and no device wakes up.
    package func status(of path: String, followsLinks: Bool) throws(SystemError) -> stat {
        let descriptor = try open(path, clinux_open_path, followsLinks: followsLinks)
        return try Self.status(descriptor, path)
    }

    /// Of what has been opened.
    package static func status(_ descriptor: OwnedDescriptor, _ path: String) throws(SystemError) -> stat {
        defer { withExtendedLifetime(descriptor) {} }
        var status = stat()
        guard fstat(descriptor.raw, &status) == 0 else { throw SystemError("look at \(path)") }
        return status
    }

    private func openAtOnce(
        _ path: String, _ flags: Int32, followsLinks: Bool
    ) throws(SystemError) -> OwnedDescriptor {
        let within = clinux_resolve_beneath | clinux_resolve_no_magic_links
        let rules = followsLinks ? within : within | clinux_resolve_no_links
        let shown = path.isEmpty ? "." : path
        // The kernel asks to try again where somebody renames folders meanwhile.
        for _ in 0..<8 {
            let raw = clinux_openat2(descriptor.raw, shown, UInt64(UInt32(bitPattern: flags)), rules)
            if raw >= 0 { return OwnedDescriptor(raw) }
            switch errno {
            case EAGAIN, EINTR: continue
            // Before Linux 5.6, or where a filter of system calls does not know it.
            case ENOSYS, EPERM: return try walk(path, flags, followsLinks: followsLinks)
            default: throw SystemError("open \(path)")
            }
        }
        throw SystemError("open \(path)", code: EAGAIN)
    }

    // MARK: Without the kernel

    private struct Step {
        var name: [UInt8]
        var descriptor: OwnedDescriptor
        var isFolder: Bool
    }

    private static let here = [UInt8(ascii: ".")]
    private static let back = [UInt8(ascii: "."), UInt8(ascii: ".")]

    // As in the kernel.
    private static let linksMax = 40

    /// Goes from folder to folder, each held open, and back only the way it came; so nobody can move us out.
    private func walk(_ path: String, _ flags: Int32, followsLinks: Bool) throws(SystemError) -> OwnedDescriptor {
        // What comes next is last.
        var ahead = Self.names(path.utf8)
        var behind: [Step] = []
        var links = 0
        while let name = ahead.popLast() {
            guard behind.last?.isFolder ?? true else { throw SystemError("open \(path)", code: ENOTDIR) }
            if name == Self.here { continue }
            if name == Self.back {
                guard behind.popLast() != nil else { throw SystemError("open \(path)", code: EXDEV) }
                continue
            }
            let next = try Self.open(name, in: behind.last?.descriptor ?? descriptor, clinux_open_path, path)
            let type = try Self.status(next, path).st_mode & S_IFMT
            guard type == S_IFLNK else {
                behind.append(Step(name: name, descriptor: next, isFolder: type == S_IFDIR))
                continue
            }
            let target = try Self.target(of: next, path)
            links += 1
            guard followsLinks, links <= Self.linksMax else { throw SystemError("open \(path)", code: ELOOP) }
            guard target.first != UInt8(ascii: "/") else { throw SystemError("open \(path)", code: EXDEV) }
            ahead += Self.names(target)
        }
        guard let last = behind.popLast() else {
            return try Self.open(Self.here, in: descriptor, flags, path)
        }
        return try Self.open(last.name, in: behind.last?.descriptor ?? descriptor, flags, path)
    }

    /// The last one first; a slash at the end stands for the folder that is there.
    private static func names(_ path: some BidirectionalCollection<UInt8>) -> [[UInt8]] {
        let names = path.split(separator: UInt8(ascii: "/")).reversed().map { Array($0) }
        return path.last == UInt8(ascii: "/") ? [here] + names : names
    }

    /// One name, which is no `..`; a link is not followed.
    private static func open(
        _ name: [UInt8], in folder: OwnedDescriptor, _ flags: Int32, _ path: String
    ) throws(SystemError) -> OwnedDescriptor {
        let name = (name + [0]).map { CChar(bitPattern: $0) }
        let raw = withExtendedLifetime(folder) { openat(folder.raw, name, flags | O_NOFOLLOW | O_CLOEXEC) }
        guard raw >= 0 else { throw SystemError("open \(path)") }
        return OwnedDescriptor(raw)
    }

    /// Where a link leads.
    private static func target(of descriptor: OwnedDescriptor, _ path: String) throws(SystemError) -> [UInt8] {
        defer { withExtendedLifetime(descriptor) {} }
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(descriptor.raw, "", &target, target.count)
        guard count >= 0 else { throw SystemError("read the link \(path)") }
        return target.prefix(count).map { UInt8(bitPattern: $0) }
    }
}
