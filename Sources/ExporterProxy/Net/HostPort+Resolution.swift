import NIOCore

extension HostPort {
    /// The socket address to listen on or connect to; blocks while a name is looked up.
    package func resolved() throws(UnknownHost) -> SocketAddress {
        do {
            return try SocketAddress.makeAddressResolvingHost(host, port: port)
        } catch {
            throw UnknownHost(host: host)
        }
    }
}

package struct UnknownHost: Error, Equatable, CustomStringConvertible {
    package var host: String
    package var description: String { "cannot resolve the host name '\(EscapedText.visible(host))'" }
}
