import NIOCore

/// Cuts what comes over a connection into messages.
///
/// Decides; never reads, waits or logs. The shell hands in what it has not yet been told to drop, and does what the
/// answer says. Each byte is looked at a bounded number of times, however slowly it comes.
package struct MessageFramer {
    package enum Step: Equatable {
        /// Nothing can be done with what is here; `isMidMessage` tells whether a message has begun.
        case needMore(isMidMessage: Bool)
        /// Drop that many bytes: white space between messages, or packed bytes that have been taken over.
        case drop(Int)
        /// Decode JSON from the first byte on: the whole document where the length is known, else what is here.
        case json(bytes: Int?)
        case capnp(bytes: Int)
        /// A packed message is whole in ``packedMessage``; drop that many bytes.
        case packedCapnp(drop: Int)
        case refuse(ReceiverError)
        /// The peer has ended, between messages.
        case end
    }

    private enum State {
        case unknown
        case json
        /// A first look found no whole document; from here on ``jsonFramer`` looks for its end.
        case jsonInParts
        case capnp
        case packed
    }

    private var state = State.unknown
    private var jsonFramer = JSONFramer()
    /// Before anything else came: then only JSON can follow.
    private var hasSkippedSpace = false
    // Beside the state and not in it, so that the growing message is changed in place and never copied.
    private var unpacker: CapnpUnpacker
    private let accepted: ReceiverFormat
    package let bytesMax: Int

    package init(accepting accepted: ReceiverFormat, bytesMax: Int) {
        self.accepted = accepted
        self.bytesMax = bytesMax
        unpacker = CapnpUnpacker(bytesMax: bytesMax)
    }

    package mutating func next(_ bytes: UnsafeRawBufferPointer, ended: Bool) -> Step {
        switch state {
        case .unknown: unknown(bytes, ended: ended)
        case .json: json(bytes, ended: ended)
        case .jsonInParts: jsonInParts(bytes, ended: ended)
        case .capnp: capnp(bytes, ended: ended)
        case .packed: packed(bytes, ended: ended)
        }
    }

    /// The decoder found only the beginning of a document.
    package mutating func jsonWasIncomplete() {
        state = .jsonInParts
        jsonFramer = JSONFramer()
    }

    /// The message that was last announced has been decoded.
    package mutating func messageWasTaken() {
        switch state {
        case .jsonInParts: state = .json
        case .packed: unpacker = CapnpUnpacker(bytesMax: bytesMax)
        case .unknown, .json, .capnp: break
        }
    }

    /// The unpacked form of the message that ``Step/packedCapnp(drop:)`` announced.
    package var packedMessage: ByteBuffer { unpacker.message }

    // MARK: Formats

    private mutating func unknown(_ bytes: UnsafeRawBufferPointer, ended: Bool) -> Step {
        let space = leadingSpace(bytes, ended: ended)
        if space > 0 {
            hasSkippedSpace = true
            return .drop(space)
        }
        if bytes.isEmpty, ended { return .end }
        if hasSkippedSpace, let first = bytes.first, first != UInt8(ascii: "{") { return .refuse(.unknownFormat) }
        switch FormatSniffer.sniff(bytes, ended: ended) {
        case .undecided: return .needMore(isMidMessage: !bytes.isEmpty)
        case .refused(let error): return .refuse(error)
        case .json: return accept(.json, as: .json, found: "JSON", bytes, ended)
        case .capnp: return accept(.capnp, as: .capnp, found: "Cap'n Proto", bytes, ended)
        case .packedCapnp:
            return accept(.capnp, as: .packed, found: "packed Cap'n Proto", bytes, ended)
        }
    }

    /// How much at the beginning can only be white space before JSON. One to three such bytes can be part of a segment
    /// count or of a tag, unless a bracket follows; four cannot.
    private func leadingSpace(_ bytes: UnsafeRawBufferPointer, ended: Bool) -> Int {
        let space = whiteSpace(bytes)
        if hasSkippedSpace || space >= 4 { return space }
        let isCapnp = bytes.count >= 4 && bytes[2] == 0 && bytes[3] == 0
        guard bytes.count >= 4 || ended, !isCapnp else { return 0 }
        return space == bytes.count || bytes[space] == UInt8(ascii: "{") ? space : 0
    }

    private mutating func accept(
        _ format: ReceiverFormat, as next: State, found: String, _ bytes: UnsafeRawBufferPointer, _ ended: Bool
    ) -> Step {
        guard accepted == .auto || accepted == format else {
            return .refuse(.formatNotAccepted(found: found, accepted: accepted.rawValue))
        }
        state = next
        return self.next(bytes, ended: ended)
    }

    private func whiteSpace(_ bytes: UnsafeRawBufferPointer) -> Int {
        bytes.firstIndex { !JSONCodec.isWhiteSpace($0) } ?? bytes.count
    }

    private func json(_ bytes: UnsafeRawBufferPointer, ended: Bool) -> Step {
        let space = whiteSpace(bytes)
        if space > 0 { return .drop(space) }
        if bytes.isEmpty { return ended ? .end : .needMore(isMidMessage: false) }
        return .json(bytes: nil)
    }

    private mutating func jsonInParts(_ bytes: UnsafeRawBufferPointer, ended: Bool) -> Step {
        switch jsonFramer.scan(bytes) {
        case .tooDeep(let offset):
            return .refuse(.json(offset: offset, "nested deeper than \(JSONFramer.depthMax)"))
        case .whole(let count):
            return count <= bytesMax ? .json(bytes: count) : .refuse(.tooLarge(bytes: count, limit: bytesMax))
        case .incomplete:
            if bytes.count > bytesMax { return .refuse(.tooLarge(bytes: bytes.count, limit: bytesMax)) }
            return ended ? .refuse(.truncated(bytes: bytes.count)) : .needMore(isMidMessage: true)
        }
    }

    private func capnp(_ bytes: UnsafeRawBufferPointer, ended: Bool) -> Step {
        if bytes.isEmpty { return ended ? .end : .needMore(isMidMessage: false) }
        switch CapnpFramer.frame(bytes, bytesMax: bytesMax) {
        case .refused(let error): return .refuse(error)
        case .length(let count) where count <= bytes.count: return .capnp(bytes: count)
        case .length, .incomplete:
            return ended ? .refuse(.truncated(bytes: bytes.count)) : .needMore(isMidMessage: true)
        }
    }

    private mutating func packed(_ bytes: UnsafeRawBufferPointer, ended: Bool) -> Step {
        var taken = 0
        switch unpacker.unpack(bytes, taken: &taken) {
        case .refused(let error): return .refuse(error)
        case .whole: return .packedCapnp(drop: taken)
        case .incomplete:
            if taken > 0 { return .drop(taken) }
            guard ended else { return .needMore(isMidMessage: unpacker.hasBegun) }
            return unpacker.hasBegun ? .refuse(.truncated(bytes: unpacker.message.readableBytes)) : .end
        }
    }
}
