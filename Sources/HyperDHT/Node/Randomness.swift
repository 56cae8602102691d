/// Where a node takes its numbers from: the system's generator outside of tests.
package struct Randomness: RandomNumberGenerator, Sendable {
    private var source: any RandomNumberGenerator & Sendable

    package init(_ source: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
        self.source = source
    }

    package mutating func next() -> UInt64 { source.next() }

    mutating func bytes32() -> Bytes32 {
        let words = (0..<4).map { _ in next() }
        return words.withUnsafeBytes { Bytes32(filling: Array($0)) }
    }
}
