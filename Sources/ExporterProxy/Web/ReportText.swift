import Exposition

/// What was found in a source, in words and as JSON.
enum ReportText {
    static func sentence(_ finding: Finding) -> String {
        "line \(finding.line), column \(finding.column): \(finding.reason.sentence): \(finding.text)"
    }

    /// Members of the source's object in `/apps`.
    static func json(_ report: SourceReport, now: Moment) -> [(String, String)] {
        var fields = [
            ("valid", "\(report.verdict.isValid)"), ("served", served(report)), ("series", "\(report.series)"),
            ("served_bytes", "\(report.servedBytes)"), ("lines_dropped", counts(report, .dropped)),
            ("repairs", counts(report, .repaired)),
        ]
        if case .lastGood(let since) = report.served { fields.append(("served_since", "\"\(since.wall.rfc3339)\"")) }
        if let limit = report.verdict.limit { fields.append(("limit", EscapedText.json(limit.sentence))) }
        if report.seriesHeld > 0 { fields.append(("series_held", "\(report.seriesHeld)")) }
        if !report.verdict.findings.isEmpty { fields.append(("errors", list(report.verdict.findings.map(json)))) }
        if !report.conflicts.isEmpty { fields.append(("conflicts", list(report.conflicts.map(json)))) }
        return fields
    }

    private static func served(_ report: SourceReport) -> String {
        switch report.served {
        case .latest: "\"latest\""
        case .lastGood: "\"last_good\""
        case .nothing: "\"nothing\""
        }
    }

    private static func counts(_ report: SourceReport, _ outcome: Reason.Outcome) -> String {
        let counts = report.verdict.counts.filter { $0.reason.outcome == outcome }
        return object(counts.map { ($0.reason.code, "\($0.count)") })
    }

    private static func json(_ finding: Finding) -> String {
        object([
            ("line", "\(finding.line)"), ("column", "\(finding.column)"),
            ("reason", EscapedText.json(finding.reason.code)), ("outcome", "\"\(finding.reason.outcome.rawValue)\""),
            ("error", EscapedText.json(finding.reason.sentence)), ("remedy", EscapedText.json(finding.reason.remedy)),
            ("text", EscapedText.json(finding.text)),
        ])
    }

    private static func json(_ conflict: SourceReport.Conflict) -> String {
        var fields = [("kind", "\"\(conflict.kind)\""), ("with", EscapedText.json(conflict.with))]
        if let family = conflict.family { fields.append(("family", EscapedText.json(family))) }
        return object(fields + [("count", "\(conflict.count)")])
    }

    static func object(_ fields: [(String, String)]) -> String {
        "{" + fields.map { "\(EscapedText.json($0.0)): \($0.1)" }.joined(separator: ", ") + "}"
    }

    private static func list(_ entries: [String]) -> String { "[" + entries.joined(separator: ", ") + "]" }

    // MARK: The page

    /// What is wrong with a source, as HTML; empty where nothing is.
    static func html(_ report: SourceReport) -> String {
        var lines: [String] = []
        if let limit = report.verdict.limit { lines.append(limit.sentence) }
        lines += report.verdict.findings.map(sentence)
        let more = report.verdict.linesDropped + report.verdict.repairs - report.verdict.findings.count
        if more > 0 { lines.append("and \(more) more") }
        lines += report.conflicts.map { conflict in
            switch conflict.kind {
            case "series": "\(conflict.count) series are left out: '\(conflict.with)' had them first"
            case "help": "the HELP of \(conflict.family ?? "") is that of '\(conflict.with)'"
            default: "\(conflict.family ?? "") is left out: '\(conflict.with)' had it first, with another type"
            }
        }
        if lines.isEmpty { return "" }
        return "<ul>" + lines.map { "<li><small>\(EscapedText.html($0))</small></li>" }.joined() + "</ul>"
    }
}
