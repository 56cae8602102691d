/// How much one source may say. The defaults are a proposal of ours: Prometheus has the same limits, all off.
public struct ExpositionLimits: Equatable, Sendable {
    public var bytes = 8 * 1024 * 1024
    public var series = 50_000
    public var families = 5_000
    /// Of one series.
    public var labels = 64
    /// Of a metric or label name.
    public var nameBytes = 256
    /// Of a label value, as written.
    public var valueBytes = 4096

    public init() {}

    /// For a reader that is to judge the text and nothing else.
    public static let none: ExpositionLimits = {
        var limits = ExpositionLimits()
        (limits.bytes, limits.series, limits.families) = (.max, .max, .max)
        (limits.labels, limits.nameBytes, limits.valueBytes) = (.max, .max, .max)
        return limits
    }()
}
