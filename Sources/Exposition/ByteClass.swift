/// What a byte may be a part of, looked up in one step.
struct ByteClass {
    /// In a metric name: letters, digits, `_`, `:`.
    static let metricName: UInt8 = 1
    /// In a label name: letters, digits, `_`.
    static let labelName: UInt8 = 2
    /// In a label value without further thought: ASCII but `"`, `\` and line feed.
    static let plainValue: UInt8 = 4
    static let digit: UInt8 = 8
    static let blank: UInt8 = 16

    // Read by every line of every body: a pointer, so that the loops load from it and nothing else.
    nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        for byte in 0..<256 { table[byte] = classes(of: UInt8(byte)) }
        return UnsafePointer(table)
    }()

    private static func classes(of byte: UInt8) -> UInt8 {
        var classes: UInt8 = 0
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            classes = metricName | labelName
        case UInt8(ascii: ":"): classes = metricName
        case UInt8(ascii: "0")...UInt8(ascii: "9"): classes = metricName | labelName | digit
        case UInt8(ascii: " "), UInt8(ascii: "\t"): classes = blank
        default: break
        }
        let isSpecial = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\n")
        return byte < 0x80 && !isSpecial ? classes | plainValue : classes
    }
}
