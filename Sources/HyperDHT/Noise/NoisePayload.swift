/// What each side says of itself in the handshake: where it is, what its NAT does, which stream it has made.
package struct NoisePayload: Equatable, Sendable, WireValue {
    /// How a host can be reached.
    package enum Firewall: UInt64, Sendable {
        case unknown = 0
        /// Anyone can send to it.
        case open = 1
        /// Behind a NAT that gives it one address for all.
        case consistent = 2
        /// Behind a NAT that gives it another port for each.
        case random = 3
    }

    package enum Failure: UInt64, Sendable {
        case none = 0
        case aborted = 1
        case versionMismatch = 2
        case tryLater = 3
    }

    /// Where a server behind a NAT can be asked to punch a hole.
    package struct Holepunch: Equatable, Sendable {
        package struct Relay: Equatable, Sendable, WireValue {
            static let wireBytes = 2 * IPv4Address.wireBytes

            /// The DHT node to ask.
            package var relay: IPv4Address
            /// The server as that node sees it.
            package var peer: IPv4Address

            package init(relay: IPv4Address, peer: IPv4Address) { (self.relay, self.peer) = (relay, peer) }

            package init(from reader: inout WireReader) throws(WireError) {
                relay = try IPv4Address(from: &reader)
                peer = try IPv4Address(from: &reader)
            }

            package func write(to writer: inout WireWriter) {
                relay.write(to: &writer)
                peer.write(to: &writer)
            }
        }

        package var id: UInt64
        package var relays: [Relay]

        package init(id: UInt64, relays: [Relay]) { (self.id, self.relays) = (id, relays) }
    }

    /// The sender's UDX stream.
    package struct Stream: Equatable, Sendable {
        package var version: UInt64 = 1
        package var socketIsReusable = false
        /// The other side writes it into its packets.
        package var id: UInt32
        package var firstSequence: UInt64 = 0

        package init(id: UInt32, socketIsReusable: Bool = false) {
            (self.id, self.socketIsReusable) = (id, socketIsReusable)
        }
    }

    /// A third peer through which two others could speak. It is read and not used.
    package struct RelayThrough: Equatable, Sendable {
        package var publicKey: PublicKey
        package var token: Bytes32

        package init(publicKey: PublicKey, token: Bytes32) { (self.publicKey, self.token) = (publicKey, token) }
    }

    package static let version: UInt64 = 1
    /// More addresses than any host has, and few enough to look at.
    static let addressesMax = 64

    /// Where it is not ours, nothing else was read.
    package var version = Self.version
    package var failure = Failure.none
    package var firewall = Firewall.unknown
    package var holepunch: Holepunch?
    package var addresses4: [IPv4Address] = []
    package var addresses6: [IPv6Address] = []
    package var stream: Stream?
    /// The version of the secret stream.
    package var secretStream: UInt64?
    package var relayThrough: RelayThrough?
    package var relayAddresses: [IPv4Address]?

    package init() {}
}
