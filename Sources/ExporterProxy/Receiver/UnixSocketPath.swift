import Glibc
import Logging

/// Where the Unix socket can be made when nobody has said otherwise.
enum UnixSocketPath {
    /// The standard path needs root. Without it, and only for the standard path, the socket goes to the user's own
    /// runtime directory, and the log says so; any other path is meant as it is.
    static func usable(_ path: String, logger: Logger) throws -> String {
        let isStandard = path == SocketReceiver.Configuration.standardUnixSocket
        guard isStandard, access("/var/run", W_OK) != 0 else { return path }
        let own = try ownDirectory() + "/" + fileName
        logger.notice(
            "the standard socket path needs root, using another one",
            metadata: ["standard": "\(path)", "path": "\(own)"])
        return own
    }

    /// Where a client of a proxy with this path finds the socket.
    static func existing(_ path: String) -> String {
        guard path == SocketReceiver.Configuration.standardUnixSocket, access(path, F_OK) != 0,
            let own = try? ownDirectory()
        else { return path }
        let other = own + "/" + fileName
        return access(other, F_OK) == 0 ? other : path
    }

    private static let fileName = "exporter-proxy-receiver.sock"

    /// `XDG_RUNTIME_DIR`, or a directory in /tmp that only this user can enter.
    private static func ownDirectory() throws -> String {
        if let directory = getenv("XDG_RUNTIME_DIR").map({ String(cString: $0) }), access(directory, W_OK) == 0 {
            return directory
        }
        let directory = "/tmp/exporter-proxy-\(geteuid())"
        mkdir(directory, 0o700)
        try UnixSocketFile.requireOwnDirectory(directory)
        return directory
    }
}
