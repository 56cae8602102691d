/// Durations as config.toml and Prometheus write them: `30s`, `1h30m`, `250ms`, or a bare number of seconds.
package enum DurationText {
    private static let units: [(suffix: String, seconds: Double)] = [
        ("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800),
    ]
    /// Ten years: longer is a mistake, and keeps every deadline far from overflow.
    private static let secondsMax = 315_360_000.0

    /// `nil` for anything else than a non-negative duration of at most ten years.
    package static func parse(_ text: String) -> Duration? {
        if let seconds = Double(text) { return duration(seconds: seconds) }
        var rest = Substring(text)
        var seconds = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let suffix = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(suffix.count)
            guard let count = Double(number), let unit = units.first(where: { $0.suffix == suffix }) else { return nil }
            seconds += count * unit.seconds
        }
        return duration(seconds: seconds)
    }

    package static func duration(seconds: Double) -> Duration? {
        guard seconds.isFinite, seconds >= 0, seconds <= secondsMax else { return nil }
        return .milliseconds(Int64((seconds * 1000).rounded()))
    }

    /// The shortest way to write `duration`: `5m`, `90s`, `250ms`.
    package static func format(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        if milliseconds == 0 { return "0s" }
        for (suffix, unit) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)] as [(String, Int64)]
        where milliseconds % unit == 0 {
            return "\(milliseconds / unit)\(suffix)"
        }
        return "\(milliseconds)ms"
    }
}

extension Duration {
    /// Whole milliseconds, rounded down; ends at the range of `Int64` rather than trapping.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds > 0 ? .max : .min }
        return scaled + attoseconds / 1_000_000_000_000_000
    }

    /// Whole milliseconds in nanoseconds; ends at the range of `Int64` rather than trapping.
    package var nanoseconds: Int64 {
        let (nanoseconds, overflows) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        return overflows ? (self < .zero ? .min : .max) : nanoseconds
    }

    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
