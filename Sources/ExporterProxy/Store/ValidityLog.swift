import Exposition
import Logging

/// Says in the log which source turns invalid, and why, and which is valid again.
package struct ValidityLog: Sendable {
    private let logger: Logger

    package init(logger: Logger) { self.logger = logger }

    package func tell(_ report: SourceReport) {
        guard !report.verdict.isValid else {
            return logger.notice("source is valid again", metadata: ["app": "\(report.source)"])
        }
        let finding = report.verdict.findings.first { $0.reason.outcome == .dropped }
        let reason = report.verdict.limit ?? finding?.reason
        var metadata: Logger.Metadata = [
            "app": "\(report.source)", "reason": "\(reason?.code ?? "")", "error": "\(reason?.sentence ?? "")",
            "lines_dropped": "\(report.verdict.linesDropped)",
        ]
        if report.verdict.limit == nil, let finding {
            metadata["line"] = "\(finding.line)"
            metadata["column"] = "\(finding.column)"
            metadata["text"] = "\(finding.text)"
        }
        logger.warning("source is invalid", metadata: metadata)
    }
}
