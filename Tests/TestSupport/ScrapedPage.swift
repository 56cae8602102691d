/// A scrape in text format 0.0.4, to be asked for lines.
public struct ScrapedPage: Sendable, CustomStringConvertible {
    public let text: String
    public var description: String { "\(samples.count) samples" }
    /// Values by name and sorted labels.
    public let samples: [String: Double]
    /// The series that are there more than once.
    public let repeated: [String]
    private let keepsEmptyLabels: Bool

    /// To Prometheus a label without a value is none: such labels can be left out.
    public init(_ text: String, keepsEmptyLabels: Bool = true) throws {
        self.text = text
        self.keepsEmptyLabels = keepsEmptyLabels
        var samples: [String: Double] = [:]
        var repeated: [String] = []
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let sample = try SampleLine(line, keepsEmptyLabels: keepsEmptyLabels)
            guard let value = Double(sample.rest) else { throw TestFailure("no value in '\(line)'") }
            if samples.updateValue(value, forKey: sample.series) != nil { repeated.append(sample.series) }
        }
        self.samples = samples
        self.repeated = repeated
    }

    /// A line that begins with "#" has to be there as it is. Of a sample the value counts as a number, and the order of
    /// labels does not; "a >1" is a sample above 1.
    public func has(_ line: String) throws -> Bool {
        if line.hasPrefix("#") { return text.split(separator: "\n").contains(Substring(line)) }
        let wanted = try SampleLine(Substring(line), keepsEmptyLabels: keepsEmptyLabels)
        guard let value = samples[wanted.series] else { return false }
        if wanted.rest.hasPrefix(">"), let bound = Double(wanted.rest.dropFirst()) { return value > bound }
        guard let number = Double(wanted.rest) else { throw TestFailure("no value in '\(line)'") }
        return value == number || value.isNaN && number.isNaN
    }

    /// Whether a text is nowhere on the page; "\n" finds the beginning of the first line too.
    public func lacks(_ part: String) -> Bool { !("\n" + text).contains(part) }
}

/// A line of a scrape, as far as lines are compared.
private struct SampleLine {
    /// Name and labels, sorted; `le` and `quantile` in one spelling.
    var series: String
    var rest: String

    init(_ line: Substring, keepsEmptyLabels: Bool) throws {
        let bytes = Array(line.utf8)
        var place = bytes.firstIndex { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: " ") } ?? bytes.count
        let name = String(decoding: bytes[..<place], as: UTF8.self)
        var labels: [(name: String, value: String)] = []
        if place < bytes.count, bytes[place] == UInt8(ascii: "{") {
            (labels, place) = try Self.labels(in: bytes, from: place + 1)
        }
        let texts = labels.filter { keepsEmptyLabels || !$0.value.isEmpty }.sorted { $0.name < $1.name }
            .map { "\($0.name)=\"\(Self.normal($0.value, of: $0.name))\"" }
        series = texts.isEmpty ? name : "\(name){\(texts.joined(separator: ","))}"
        rest = String(decoding: bytes[place...].drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
    }

    private static func normal(_ value: String, of name: String) -> String {
        guard name == "le" || name == "quantile", let number = Double(value) else { return value }
        return number.description
    }

    /// The labels up to the closing brace, and the place behind it.
    private static func labels(in bytes: [UInt8], from start: Int) throws -> ([(name: String, value: String)], Int) {
        var labels: [(name: String, value: String)] = []
        var place = start
        while place < bytes.count, bytes[place] != UInt8(ascii: "}") {
            guard let equals = bytes[place...].firstIndex(of: UInt8(ascii: "=")) else { break }
            var end = equals + 2
            while end < bytes.count, bytes[end] != UInt8(ascii: "\"") {
                end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
            }
            guard end < bytes.count else { break }
            let value = String(decoding: bytes[(equals + 2)..<end], as: UTF8.self)
            labels.append((String(decoding: bytes[place..<equals], as: UTF8.self), value))
            place = end + 1
            if place < bytes.count, bytes[place] == UInt8(ascii: ",") { place += 1 }
        }
        guard place < bytes.count, bytes[place] == UInt8(ascii: "}") else {
            throw TestFailure("no end of labels in '\(String(decoding: bytes, as: UTF8.self))'")
        }
        return (labels, place + 1)
    }
}
