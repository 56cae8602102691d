/// `\\`, `\"` and `\n`. Before anything else a backslash stands for itself (OpenMetrics 1.0, "Escaping").
enum OpenMetricsEscapes {
    /// Calls with each byte that a range within `bytes` means.
    static func forEach(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ body: (UInt8) -> Void) {
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = bytes[position]
            position += 1
            guard byte == UInt8(ascii: "\\"), position < range.upperBound, let meant = meaning(of: bytes[position])
            else {
                body(byte)
                continue
            }
            position += 1
            body(meant)
        }
    }

    /// Of UTF-8 only.
    static func text(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> String {
        var meant: [UInt8] = []
        meant.reserveCapacity(range.count)
        forEach(bytes, range) { meant.append($0) }
        return String(decoding: meant, as: UTF8.self)
    }

    /// How many code points a range of UTF-8 means.
    static func count(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int {
        var count = 0
        forEach(bytes, range) { count += $0 & 0xC0 == 0x80 ? 0 : 1 }
        return count
    }

    private static func meaning(of byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): byte
        default: nil
        }
    }
}
