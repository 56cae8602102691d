import Glibc

/// The files that say who may do what, as they were when they were read.
struct AccessFiles: Sendable {
    private static let bytesMax = 1024 * 1024

    /// What tells two versions of a file apart, without reading it.
    struct Print: Equatable, Sendable {
        private var device: UInt64
        private var inode: UInt64
        private var size: Int64
        private var modified: Int64
        /// Nanoseconds since 1970.
        private(set) var changed: Int64

        /// `nil` where there is none.
        init?(_ path: String) {
            var found = stat()
            guard stat(path, &found) == 0 else { return nil }
            device = UInt64(found.st_dev)
            inode = UInt64(found.st_ino)
            size = Int64(found.st_size)
            modified = Self.nanoseconds(found.st_mtim)
            changed = Self.nanoseconds(found.st_ctim)
        }

        private static func nanoseconds(_ time: timespec) -> Int64 {
            Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
        }
    }

    /// By path, taken before the file was read.
    private(set) var prints: [String: Print] = [:]
    /// By path.
    private(set) var contents: [String: Result<[UInt8], SystemError>] = [:]

    /// Reads them, and so blocks.
    init(_ paths: [String]) {
        for path in paths {
            prints[path] = Print(path)
            contents[path] = Result { () throws(SystemError) in try SmallFile.read(path, bytesMax: Self.bytesMax) }
        }
    }

    /// Whether nothing can have changed since `prints` were taken. Blocks.
    ///
    /// A file that was written just before may have been written again within the same tick of the file system's
    /// clock: it is read once more when its time has passed.
    static func areUnchanged(_ prints: [String: Print], paths: [String], takenAt moment: Moment) -> Bool {
        let settled = moment.wall.nanoseconds &- 2_000_000_000
        return paths.allSatisfy { path in
            guard let known = prints[path], known.changed < settled else { return false }
            return Print(path) == known
        }
    }
}
