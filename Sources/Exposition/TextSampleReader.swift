/// Reads samples by the union of what the readers of text 0.0.4 take: name, labels, value, timestamp.
///
/// Reads only within the line it is given. A line feed can be in that only where two lines are tried as one.
struct TextSampleReader {
    /// Of the sample that was read last, in order.
    private(set) var labels: [TextLabel] = []
    /// Which of `labels` come first by their names; empty where the sample is to be rewritten.
    private(set) var order: [Int] = []
    /// What the readers do not all take in it, but can be said so that they do.
    private(set) var remarks: [Remark] = []

    private let bytes: UnsafeRawBufferPointer
    private let isRewritten: Bool
    private var i = 0
    private var end = 0
    private var isToBeRewritten = false

    /// `isRewritten`: the bytes come from `TextSampleWriter`, so that quoted names are in their one form.
    init(_ bytes: UnsafeRawBufferPointer, isRewritten: Bool = false) {
        self.bytes = bytes
        self.isRewritten = isRewritten
    }

    mutating func read(_ line: Range<Int>) throws(Remark) -> TextSample {
        (i, end) = (line.lowerBound, line.upperBound)
        labels.removeAll(keepingCapacity: true)
        order.removeAll(keepingCapacity: true)
        remarks.removeAll(keepingCapacity: true)
        isToBeRewritten = false
        let name = try readSeries()
        let (valueText, value) = try readValue()
        var last = i
        let timestamp = try readTimestamp(&last)
        try readRest(from: last)
        if !isToBeRewritten { try orderLabels() }
        return TextSample(
            name: name, content: line.lowerBound..<last, value: value, valueText: valueText, timestamp: timestamp,
            isToBeRewritten: isToBeRewritten)
    }

    private func fail(_ reason: Reason, at offset: Int) -> Remark {
        let isNUL = offset < end && bytes[offset] == 0
        return Remark(reason: isNUL ? .nulByte : reason, offset: offset)
    }

    /// One remark of a kind is enough for a line, and bounds them.
    private mutating func repair(_ reason: Reason, at offset: Int) {
        isToBeRewritten = true
        guard !remarks.contains(where: { $0.reason == reason }) else { return }
        remarks.append(Remark(reason: reason, offset: offset))
    }

    /// The byte here; a line feed at the end.
    private var here: UInt8 { i < end ? bytes[i] : 0x0A }

    private mutating func skipBlanks() {
        while i < end, TextLines.isBlank(bytes[i]) { i += 1 }
    }

    /// A token that ends with a blank or the line.
    private mutating func readToken() -> Range<Int> {
        let start = i
        while i < end, !TextLines.isBlank(bytes[i]) { i += 1 }
        return start..<i
    }
}

// MARK: - Name

extension TextSampleReader {
    /// Name and labels, up to the value.
    private mutating func readSeries() throws(Remark) -> TextName {
        let start = i
        var name: TextName?
        if here != UInt8(ascii: "{") {
            guard PlainName.isStart(here) else { throw fail(here == UInt8(ascii: "<") ? .html : .badName, at: i) }
            while i < end, PlainName.isPart(bytes[i]) { i += 1 }
            name = TextName(range: start..<i, isQuoted: false)
        }
        let afterName = i
        skipBlanks()
        if here == UInt8(ascii: "{") {
            i += 1
            try readLabels(&name)
            skipBlanks()
        } else if i == afterName, i < end {
            try readValueWithoutBlank()
        }
        guard let name else { throw fail(.missingName, at: start) }
        return name
    }

    /// `x-1` and `x.5` are a name and a value to both readers; `x-y` is rather a bad name.
    private mutating func readValueWithoutBlank() throws(Remark) {
        let start = i
        let token = readToken()
        i = start
        guard case .number = FloatText.read(bytes.part(token)) else { throw fail(.badName, at: start) }
        repair(.missingBlank, at: start)
    }

    /// A name between quotes, from the opening one to behind the closing one.
    private mutating func readQuotedName() throws(Remark) -> TextName {
        let quote = i
        i += 1
        while i < end, bytes[i] != UInt8(ascii: "\"") {
            if bytes[i] == 0x0A { throw fail(.badQuotedName, at: quote) }
            if bytes[i] == UInt8(ascii: "\\") {
                i += 1
                guard TextEscape.isKnown(here) else { throw fail(.badQuotedName, at: quote) }
            }
            i += 1
        }
        let range = (quote + 1)..<min(i, end)
        guard i < end, !range.isEmpty, TextUTF8.firstInvalid(bytes, range) == nil else {
            throw fail(.badQuotedName, at: quote)
        }
        i += 1
        if !isRewritten { repair(.quotedName, at: quote) }
        return TextName(range: range, isQuoted: true)
    }
}

// MARK: - Labels

extension TextSampleReader {
    /// From behind the opening brace to behind the closing one.
    private mutating func readLabels(_ metric: inout TextName?) throws(Remark) {
        skipBlanks()
        while here != UInt8(ascii: "}") {
            guard i < end else { throw fail(.unterminatedLabels, at: i) }
            let start = i
            let name = try readLabelName()
            skipBlanks()
            if name.isQuoted, here == UInt8(ascii: ",") || here == UInt8(ascii: "}") {
                guard metric == nil else { throw fail(.twoNames, at: start) }
                metric = name
            } else {
                try readLabelValue(of: name)
            }
            try readSeparator()
        }
        i += 1
    }

    private mutating func readLabelName() throws(Remark) -> TextName {
        if here == UInt8(ascii: "\"") { return try readQuotedName() }
        let start = i
        guard PlainName.isLabelStart(here) else { throw fail(.badLabelName, at: i) }
        while i < end, PlainName.isLabelPart(bytes[i]) { i += 1 }
        return TextName(range: start..<i, isQuoted: false)
    }

    private mutating func readLabelValue(of name: TextName) throws(Remark) {
        if bytes.holds("__name__", at: name.range) { throw fail(.reservedLabel, at: name.range.lowerBound) }
        guard here == UInt8(ascii: "=") else { throw fail(i < end ? .missingEquals : .unterminatedLabels, at: i) }
        i += 1
        skipBlanks()
        guard here == UInt8(ascii: "\"") else { throw fail(.missingQuote, at: i) }
        let quote = i
        i += 1
        var seen: UInt8 = 0
        while i < end, bytes[i] != UInt8(ascii: "\"") {
            seen |= bytes[i]
            if bytes[i] == UInt8(ascii: "\\") {
                try readEscape(quote)
            } else if bytes[i] == 0x0A {
                repair(.rawNewline, at: i)
            }
            i += 1
        }
        guard i < end else { throw fail(.unterminatedLabelValue, at: quote) }
        let value = (quote + 1)..<i
        if seen >= 0x80, let bad = TextUTF8.firstInvalid(bytes, value) { throw fail(.labelNotUTF8, at: bad) }
        i += 1
        labels.append(TextLabel(name: name, value: value))
    }

    /// From the backslash to what follows it.
    private mutating func readEscape(_ quote: Int) throws(Remark) {
        let backslash = i
        i += 1
        guard i < end, bytes[i] != 0x0A else { throw fail(.unterminatedLabelValue, at: quote) }
        if !TextEscape.isKnown(bytes[i]) {
            repair(.labelEscape, at: backslash)
            // What follows is read on its own.
            i -= 1
        }
    }

    private mutating func readSeparator() throws(Remark) {
        skipBlanks()
        if here == UInt8(ascii: ",") {
            i += 1
            skipBlanks()
        } else if PlainName.isLabelStart(here) {
            repair(.missingComma, at: i)
        } else if here != UInt8(ascii: "}") {
            throw fail(i < end ? .badLabelSeparator : .unterminatedLabels, at: i)
        }
    }

    /// Each name may occur once.
    private mutating func orderLabels() throws(Remark) {
        order.append(contentsOf: labels.indices)
        guard !isAscending else { return }
        let (bytes, labels) = (bytes, labels)
        order.sort { Self.isBefore(labels[$0].name.range, labels[$1].name.range, bytes) }
        for (left, right) in zip(order, order.dropFirst())
        where !Self.isBefore(labels[left].name.range, labels[right].name.range, bytes) {
            throw fail(.duplicateLabel, at: labels[max(left, right)].name.range.lowerBound)
        }
    }

    /// Whether the labels were written in strict order, as most are.
    private var isAscending: Bool {
        var k = 1
        while k < labels.count {
            if !Self.isBefore(labels[k - 1].name.range, labels[k].name.range, bytes) { return false }
            k += 1
        }
        return true
    }

    private static func isBefore(
        _ left: Range<Int>, _ right: Range<Int>, _ bytes: UnsafeRawBufferPointer
    ) -> Bool {
        var (i, k) = (left.lowerBound, right.lowerBound)
        while i < left.upperBound, k < right.upperBound {
            if bytes[i] != bytes[k] { return bytes[i] < bytes[k] }
            (i, k) = (i + 1, k + 1)
        }
        return left.count < right.count
    }
}

// MARK: - Value and timestamp

extension TextSampleReader {
    private mutating func readValue() throws(Remark) -> (Range<Int>, Double) {
        guard i < end else { throw fail(.missingValue, at: i) }
        let token = readToken()
        switch FloatText.read(bytes.part(token)) {
        case .number(let value): return (token, value)
        case .tooLarge: throw fail(.valueTooLarge, at: token.lowerBound)
        case .invalid: throw fail(.badValue, at: firstNUL(in: token) ?? token.lowerBound)
        }
    }

    private func firstNUL(in token: Range<Int>) -> Int? { token.first { bytes[$0] == 0 } }

    /// `last` becomes the end of the timestamp, where there is one.
    private mutating func readTimestamp(_ last: inout Int) throws(Remark) -> Int64? {
        skipBlanks()
        guard i < end, here != UInt8(ascii: "#") else { return nil }
        let token = readToken()
        var digits = token
        let isSigned = bytes[token.lowerBound] == UInt8(ascii: "-") || bytes[token.lowerBound] == UInt8(ascii: "+")
        if isSigned { digits = (token.lowerBound + 1)..<token.upperBound }
        guard let time = milliseconds(digits, isNegative: bytes[token.lowerBound] == UInt8(ascii: "-")) else {
            throw fail(.badTimestamp, at: firstNUL(in: token) ?? token.lowerBound)
        }
        if isSigned, time >= 0 { repair(.timestampSign, at: token.lowerBound) }
        if time < 0 { remarks.append(Remark(reason: .negativeTimestamp, offset: token.lowerBound)) }
        last = token.upperBound
        return time
    }

    private func milliseconds(_ digits: Range<Int>, isNegative: Bool) -> Int64? {
        guard !digits.isEmpty else { return nil }
        var time: Int64 = 0
        for byte in bytes[digits] {
            let digit = byte &- 0x30
            guard digit < 10 else { return nil }
            let (tens, isTooLong) = time.multipliedReportingOverflow(by: 10)
            let signed = isNegative ? 0 - Int64(digit) : Int64(digit)
            let (sum, isTooLarge) = tens.addingReportingOverflow(signed)
            guard !isTooLong, !isTooLarge else { return nil }
            time = sum
        }
        return time
    }

    /// Nothing, or an exemplar.
    private mutating func readRest(from last: Int) throws(Remark) {
        i = last
        skipBlanks()
        guard i < end else { return }
        let start = i
        guard here == UInt8(ascii: "#") else { throw fail(.textAfterSample, at: start) }
        i += 1
        skipBlanks()
        guard here == UInt8(ascii: "{") else { throw fail(.textAfterSample, at: start) }
        remarks.append(Remark(reason: .exemplar, offset: start))
    }
}
