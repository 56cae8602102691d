/// Walks over one line.
struct OpenMetricsCursor {
    let bytes: UnsafeRawBufferPointer
    /// Never behind `end`, which lies within `bytes`.
    private(set) var position: Int
    let end: Int

    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { position == end }

    /// The next byte, not taken.
    var next: UInt8? { position < end ? bytes[position] : nil }

    var rest: Range<Int> { position..<end }

    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    mutating func take(while isWanted: (UInt8) -> Bool) -> Range<Int> {
        let start = position
        while position < end, isWanted(bytes[position]) { position += 1 }
        return start..<position
    }

    /// Up to the next blank.
    mutating func takeWord() -> Range<Int> {
        take { $0 != UInt8(ascii: " ") }
    }

    /// A name of the old form, empty where none begins here. Only metrics have colons.
    mutating func takeName(colons: Bool) -> Range<Int> {
        guard let first = next, Self.isNameByte(first, colons: colons), !Self.isDigit(first) else {
            return position..<position
        }
        return take { Self.isNameByte($0, colons: colons) }
    }

    /// What stands between quotes, with its escapes. Nothing is taken where no quote closes it.
    mutating func takeQuoted() -> (range: Range<Int>, isEscaped: Bool)? {
        guard next == UInt8(ascii: "\"") else { return nil }
        var at = position + 1
        var isEscaped = false
        while at < end, bytes[at] != UInt8(ascii: "\"") {
            if bytes[at] == UInt8(ascii: "\\") {
                isEscaped = true
                at += 1
            }
            at += 1
        }
        guard at < end else { return nil }
        let range = (position + 1)..<at
        position = at + 1
        return (range, isEscaped)
    }

    private static func isNameByte(_ byte: UInt8, colons: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        case UInt8(ascii: ":"): colons
        default: isDigit(byte)
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
