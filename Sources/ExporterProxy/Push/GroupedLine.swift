import Exposition

/// One line of ``GroupedText``, taken apart. What it says it reads where the text lies.
struct GroupedLine {
    /// Without the border and `clearmode`, as they stand between the braces.
    let labels: String
    private(set) var clearMode: String?
    /// The number that the border of a bucket or quantile is.
    private(set) var border: Double?
    let value: Double
    private let line: SampleLine
    private let text: UnsafeRawBufferPointer

    /// `nil` where the value is no number.
    ///
    /// - Parameters:
    ///   - text: what `line` is a line of; it must be there as long as this is.
    ///   - border: the label that is one, `le` or `quantile`, if any is.
    ///   - hasMark: `clearmode` may be among the labels.
    init?(_ line: SampleLine, in text: UnsafeRawBufferPointer, border: StaticString?, hasMark: Bool) {
        guard let value = FloatText.value(of: UnsafeRawBufferPointer(rebasing: text[line.value])) else { return nil }
        self.value = value
        self.line = line
        self.text = text
        let labels = UnsafeRawBufferPointer(rebasing: text[line.labels])
        guard border != nil || hasMark else {
            self.labels = String(decoding: labels, as: UTF8.self)
            return
        }
        var kept: [UInt8] = []
        kept.reserveCapacity(labels.count)
        var pairs = LabelPairs(labels)
        while let pair = pairs.next() {
            if pair.name.isEqual(to: PushParser.clearModeLabel) {
                clearMode = String(decoding: pair.value, as: UTF8.self)
            } else if let border, pair.name.isEqual(to: border), let number = FloatText.value(of: pair.value) {
                self.border = number
            } else {
                kept.append(pair)
            }
        }
        self.labels = String(decoding: kept, as: UTF8.self)
    }

    /// The value as it was written.
    var number: String { String(decoding: text[line.value], as: UTF8.self) }

    /// For people.
    var shown: String { PushParser.shown(String(decoding: text[line.line].dropLast(), as: UTF8.self)) }

    /// Whether its name is that of the family with this behind it.
    func isNamed(_ suffix: StaticString, behind family: Int) -> Bool {
        line.name.count >= family
            && UnsafeRawBufferPointer(rebasing: text[line.name].dropFirst(family)).isEqual(to: suffix)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func isEqual(to text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount
            && elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

extension [UInt8] {
    /// A comma in front where there is something.
    fileprivate mutating func append(_ label: (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)) {
        if !isEmpty { append(UInt8(ascii: ",")) }
        append(contentsOf: label.name)
        append(UInt8(ascii: "="))
        append(UInt8(ascii: "\""))
        append(contentsOf: label.value)
        append(UInt8(ascii: "\""))
    }
}
