import NIOCore

/// Unpacks a packed Cap'n Proto message that arrives in parts (capnproto.org/encoding.html, "Packing").
///
/// Our own, because libcapnp's packed reader reads in its destructor and ends the process on a short input.
/// It works word by word and never ahead: what is unpacked is counted against the limit before it is made.
/// A byte scanner: reads only `input[0 ..< count]`.
package struct CapnpUnpacker {
    package enum Outcome: Equatable {
        /// The message is whole in ``message``.
        case whole
        case incomplete
        case refused(ReceiverError)
    }

    private enum State {
        case tag
        /// Bytes of a word still to come; `bit` is the next one of `tag` to look at.
        case word(tag: UInt8, bit: Int)
        case zeroRun
        case literalCount
        case literal(bytesLeft: Int)
    }

    /// The message as far as it is unpacked.
    package private(set) var message = ByteBuffer()
    private var state = State.tag
    /// How long the message will be, once its segment table is here.
    private var length: Int?
    private let bytesMax: Int

    package init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Whether a part of a message has been taken.
    package var hasBegun: Bool {
        if case .tag = state { return message.readableBytes > 0 }
        return true
    }

    /// Takes bytes of `input` until the message is whole or the input used up; adds what it took to `taken`.
    package mutating func unpack(_ input: UnsafeRawBufferPointer, taken: inout Int) -> Outcome {
        while true {
            if case .tag = state, let outcome = progress() { return outcome }
            guard taken < input.count else { return .incomplete }
            step(input, &taken)
        }
    }

    /// Between words: whether the message is whole, or cannot become one.
    private mutating func progress() -> Outcome? {
        if length == nil {
            let framed = message.withUnsafeReadableBytes { CapnpFramer.frame($0, bytesMax: bytesMax) }
            switch framed {
            case .length(let bytes): length = bytes
            case .refused(let error): return .refused(error)
            // A table of the most segments is 2048 bytes; a first word and a run of zeros may be 2056 long.
            case .incomplete: return nil
            }
        }
        guard let length, message.readableBytes >= length else { return nil }
        guard message.readableBytes == length else {
            return .refused(.capnp("a packed run goes on behind the end of the message"))
        }
        return .whole
    }

    private mutating func step(_ input: UnsafeRawBufferPointer, _ taken: inout Int) {
        switch state {
        case .tag:
            state = .word(tag: input[taken], bit: 0)
            taken += 1
            fillWord(input, &taken)
        case .word:
            fillWord(input, &taken)
        case .zeroRun:
            message.writeRepeatingByte(0, count: Int(input[taken]) * 8)
            taken += 1
            state = .tag
        case .literalCount:
            let words = Int(input[taken])
            taken += 1
            state = words == 0 ? .tag : .literal(bytesLeft: words * 8)
        case .literal(let bytesLeft):
            let count = min(bytesLeft, input.count - taken)
            message.writeBytes(UnsafeRawBufferPointer(rebasing: input[taken..<taken + count]))
            taken += count
            state = count == bytesLeft ? .tag : .literal(bytesLeft: bytesLeft - count)
        }
    }

    private mutating func fillWord(_ input: UnsafeRawBufferPointer, _ taken: inout Int) {
        guard case .word(let tag, var bit) = state else { return }
        while bit < 8 {
            if tag & (1 << UInt8(bit)) == 0 {
                message.writeInteger(UInt8(0))
            } else {
                guard taken < input.count else {
                    state = .word(tag: tag, bit: bit)
                    return
                }
                message.writeInteger(input[taken])
                taken += 1
            }
            bit += 1
        }
        state = tag == 0x00 ? .zeroRun : tag == 0xFF ? .literalCount : .tag
    }
}
