/// Constants that keep a signature or a key made for one purpose from meaning anything for another.
package enum Namespace {
    package static let announce = dht(4)
    package static let unannounce = dht(5)
    package static let mutablePut = dht(6)
    package static let peerHandshake = dht(0)
    package static let peerHolepunch = dht(1)
    package static let streamInitiator = secretStream(0)
    package static let streamResponder = secretStream(1)
    package static let streamSend = secretStream(2)

    /// `number` is the command's.
    package static func dht(_ number: UInt8) -> Bytes32 { value("hyperswarm/dht", number) }

    package static func secretStream(_ number: UInt8) -> Bytes32 { value("hyperswarm/secret-stream", number) }

    private static func value(_ name: String, _ number: UInt8) -> Bytes32 {
        Blake2b.hash32(Blake2b.hash32(Array(name.utf8)).bytes + [number])
    }
}
