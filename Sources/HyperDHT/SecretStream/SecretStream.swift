/// Messages over an ordered stream of bytes, encrypted under the keys of a handshake.
///
/// Decides; never reads, writes or waits. What it answers with is written to the stream in the order in which it came.
/// Each side sends its ``header`` as soon as there is a stream, without waiting for the other's. Time is in nanoseconds
/// of a clock that only goes forward.
///
/// There must be one of it for each handshake and side: a copy that sends too would use a nonce twice.
package struct SecretStream: Sendable {
    package struct Limits: Sendable {
        /// The longest message taken from the peer.
        package var messageBytesMax = SecretStream.messageBytesMax
        /// The longest before the peer is confirmed: whoever repeats another's handshake gets so far without its keys.
        package var firstMessageBytesMax = 64 * 1024
        /// Silence after which an empty message is sent.
        package var keepAliveInterval: Int64 = 5_000_000_000

        package init() {}
    }

    /// The longest message that can be said at all.
    package static let messageBytesMax = FrameAssembler.frameBytesMax - SecretStreamCipher.overheadBytes
    private static let headerFrameBytes = Bytes32.count + SecretStreamCipher.headerBytes

    /// The first frame of this side.
    package let header: [UInt8]
    /// When to call ``keepAlive(at:)`` next.
    package private(set) var keepAliveAt: Int64

    /// The longest message that the peer may say now, where that is less than the limits allow. A longer one that is
    /// under way is refused with the next bytes.
    var expectedBytesMax = SecretStream.messageBytesMax

    private let limits: Limits
    private let session: NoiseSession
    private var assembler = FrameAssembler()
    private var sender: SecretStreamCipher
    /// `nil` until the peer's header has come.
    private var receiver: SecretStreamCipher?
    private var failure: SecretStreamError?
    private var isClosed = false

    /// `random` is the libsodium header, given by tests alone.
    package init(_ session: NoiseSession, limits: Limits = Limits(), at now: Int64, random: [UInt8]? = nil) {
        let random = random ?? Sodium.randomBytes(SecretStreamCipher.headerBytes)
        (self.session, self.limits) = (session, limits)
        sender = SecretStreamCipher(key: session.sendingKey, header: random)
        var writer = WireWriter(capacity: FrameAssembler.lengthBytes + Self.headerFrameBytes)
        writer.uint24(UInt32(Self.headerFrameBytes))
        writer.bytes32(session.streamID(of: session.role))
        writer.raw(random)
        header = writer.bytes
        keepAliveAt = now + limits.keepAliveInterval
    }

    package var remote: PublicKey { session.remote }

    /// True once the peer has shown that it has the keys of the handshake: only then is a message 1 no replay.
    package private(set) var isConfirmed = false

    /// Whether the first frame of the peer has come.
    var hasHeader: Bool { receiver != nil }

    /// Of a message that has not come to its end.
    var unfinishedBytes: Int { assembler.bufferedBytes }

    // MARK: Sending

    /// A frame with `message`, which has at most ``messageBytesMax`` bytes. An empty one means nothing to the peer.
    package mutating func frame(_ message: [UInt8], at now: Int64) -> [UInt8] {
        precondition(message.count <= Self.messageBytesMax, "three bytes have to say the length of the frame")
        precondition(!isClosed, "the keys of a closed stream are gone")
        keepAliveAt = now + limits.keepAliveInterval
        let length = message.count + SecretStreamCipher.overheadBytes
        return [UInt8](unsafeUninitializedCapacity: FrameAssembler.lengthBytes + length) { place, filled in
            for index in 0..<FrameAssembler.lengthBytes {
                place[index] = UInt8(truncatingIfNeeded: length >> (8 * index))
            }
            let body = UnsafeMutableBufferPointer(rebasing: place[FrameAssembler.lengthBytes...])
            message.withUnsafeBytes { sender.push($0, into: UnsafeMutableRawBufferPointer(body)) }
            filled = FrameAssembler.lengthBytes + length
        }
    }

    /// An empty message where nothing was sent for long, so that both sides notice a peer that is gone.
    package mutating func keepAlive(at now: Int64) -> [UInt8]? {
        now >= keepAliveAt && !isClosed ? frame([], at: now) : nil
    }

    // MARK: Receiving

    /// The messages that `bytes` complete, without the empty ones. After an error there is nothing more to receive.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) throws(SecretStreamError) -> [[UInt8]] {
        if let failure { throw failure }
        do throws(SecretStreamError) {
            return try messages(bytes)
        } catch {
            failure = error
            assembler = FrameAssembler()
            throw error
        }
    }

    private mutating func messages(_ bytes: ArraySlice<UInt8>) throws(SecretStreamError) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        assembler.append(bytes)
        while let frame = try assembler.next(max: frameBytesMax) {
            guard receiver != nil else {
                try begin(frame)
                continue
            }
            guard frame.count >= SecretStreamCipher.overheadBytes else { throw .frameTooShort(bytes: frame.count) }
            guard let (message, _) = receiver?.pull(frame) else { throw .notAuthentic }
            isConfirmed = true
            if !message.isEmpty { messages.append(message) }
        }
        assembler.release()
        return messages
    }

    private var frameBytesMax: Int {
        guard receiver != nil else { return Self.headerFrameBytes }
        let longest = min(limits.messageBytesMax, expectedBytesMax)
        return (isConfirmed ? longest : min(limits.firstMessageBytesMax, longest)) + SecretStreamCipher.overheadBytes
    }

    private mutating func begin(_ frame: ArraySlice<UInt8>) throws(SecretStreamError) {
        let expected = session.streamID(of: session.role.other)
        guard frame.count == Self.headerFrameBytes, Bytes32(frame.prefix(Bytes32.count)) == expected else {
            throw .notThePeer
        }
        receiver = SecretStreamCipher(key: session.receivingKey, header: frame.dropFirst(Bytes32.count))
    }

    /// Makes the keys of the stream unreadable; nothing can be sent or received after it.
    package mutating func close() {
        sender.wipe()
        receiver?.wipe()
        failure = failure ?? .notAuthentic
        isClosed = true
    }
}
