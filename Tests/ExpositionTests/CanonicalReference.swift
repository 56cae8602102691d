import Exposition

/// The definition of canonical text once more, as plainly as it can be said: slow, and nothing shared with the scan.
struct CanonicalReference {
    struct Family: Equatable {
        var name: String
        var type: String?
        var help: String?
        /// In bytes of the body: where the family begins, its samples begin, and it ends.
        var extent: [Int]
        var samples: Range<Int>
    }

    private(set) var families: [Family] = []
    /// One text for each sample: equal where name and labels are.
    private(set) var series: [String] = []
    private(set) var isTimed = false
    private var timed: Set<String> = []

    /// `nil` where `bytes` are not canonical.
    init?(_ bytes: [UInt8]) {
        guard bytes.isEmpty || bytes.last == 0x0A else { return nil }
        var offset = 0
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
            let isTaken = line.first == UInt8(ascii: "#") ? header(Array(line), offset) : sample(Array(line), offset)
            guard isTaken else { return nil }
            offset += line.count + 1
            families[families.count - 1].extent[2] = offset
            if line.first == UInt8(ascii: "#") { families[families.count - 1].extent[1] = offset }
        }
        guard Set(families.map(\.name)).count == families.count, !isAnyNameTaken else { return nil }
    }

    /// By the samples of a histogram or summary.
    private var isAnyNameTaken: Bool {
        let taken = families.flatMap { family in
            switch family.type {
            case "histogram": ["_bucket", "_sum", "_count"].map { family.name + $0 }
            case "summary": ["_sum", "_count"].map { family.name + $0 }
            default: [String]()
            }
        }
        return families.contains { taken.contains($0.name) }
    }

    var hasRepeatedSeries: Bool { Set(series).count < series.count }

    private mutating func begin(_ name: String, _ offset: Int) {
        families.append(
            Family(name: name, extent: [offset, offset, offset], samples: series.count..<series.count))
    }

    // MARK: Headers

    private mutating func header(_ line: [UInt8], _ offset: Int) -> Bool {
        guard line.last != 0x0D, let text = String(validating: line, as: UTF8.self) else { return false }
        let parts = text.unicodeScalars.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
            .map(String.init)
        guard parts.count == 4, parts[0] == "#", Self.isMetricName(parts[2]) else { return false }
        if families.last?.name != parts[2] { begin(parts[2], offset) }
        let last = families.count - 1
        guard families[last].samples.isEmpty else { return false }
        switch parts[1] {
        case "TYPE":
            guard ["counter", "gauge", "histogram", "summary", "untyped"].contains(parts[3]) else { return false }
            guard families[last].type == nil else { return false }
            families[last].type = parts[3]
        case "HELP":
            guard families[last].help == nil, Self.hasKnownEscapes(parts[3], #"\n"#) else { return false }
            families[last].help = parts[3]
        default: return false
        }
        return true
    }

    static func hasKnownEscapes(_ text: String, _ known: String) -> Bool {
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped, !known.unicodeScalars.contains(scalar) { return false }
            isEscaped = !isEscaped && scalar == "\\"
        }
        return !isEscaped
    }

    static func isMetricName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, !("0"..."9").contains(first) else { return false }
        return text.unicodeScalars.allSatisfy { letters.contains($0) || $0 == ":" }
    }

    private static let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_".unicodeScalars)

    // MARK: Samples

    private mutating func sample(_ line: [UInt8], _ offset: Int) -> Bool {
        guard let text = String(validating: line, as: UTF8.self) else { return false }
        var rest = Substring(text).unicodeScalars
        let name = Self.take(&rest) { Self.letters.contains($0) || $0 == ":" }
        guard Self.isMetricName(name), let labels = Self.labels(&rest) else { return false }
        place(name, offset)
        let family = families[families.count - 1]
        let value = Self.take(&rest) { $0 != " " && $0 != "\t" }
        guard let number = Self.number(value), Self.areBordersNumbers(labels, family) else { return false }
        let isCount = name == family.name + "_bucket" || name == family.name + "_count"
        if family.type == "histogram", isCount, number < 0 { return false }
        guard let time = Self.time(&rest) else { return false }
        return note(name, labels, time)
    }

    private mutating func place(_ name: String, _ offset: Int) {
        if let family = families.last {
            if name == family.name { return }
            let isHistogram = family.type == "histogram"
            let hasSum = isHistogram || family.type == "summary"
            if hasSum, name == family.name + "_sum" || name == family.name + "_count" { return }
            if isHistogram, name == family.name + "_bucket" { return }
        }
        begin(name, offset)
    }

    private mutating func note(_ name: String, _ labels: [(String, String)], _ time: String) -> Bool {
        let key = labels.filter { !$0.1.isEmpty }.map { label in
            let isBorder = label.0 == "le" || label.0 == "quantile"
            if isBorder, let number = Self.number(label.1) { return "\(label.0)=\(number == 0 ? 0 : number)" }
            return "\(label.0)=\"\(label.1)\""
        }
        series.append(name + "{" + key.sorted().joined(separator: ",") + "}")
        families[families.count - 1].samples = families[families.count - 1].samples.lowerBound..<series.count
        if !time.isEmpty { isTimed = true }
        return timed.insert(series[series.count - 1] + time).inserted
    }

    private static func take(
        _ rest: inout Substring.UnicodeScalarView, while isPart: (Unicode.Scalar) -> Bool
    ) -> String {
        let part = rest.prefix(while: isPart)
        rest = rest.dropFirst(part.count)
        return String(part)
    }

    private static func skipBlanks(_ rest: inout Substring.UnicodeScalarView) -> Bool {
        !take(&rest) { $0 == " " || $0 == "\t" }.isEmpty
    }

    /// The labels in front of the value, with the blanks behind them.
    private static func labels(_ rest: inout Substring.UnicodeScalarView) -> [(String, String)]? {
        let isBlank = skipBlanks(&rest)
        guard rest.first == "{" else { return isBlank ? [] : nil }
        rest.removeFirst()
        var labels: [(String, String)] = []
        while true {
            _ = skipBlanks(&rest)
            if rest.first == "}" { break }
            guard let label = label(&rest), !labels.contains(where: { $0.0 == label.0 }) else { return nil }
            labels.append(label)
            _ = skipBlanks(&rest)
            if rest.first == "," { rest.removeFirst() } else if rest.first != "}" { return nil }
        }
        rest.removeFirst()
        _ = skipBlanks(&rest)
        return labels
    }

    private static func label(_ rest: inout Substring.UnicodeScalarView) -> (String, String)? {
        let name = take(&rest) { letters.contains($0) }
        guard isMetricName(name), name != "__name__" else { return nil }
        _ = skipBlanks(&rest)
        guard rest.popFirst() == "=" else { return nil }
        _ = skipBlanks(&rest)
        guard rest.popFirst() == "\"" else { return nil }
        var isEscaped = false
        let value = take(&rest) {
            if $0 == "\"", !isEscaped { return false }
            isEscaped = !isEscaped && $0 == "\\"
            return true
        }
        guard rest.popFirst() == "\"", hasKnownEscapes(value, #"\n""#) else { return nil }
        return (name, value)
    }

    private static func areBordersNumbers(_ labels: [(String, String)], _ family: Family) -> Bool {
        let border = family.type == "histogram" ? "le" : family.type == "summary" ? "quantile" : ""
        return labels.allSatisfy { $0.0 != border || number($0.1) != nil }
    }

    /// What Go's ParseFloat takes without hexadecimal digits and underscores.
    static func number(_ text: String) -> Double? {
        let word = text.lowercased()
        if text.utf8.count != word.utf8.count { return nil }
        if word == "nan" { return .nan }
        if ["inf", "+inf", "infinity", "+infinity"].contains(word) { return .infinity }
        if ["-inf", "-infinity"].contains(word) { return -.infinity }
        guard text.unicodeScalars.allSatisfy({ "0123456789+-.eE".unicodeScalars.contains($0) }) else { return nil }
        let parts = word.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
        guard isDigits(unsigned(parts[0]).filter { $0 != "." }), parts[0].count(where: { $0 == "." }) < 2 else {
            return nil
        }
        if parts.count == 2, !isDigits(String(unsigned(parts[1]))) { return nil }
        guard let number = Double(text), number.isFinite else { return nil }
        return number
    }

    private static func unsigned(_ text: Substring) -> Substring {
        text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text
    }

    private static func isDigits(_ text: String) -> Bool {
        !text.isEmpty && text.allSatisfy { ("0"..."9").contains($0) }
    }

    /// The milliseconds as a text, empty where there is no timestamp; `nil` where it is none.
    private static func time(_ rest: inout Substring.UnicodeScalarView) -> String? {
        if rest.isEmpty { return "" }
        guard skipBlanks(&rest), isDigits(String(rest)), let time = Int64(String(rest)) else { return nil }
        return " \(time)"
    }
}
