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

    private mutating func scanString(_ bytes: UnsafeRawBufferPointer) {
        while scanned < bytes.count {
            if !isEscaped { scanned = JSONWord.skip(bytes, from: scanned) { word, _ in word.marks } }
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
