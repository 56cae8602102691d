/// Escapes of text 0.0.4: `\\`, `\n`, and between quotes `\"`.
public enum TextEscape {
    /// Whether a backslash may stand before the byte between quotes.
    @inlinable
    static func isKnown(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "n")
    }

    /// What is meant; an unknown escape means itself.
    @inlinable
    public static func unescaped(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                if !isKnown(byte) { plain.append(UInt8(ascii: "\\")) }
                plain.append(byte == UInt8(ascii: "n") ? 0x0A : byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                plain.append(byte)
            }
        }
        if isEscaped { plain.append(UInt8(ascii: "\\")) }
        return plain
    }

    /// Between quotes.
    @inlinable
    @inline(__always)
    public static func appendEscaped(_ plain: some Sequence<UInt8>, to text: inout [UInt8], quotes: Bool = true) {
        for byte in plain {
            switch byte {
            case UInt8(ascii: "\\"): text.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\"") where quotes: text.append(contentsOf: "\\\"".utf8)
            case 0x0A: text.append(contentsOf: "\\n".utf8)
            default: text.append(byte)
            }
        }
    }
}
