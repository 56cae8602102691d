/// Names that follow from addresses, so that nobody can choose them.
package enum NodeID {
    package static func of(_ address: IPv4Address) -> Bytes32 { Blake2b.hash32(address.bytes) }

    /// The row of a routing table: how many leading bits two ids share.
    package static func row(of other: Bytes32, seenFrom own: Bytes32) -> Int {
        own.distance(to: other).leadingZeroBits
    }
}

/// Shows that who sends a request also receives the answers at the address it sends from.
package enum RoundTripToken {
    /// Over the host without its port.
    package static func make(for address: IPv4Address, secret: Bytes32) -> Bytes32 {
        Blake2b.hash32(Array(address.hostText.utf8), key: secret.bytes)
    }

    /// The secret that follows on `secret` when it has been in use long enough.
    package static func successor(of secret: Bytes32) -> Bytes32 { Blake2b.hash32(secret.bytes) }
}
