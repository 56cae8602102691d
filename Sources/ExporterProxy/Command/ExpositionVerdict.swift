import Exposition

/// What strict readers of one format say of a body.
package struct ExpositionVerdict {
    package enum Format: String, CaseIterable, Sendable {
        /// Text 0.0.4, for Prometheus as well as for promtool.
        case text
        /// OpenMetrics 1.0.
        case openmetrics

        fileprivate var name: String {
            switch self {
            case .text: "text 0.0.4"
            case .openmetrics: "OpenMetrics 1.0"
            }
        }
    }

    package let format: Format
    /// All of them, in the order of lines.
    package let findings: [Finding]
    /// Of a valid body; else 0.
    package private(set) var families = 0
    package private(set) var samples = 0

    package var isValid: Bool { findings.isEmpty }

    package init(_ bytes: [UInt8], _ format: Format) {
        self.format = format
        let model: [MetricFamily]
        switch format {
        case .text:
            findings = bytes.withUnsafeBytes { TextParser.verdict($0) }
            // The model is made of good bodies only: of others it takes memory for nothing.
            model = findings.isEmpty ? bytes.withUnsafeBytes { TextParser.parse($0, limits: .none).families } : []
        case .openmetrics: (model, findings) = bytes.withUnsafeBytes { OpenMetricsParser.parse($0) }
        }
        guard findings.isEmpty else { return }
        families = model.count
        samples = model.reduce(0) { $0 + $1.samples.count }
    }

    /// For a person, without a full stop.
    package var sentence: String {
        if !isValid { return "not valid \(format.name): \(Self.count(findings.count, "error", "errors"))" }
        let counts = "\(Self.count(families, "family", "families")), \(Self.count(samples, "sample", "samples"))"
        return "valid \(format.name): \(counts)"
    }

    private static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }
}
