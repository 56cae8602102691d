/// Findings for a person or a program.
public struct FindingsReport: Sendable {
    public var findings: [Finding]

    public init(_ findings: [Finding]) { self.findings = findings }

    /// For each finding `line:column: sentence`, the line with a mark below, and what its author can do. The mark is
    /// left out where what stands before it had to be escaped.
    public var text: String { findings.map(Self.text(of:)).joined(separator: "\n") }

    private static func text(of finding: Finding) -> String {
        var lines = ["\(finding.line):\(finding.column): \(finding.reason.sentence)", "    \(finding.text)"]
        if let mark = mark(of: finding) { lines.append("    \(mark)") }
        return (lines + ["    \(finding.reason.remedy)", ""]).joined(separator: "\n")
    }

    private static func mark(of finding: Finding) -> String? {
        let before = finding.text.utf8.prefix(max(0, finding.column - 1))
        guard before.count == finding.column - 1, !before.contains(UInt8(ascii: "\\")) else { return nil }
        return String(repeating: " ", count: String(decoding: before, as: UTF8.self).count) + "^"
    }

    /// An array of objects, one for each finding, with a line feed at the end.
    public var json: String {
        findings.isEmpty ? "[]\n" : "[\n" + findings.map(Self.json(of:)).joined(separator: ",\n") + "\n]\n"
    }

    private static func json(of finding: Finding) -> String {
        let readers: [(Reason.Readers, String)] = [
            (.scraper, "prometheus"), (.expfmt, "promtool"), (.openMetrics, "openmetrics"),
        ]
        let refusedBy = readers.filter { finding.reason.refusedBy.contains($0.0) }.map { quoted($0.1) }
        let members = [
            ("line", "\(finding.line)"), ("column", "\(finding.column)"), ("reason", quoted(finding.reason.code)),
            ("sentence", quoted(finding.reason.sentence)), ("remedy", quoted(finding.reason.remedy)),
            ("refused_by", "[\(refusedBy.joined(separator: ", "))]"),
            ("outcome", quoted(finding.reason.outcome.rawValue)), ("text", quoted(finding.text)),
        ]
        return "  {" + members.map { "\(quoted($0.0)): \($0.1)" }.joined(separator: ", ") + "}"
    }

    /// Findings are shown safely already; here only what JSON needs.
    private static func quoted(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "\"") { quoted, scalar in
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        } + "\""
    }
}
