import CSodium

/// Messages beside the stream, in datagrams that may be lost: eight bytes of counter, and a secretbox under it.
package struct UnorderedMessages: Sendable {
    private static let counterBytes = 8
    private static let nonceBytes = 24
    private static let macBytes = 16

    private let sendingKey: Secret
    private let receivingKey: Secret
    private var counter: UInt64

    /// The counter begins anywhere: it is only never the same twice. `counter` is given by tests alone.
    package init(_ session: NoiseSession, counter: UInt64 = .random(in: 0 ... .max)) {
        sendingKey = session.unorderedKey(of: session.role)
        receivingKey = session.unorderedKey(of: session.role.other)
        self.counter = counter
    }

    package mutating func seal(_ message: [UInt8]) -> [UInt8] {
        var writer = WireWriter(capacity: Self.nonceBytes)
        writer.uint64(counter)
        counter &+= 1
        var sealed = [UInt8](repeating: 0, count: message.count + Self.macBytes)
        let nonce = Self.nonce(writer.bytes)
        let status = sendingKey.withBytes {
            crypto_secretbox_easy(&sealed, message, UInt64(message.count), nonce, $0)
        }
        precondition(status == 0, "what fits into memory can be sealed")
        return writer.bytes + sealed
    }

    /// `nil` of what is not authentic.
    package func open(_ envelope: ArraySlice<UInt8>) -> [UInt8]? {
        guard envelope.count >= Self.counterBytes + Self.macBytes else { return nil }
        let sealed = Array(envelope.dropFirst(Self.counterBytes))
        let nonce = Self.nonce(Array(envelope.prefix(Self.counterBytes)))
        var message = [UInt8](repeating: 0, count: sealed.count - Self.macBytes)
        let status = receivingKey.withBytes {
            crypto_secretbox_open_easy(&message, sealed, UInt64(sealed.count), nonce, $0)
        }
        return status == 0 ? message : nil
    }

    private static func nonce(_ counter: [UInt8]) -> [UInt8] {
        counter + [UInt8](repeating: 0, count: nonceBytes - counterBytes)
    }
}
