/// A value that its owner may change, with what proves that it did.
package struct MutableValue: Equatable, Sendable, WireValue {
    package var sequence: UInt64
    package var value: [UInt8]
    package var signature: Signature

    package init(sequence: UInt64, value: [UInt8], by identity: KeyPair) {
        (self.sequence, self.value) = (sequence, value)
        signature = identity.sign(Self.signable(sequence, value))
    }

    package func isAuthentic(of owner: PublicKey) -> Bool {
        owner.hasSigned(Self.signable(sequence, value), signature)
    }

    static func signable(_ sequence: UInt64, _ value: [UInt8]) -> [UInt8] {
        Namespace.mutablePut.bytes + Blake2b.hash32(content(sequence, value)).bytes
    }

    static func content(_ sequence: UInt64, _ value: [UInt8]) -> [UInt8] {
        var writer = WireWriter()
        writer.uint(sequence)
        writer.buffer(value)
        return writer.bytes
    }

    package init(from reader: inout WireReader) throws(WireError) {
        sequence = try reader.uint()
        value = Array(try reader.buffer())
        signature = try Signature(from: &reader)
    }

    package func write(to writer: inout WireWriter) {
        writer.uint(sequence)
        writer.buffer(value)
        signature.write(to: &writer)
    }
}

/// The value of mutable_put.
package struct MutablePut: Equatable, Sendable, WireValue {
    package var owner: PublicKey
    package var value: MutableValue

    package init(owner: PublicKey, value: MutableValue) { (self.owner, self.value) = (owner, value) }

    package init(from reader: inout WireReader) throws(WireError) {
        owner = try PublicKey(from: &reader)
        value = try MutableValue(from: &reader)
    }

    package func write(to writer: inout WireWriter) {
        owner.write(to: &writer)
        value.write(to: &writer)
    }
}

/// A value that is found under its own hash.
package enum ImmutableValue {
    package static func target(of value: [UInt8]) -> Bytes32 { Blake2b.hash32(value) }
}
