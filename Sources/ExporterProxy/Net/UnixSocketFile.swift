import CLinux
import Glibc

/// The file of a Unix socket that listens: made with its owner and mode, removed when it goes.
///
/// Touches nothing at its path but a dead socket of the same owner: what else stands there is somebody's.
package final class UnixSocketFile: Sendable {
    /// Who may connect, which on Linux is who may write to the file.
    package struct Access: Equatable, Sendable {
        package var user: UInt32
        package var group: UInt32
        package var mode: UInt32

        package init(user: UInt32, group: UInt32, mode: UInt32) {
            self.user = user
            self.group = group
            self.mode = mode
        }
    }

    package let path: String
    private let device: dev_t
    private let inode: ino_t

    private init(path: String, device: dev_t, inode: ino_t) {
        self.path = path
        self.device = device
        self.inode = inode
    }

    deinit { remove() }

    /// Whether the file is still ours: somebody may have removed it and made his own.
    var isThere: Bool {
        var now = stat()
        return lstat(path, &now) == 0 && now.st_dev == device && now.st_ino == inode
    }

    /// Removes the file if it is still ours.
    package func remove() { if isThere { unlink(path) } }

    /// Throws where the file is not ours any more, or may not be given away; then it is as it was.
    func setAccess(_ access: Access) throws {
        // A descriptor of the file itself, so that whatever stands at the path a moment later is not touched.
        let raw = open(path, clinux_open_path | O_NOFOLLOW | O_CLOEXEC)
        guard raw >= 0 else { throw SystemError("look at \(path)") }
        let descriptor = OwnedDescriptor(raw)
        defer { withExtendedLifetime(descriptor) {} }
        var now = stat()
        guard fstat(raw, &now) == 0, now.st_dev == device, now.st_ino == inode else {
            throw UnixSocketError.foreign(path, owner: now.st_uid)
        }
        // Such a descriptor is only good for its name in /proc, which leads to the file itself.
        let file = "/proc/self/fd/\(raw)"
        let isOwner = now.st_uid == access.user && now.st_gid == access.group
        guard isOwner || chown(file, access.user, access.group) == 0 else {
            throw SystemError("give \(path) to user \(access.user), group \(access.group)")
        }
        guard chmod(file, access.mode) == 0 else {
            let code = errno
            if !isOwner { _ = chown(file, now.st_uid, now.st_gid) }
            throw SystemError("set the mode of \(path)", code: code)
        }
    }

    /// Throws ``UnixSocketError`` or ``SystemError``.
    package static func listen(at path: String, _ access: Access) throws -> ListeningSocket {
        try withSocket(SOCK_STREAM, at: path, access) { descriptor, file in
            guard Glibc.listen(descriptor.raw, ListeningSocket.backlog) == 0 else {
                throw SystemError("listen on \(path)")
            }
            return ListeningSocket(descriptor, name: path, file: file)
        }
    }

    /// For datagrams; throws ``UnixSocketError`` or ``SystemError``.
    package static func receive(at path: String, _ access: Access, buffer: Int) throws -> DatagramSocket {
        try withSocket(SOCK_DGRAM, at: path, access) { descriptor, file in
            DatagramSocket(descriptor, name: path, file: file, buffer: buffer)
        }
    }

    /// Makes the file; `body` opens the door.
    private static func withSocket<T>(
        _ type: __socket_type, at path: String, _ access: Access,
        body: (OwnedDescriptor, UnixSocketFile) throws -> T
    ) throws -> T {
        var address = try self.address(path)
        // Held from the look at the path until we listen: of two that start at once, the second finds the first alive.
        let lock = try lockDirectory(of: path)
        defer { withExtendedLifetime(lock) {} }
        try clear(path, &address, access)
        let raw = socket(AF_UNIX, Int32(type.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw SystemError("open a Unix socket") }
        let descriptor = OwnedDescriptor(raw)
        guard fchmod(raw, access.mode) == 0 else { throw SystemError("set the mode of \(path)") }
        // The file gets the mode of the socket less the umask, so that no path has to be followed to set it.
        let mask = umask(0)
        let bound = withSockaddr(&address) { bind(raw, $0, $1) }
        let code = errno
        umask(mask)
        guard bound == 0 else { throw SystemError("make the socket \(path)", code: code) }
        let file = try recorded(path)
        // Nobody can connect before listen(2), so nobody gets into a stream before the owner is right.
        try give(path, to: access)
        return try body(descriptor, file)
    }

    private static func give(_ path: String, to access: Access) throws(SystemError) {
        if access.user == geteuid(), access.group == getegid() { return }
        guard lchown(path, access.user, access.group) == 0 else {
            throw SystemError("give \(path) to user \(access.user), group \(access.group)")
        }
    }

    private static func recorded(_ path: String) throws(SystemError) -> UnixSocketFile {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw SystemError("look at \(path)") }
        return UnixSocketFile(path: path, device: status.st_dev, inode: status.st_ino)
    }

    /// A directory that others can write to could be made by somebody else first: it must be ours alone.
    package static func requireOwnDirectory(_ directory: String) throws {
        var status = stat()
        guard lstat(directory, &status) == 0 else { throw SystemError("look at \(directory)") }
        guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw UnixSocketError.foreign(directory, owner: status.st_uid)
        }
    }

    /// Makes `path` free, or says why it must stay.
    private static func clear(_ path: String, _ address: inout sockaddr_un, _ access: Access) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw SystemError("look at \(path)")
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw UnixSocketError.notASocket(path) }
        guard status.st_uid == geteuid() || status.st_uid == access.user else {
            throw UnixSocketError.foreign(path, owner: status.st_uid)
        }
        if isAlive(&address) { throw UnixSocketError.inUse(path) }
        guard unlink(path) == 0 else { throw SystemError("remove the dead socket \(path)") }
    }

    /// Only a refused connection proves that nobody listens.
    private static func isAlive(_ address: inout sockaddr_un) -> Bool {
        let raw = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { return true }
        defer { close(raw) }
        return withSockaddr(&address) { Glibc.connect(raw, $0, $1) } == 0 || errno != ECONNREFUSED
    }

    /// `nil` where somebody holds the lock and does not let go: it only orders starts at the same time, and anybody who
    /// can read the directory can take it, so it must not keep the proxy from starting.
    private static func lockDirectory(of path: String) throws -> OwnedDescriptor? {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let raw = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw SystemError("open the directory \(directory) for the socket \(path)") }
        let descriptor = OwnedDescriptor(raw)
        for _ in 0..<200 {
            if flock(raw, LOCK_EX | LOCK_NB) == 0 { return descriptor }
            usleep(10_000)
        }
        return nil
    }

    private static func address(_ path: String) throws(UnixSocketError) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < capacity, !bytes.contains(0) else {
            throw .unusablePath(path, bytesMax: capacity - 1)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }

    private static func withSockaddr<T>(
        _ address: inout sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T
    ) -> T {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    /// Connects as a client, blocking; throws ``UnixSocketError`` or ``SystemError``.
    package static func connect(to path: String, sendsDatagrams: Bool = false) throws -> OwnedDescriptor {
        var address = try self.address(path)
        let type = sendsDatagrams ? SOCK_DGRAM : SOCK_STREAM
        let raw = socket(AF_UNIX, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard raw >= 0 else { throw SystemError("open a Unix socket") }
        let descriptor = OwnedDescriptor(raw)
        guard withSockaddr(&address, { Glibc.connect(raw, $0, $1) }) == 0 else {
            throw SystemError("connect to \(path)")
        }
        return descriptor
    }
}

/// Why a path cannot become our socket.
package enum UnixSocketError: Error, Equatable, CustomStringConvertible {
    case unusablePath(String, bytesMax: Int)
    case notASocket(String)
    case foreign(String, owner: UInt32)
    case inUse(String)

    package var description: String {
        switch self {
        case .unusablePath(let path, let bytesMax):
            "cannot use '\(EscapedText.visible(path))' as a socket path: it must have 1 to \(bytesMax) bytes"
        case .notASocket(let path):
            "cannot listen on \(path): something that is not a socket is there, and is left as it is"
        case .foreign(let path, let owner):
            "cannot listen on \(path): the socket there belongs to user \(owner), and is left as it is"
        case .inUse(let path):
            "cannot listen on \(path): another process listens there"
        }
    }
}
