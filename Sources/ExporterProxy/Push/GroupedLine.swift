import Exposition

/// One line of ``GroupedText``, taken apart.
struct GroupedLine {
    let name: String
    /// Without the border and `clearmode`, as they stand between the braces.
    let labels: String
    let clearMode: String?
    /// The number that the border of a bucket or quantile is.
    let border: Double?
    let value: Double
    /// As it was written.
    let number: String
    let text: String

    /// `nil` for what is no such line.
    ///
    /// - Parameter border: the label that is one, `le` or `quantile`, if any is.
    init?(_ line: ArraySlice<UInt8>, border borderName: String?) {
        text = String(decoding: line, as: UTF8.self)
        guard let space = line.lastIndex(of: UInt8(ascii: " ")) else { return nil }
        number = String(decoding: line[(space + 1)...], as: UTF8.self)
        guard let value = Self.float(line[(space + 1)...]) else { return nil }
        self.value = value
        let series = line[..<space]
        let brace = series.firstIndex(of: UInt8(ascii: "{"))
        name = String(decoding: series[..<(brace ?? series.endIndex)], as: UTF8.self)
        var kept: [UInt8] = []
        var (mode, border): (String?, Double?) = (nil, nil)
        if let brace {
            guard series.last == UInt8(ascii: "}") else { return nil }
            var rest = series[(brace + 1)...].dropLast()
            kept.reserveCapacity(rest.count)
            while !rest.isEmpty {
                guard let end = Self.label(rest) else { return nil }
                let (name, value) = (rest[..<end.equals], rest[(end.equals + 2)..<end.quote])
                if name.elementsEqual(Self.clearModeName) {
                    mode = String(decoding: value, as: UTF8.self)
                } else if let borderName, name.elementsEqual(borderName.utf8), let number = Self.float(value) {
                    border = number
                } else {
                    if !kept.isEmpty { kept.append(UInt8(ascii: ",")) }
                    kept += rest[...end.quote]
                }
                rest = rest[(end.quote + 1)...]
                if rest.first == UInt8(ascii: ",") { rest = rest.dropFirst() }
            }
        }
        labels = String(decoding: kept, as: UTF8.self)
        clearMode = mode
        self.border = border
    }

    private static let clearModeName = Array(PushParser.clearModeLabel.utf8)

    private static func float(_ text: ArraySlice<UInt8>) -> Double? {
        text.withUnsafeBytes { FloatText.value(of: $0) }
    }

    /// Where the `=` and the closing quote of the first label stand.
    private static func label(_ rest: ArraySlice<UInt8>) -> (equals: Int, quote: Int)? {
        guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        var place = equals + 2
        while place < rest.endIndex {
            switch rest[place] {
            case UInt8(ascii: "\""): return (equals, place)
            case UInt8(ascii: "\\"): place += 2
            default: place += 1
            }
        }
        return nil
    }
}
