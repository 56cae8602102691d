extension SocketReceiver {
    /// `[receiver]` in config.toml.
    ///
    /// - `format` (`"auto"`, `"json"` or `"capnp"`, default `"auto"`): which messages are taken; `"auto"` tells them
    ///   apart by their first bytes, both at once on one socket.
    /// - `receive_on_unix_socket` (default true), `receiver_unix_socket` (path), `unix_socket_user`,
    ///   `unix_socket_group` (names or numbers, or `"current_user"`, `"current_group"`), `unix_socket_mode` (octal).
    /// - `receive_on_tcp_socket` (default true), `receiver_tcp_socket` (address).
    /// - `message_bytes_max` (bytes): larger messages are refused at their header.
    /// - `message_timeout` (duration): from a message's first byte to its last.
    /// - `idle_timeout` (duration): silence between messages after which a connection is closed.
    /// - `reply` (default false): answer each message with one line of JSON.
    package struct Configuration: Equatable, Sendable {
        package static let standardUnixSocket = "/var/run/exporter-proxy-receiver.sock"

        package var format = ReceiverFormat.auto
        package var receivesOnUnixSocket = true
        package var unixSocket = standardUnixSocket
        package var unixSocketAccess = UnixSocketFile.Access(user: 0, group: 0, mode: 0o660)
        package var receivesOnTCPSocket = true
        package var tcpSocket = HostPort(host: "127.0.0.1", port: 6554)
        package var messageBytesMax = 16 * 1024 * 1024
        package var messageTimeout = Duration.seconds(30)
        package var idleTimeout = Duration.seconds(3600)
        package var replies = false

        package init(reading section: ConfigurationSection) {
            format = section.choice("format", format)
            receivesOnUnixSocket = section.boolean("receive_on_unix_socket", receivesOnUnixSocket)
            unixSocket = section.string(
                "receiver_unix_socket", unixSocket, expected: "the path of a Unix socket, of 1 to 107 bytes")
            if unixSocket.isEmpty || unixSocket.utf8.count > 107 {
                section.report("receiver_unix_socket", "expected the path of a Unix socket, of 1 to 107 bytes")
            }
            unixSocketAccess = UnixSocketFile.Access(reading: section)
            receivesOnTCPSocket = section.boolean("receive_on_tcp_socket", receivesOnTCPSocket)
            tcpSocket = section.address("receiver_tcp_socket", tcpSocket)
            messageBytesMax = section.integer("message_bytes_max", messageBytesMax, in: 64...1_073_741_824)
            messageTimeout = section.duration("message_timeout", messageTimeout)
            idleTimeout = section.duration("idle_timeout", idleTimeout)
            replies = section.boolean("reply", replies)
            section.finish()
        }
    }
}
