import Glibc

/// What changes when somebody changes a file.
package struct FileStamp: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64
    package var size: Int64
    /// Nanoseconds since 1970.
    package var modified: Int64
    /// Of the file or what is known of it, which nobody can set.
    package var changed: Int64
    package var mode: UInt32

    /// Of nothing: the file could not be looked at, or had changed so lately that its next change may not show.
    package static let unknown = FileStamp(device: 0, inode: 0, size: 0, modified: 0, changed: 0, mode: 0)

    package init(device: UInt64, inode: UInt64, size: Int64, modified: Int64, changed: Int64, mode: UInt32) {
        self.device = device
        self.inode = inode
        self.size = size
        self.modified = modified
        self.changed = changed
        self.mode = mode
    }

    /// `nil` where there is no such file.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(of: status)
    }

    init(of status: stat) {
        self.init(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
            modified: Self.nanoseconds(status.st_mtim), changed: Self.nanoseconds(status.st_ctim),
            mode: UInt32(status.st_mode))
    }

    // A time that does not fit is another one, and as good.
    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    /// Whether a change after `now` shows: the clock of files goes in steps, of 10 ms at most.
    func isSettled(at now: Timestamp) -> Bool { (now.nanoseconds &- changed).magnitude > 20_000_000 }
}
