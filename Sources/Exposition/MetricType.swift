/// What a metric family measures, in the words of OpenMetrics 1.0; text 0.0.4 knows the first five.
public enum MetricType: String, CaseIterable, Sendable {
    case counter
    case gauge
    case histogram
    case summary
    case untyped
    case unknown
    case info
    case stateset
    case gaugehistogram
}
