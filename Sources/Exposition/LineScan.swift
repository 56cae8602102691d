/// Steps over the parts of one line. All stop at a line feed at the latest, so a body whose last byte is a line feed
/// needs no other bound.
enum LineScan {
    typealias Position = UnsafePointer<UInt8>

    /// Behind the bytes of `kind`, from `start`.
    @inline(__always)
    static func skip(_ kind: UInt8, _ start: Position, _ table: UnsafePointer<UInt8>) -> Position {
        var position = start
        while table[Int(position.pointee)] & kind != 0 { position += 1 }
        return position
    }

    /// Behind the closing quote of a label value that begins at `start`, or `nil`.
    @inline(__always)
    static func quoted(_ start: Position, _ table: UnsafePointer<UInt8>) -> Position? {
        var position = start
        while true {
            while table[Int(position.pointee)] & ByteClass.plainValue != 0 { position += 1 }
            switch position.pointee {
            case UInt8(ascii: "\""): return position + 1
            case UInt8(ascii: "\\"):
                let escaped = position[1]
                let isKnown =
                    escaped == UInt8(ascii: "\\") || escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "n")
                guard isKnown else { return nil }
                position += 2
            case UInt8(ascii: "\n"): return nil
            default:
                guard let next = scalar(position) else { return nil }
                position = next
            }
        }
    }

    /// Behind the line feed that ends a help text of valid UTF-8 and known escapes, or `nil`.
    ///
    /// Blanks at its begin and end belong to it; a carriage return at the end does not. A byte must lie before `start`.
    static func helpText(_ start: Position, _ table: UnsafePointer<UInt8>) -> Position? {
        var position = start
        while true {
            while table[Int(position.pointee)] & ByteClass.plainValue != 0 { position += 1 }
            switch position.pointee {
            case UInt8(ascii: "\n"): return position[-1] == UInt8(ascii: "\r") ? nil : position + 1
            case UInt8(ascii: "\""): position += 1
            case UInt8(ascii: "\\"):
                guard position[1] == UInt8(ascii: "\\") || position[1] == UInt8(ascii: "n") else { return nil }
                position += 2
            default:
                guard let next = scalar(position) else { return nil }
                position = next
            }
        }
    }

    /// Behind one scalar of two to four bytes (Unicode, table 3-7), or `nil`.
    private static func scalar(_ start: Position) -> Position? {
        let first = start.pointee
        let second = start[1]
        switch first {
        case 0xC2...0xDF: return isContinuation(second) ? start + 2 : nil
        case 0xE0...0xEF:
            let isInRange = first == 0xE0 ? second >= 0xA0 : first == 0xED ? second < 0xA0 : true
            return isContinuation(second) && isInRange && isContinuation(start[2]) ? start + 3 : nil
        case 0xF0...0xF4:
            let isInRange = first == 0xF0 ? second >= 0x90 : first == 0xF4 ? second < 0x90 : true
            guard isContinuation(second), isInRange, isContinuation(start[2]) else { return nil }
            return isContinuation(start[3]) ? start + 4 : nil
        default: return nil
        }
    }

    @inline(__always)
    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

    /// Behind the line feed after a value and perhaps a timestamp, or `nil`.
    @inline(__always)
    static func valueAndTimestamp(_ start: Position, hasTimestamp: inout Bool) -> Position? {
        guard let end = number(start) else { return nil }
        if end.pointee == UInt8(ascii: "\n") { return end + 1 }
        guard end.pointee == UInt8(ascii: " ") || end.pointee == UInt8(ascii: "\t") else { return nil }
        hasTimestamp = true
        return timestamp(end + 1)
    }

    /// Behind the line feed after milliseconds since 1970 that fit into 63 bits, or `nil`.
    private static func timestamp(_ start: Position) -> Position? {
        var position = start
        while position.pointee == UInt8(ascii: " ") || position.pointee == UInt8(ascii: "\t") { position += 1 }
        var milliseconds: Int64 = 0
        let digits = position
        while position.pointee &- 48 < 10 {
            let (product, overflows) = milliseconds.multipliedReportingOverflow(by: 10)
            let (sum, overflowsToo) = product.addingReportingOverflow(Int64(position.pointee &- 48))
            if overflows || overflowsToo { return nil }
            milliseconds = sum
            position += 1
        }
        return position > digits && position.pointee == UInt8(ascii: "\n") ? position + 1 : nil
    }

    /// Behind a number as Go's ParseFloat takes it, or `nil`.
    @inline(__always)
    static func number(_ start: Position) -> Position? {
        var position = start
        if position.pointee == UInt8(ascii: "-") || position.pointee == UInt8(ascii: "+") { position += 1 }
        let digits = position
        while position.pointee &- 48 < 10 { position += 1 }
        var count = position - digits
        if position.pointee == UInt8(ascii: ".") {
            position += 1
            let fraction = position
            while position.pointee &- 48 < 10 { position += 1 }
            count &+= position - fraction
        }
        // So short a number without an exponent cannot be too large.
        if isEnd(position.pointee), count > 0, count < 300 { return position }
        return unusualNumber(start)
    }

    @inline(__always)
    private static func isEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\n") || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// With an exponent, very long, or a word.
    @inline(never)
    private static func unusualNumber(_ start: Position) -> Position? {
        let text = token(start)
        return FloatText.isFloat(text) ? start + text.count : nil
    }

    /// Up to the next blank or line feed.
    static func token(_ start: Position) -> UnsafeRawBufferPointer {
        var end = start
        while !isEnd(end.pointee) { end += 1 }
        return UnsafeRawBufferPointer(start: start, count: end - start)
    }
}
