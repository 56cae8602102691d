/// Reads OpenMetrics 1.0.
///
/// In stages, each in a file of its own:
/// 1. `OpenMetricsReader` splits the body into lines and knows which family a line belongs to;
/// 2. `OpenMetricsMetadataLine` and `OpenMetricsSampleLine` read one line, and know nothing else;
/// 3. `OpenMetricsMetricRules` holds the samples of one family against each other;
/// 4. `OpenMetricsPoint` holds the samples of one moment of one metric against each other.
public enum OpenMetricsParser {
    public enum Mode: Sendable {
        /// OpenMetrics 1.0: without findings, the body is valid.
        case strict
        /// What Prometheus takes: each line for itself, in any order, with names in quotes.
        case lenient
    }

    /// The model holds every sample that could be read, also those with a finding. Lines that could not be read are
    /// left out, each with a finding; a metric is not blamed for lacking a sample that such a line may have been.
    /// An empty HELP or UNIT is as good as none (OpenMetrics 1.0, "MetricFamily metadata").
    ///
    /// Takes time in proportion to the bytes. Findings are in the order of lines; of a body with more than
    /// `findingsMax` the rest is not listed.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, mode: Mode = .strict, findingsMax: Int = .max
    ) -> (families: [MetricFamily], findings: [Finding]) {
        var reader = OpenMetricsReader(bytes, mode: mode, keepsModel: true, findingsMax: findingsMax)
        reader.readAll()
        return (reader.model, reader.findings.inOrder)
    }
}
