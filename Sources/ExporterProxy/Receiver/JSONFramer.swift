/// Finds the end of a JSON document that arrives in parts, looking at each byte once.
///
/// It tells strings from brackets and nothing more; whether the document is right is the codec's question.
/// A byte scanner: reads only `bytes[0 ..< count]`.
package struct JSONFramer: Equatable {
    /// A document of ours is two deep; deeper is refused before it costs anything.
    package static let depthMax = 32

    package enum Outcome: Equatable {
        case whole(bytes: Int)
        case incomplete
        case tooDeep(offset: Int)
    }

    private var scanned = 0
    private var depth = 0
    private var isInString = false
    private var isEscaped = false

    package init() {}

    /// `bytes` is the document from its first byte on, and each time begins with what was there before.
    package mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Outcome {
        while scanned < bytes.count {
            if isInString {
                scanString(bytes)
                continue
            }
            let byte = bytes[scanned]
            scanned += 1
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                if depth > Self.depthMax { return .tooDeep(offset: scanned - 1) }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth <= 0 { return .whole(bytes: scanned) }
            default: break
            }
        }
        return .incomplete
    }

    /// Moves to the next quote or backslash, 8 bytes at a time, or to within 8 bytes of the end.
    ///
    /// Bound: 8 bytes are loaded only while they are all inside `bytes`.
    @inline(__always)
    private mutating func skipPlain(_ bytes: UnsafeRawBufferPointer) {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x8080_8080_8080_8080
        while scanned &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: scanned, as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            // The lowest hit is a true one: see JSONCodec.
            let hits = ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash) & high
            if hits != 0 {
                scanned &+= hits.trailingZeroBitCount >> 3
                return
            }
            scanned &+= 8
        }
    }

    private mutating func scanString(_ bytes: UnsafeRawBufferPointer) {
        while scanned < bytes.count {
            if !isEscaped { skipPlain(bytes) }
            guard scanned < bytes.count else { return }
            let byte = bytes[scanned]
            scanned += 1
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
                return
            }
        }
    }
}
