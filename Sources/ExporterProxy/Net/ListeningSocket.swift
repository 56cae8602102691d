import Glibc
import NIOCore

/// A stream socket that accepts, and the name that people know it by.
package final class ListeningSocket: Sendable {
    package let descriptor: OwnedDescriptor
    /// What `/apps` shows as the source: the address or the path, as configured; a port 0 as the kernel chose it.
    package let name: String
    package let isUnix: Bool
    /// Removes the socket file when the listener goes.
    private let file: UnixSocketFile?

    init(_ descriptor: OwnedDescriptor, name: String, file: UnixSocketFile? = nil) {
        self.descriptor = descriptor
        self.name = name
        self.isUnix = file != nil
        self.file = file
    }

    /// Removes the socket file of a Unix socket, so that nobody finds a door without a house.
    package func removeFile() { file?.remove() }

    /// Gives the socket file of a Unix socket another owner and mode; throws where that is not allowed.
    package func setFileAccess(_ access: UnixSocketFile.Access) throws { try file?.setAccess(access) }

    /// The kernel cuts it to net.core.somaxconn.
    static let backlog: Int32 = 4096

    /// `old` listens on the same port of another host, and is to close once the new one listens.
    package static func tcp(_ address: HostPort, sharingPortOf old: ListeningSocket? = nil) throws -> ListeningSocket {
        let (descriptor, name) = try InternetSocket.bound(
            to: address, SOCK_STREAM, sharingPortOf: old?.descriptor
        ) { raw in
            guard listen(raw, backlog) == 0 else { throw SystemError("listen on \(address)") }
        }
        return ListeningSocket(descriptor, name: name)
    }
}
