@testable import HyperDHT

/// The place of a node that is not there.
func nodeAddress(_ number: Int) -> IPv4Address {
    IPv4Address(host: 0x5500_0000 &+ UInt32(truncatingIfNeeded: number), port: 5_000)
}

/// A target by its seed.
func nodeTarget(_ number: UInt64) -> Bytes32 {
    var numbers = Randomness(SeededNumbers(seed: number))
    return numbers.bytes32()
}
