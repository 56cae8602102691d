/// A timestamp as read, with what a `Timestamp` cannot say.
struct OpenMetricsTime: Equatable {
    var timestamp: Timestamp
    /// Whether nothing was lost: digits below a nanosecond, or seconds beyond 64 bits.
    var isExact: Bool

    enum Reading: Equatable {
        case time(OpenMetricsTime)
        case tooLarge
        case invalid
    }

    /// A whole range within `bytes`: seconds, in digits and not by way of a `Double`.
    static func read(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Reading {
        guard let decimal = OpenMetricsDecimal(bytes, range) else { return .invalid }
        let zeros = (0..<decimal.digitsCount).prefix { decimal.digit($0) == 0 }.count
        guard zeros < decimal.digitsCount else { return .time(OpenMetricsTime(0, 0, isExact: true)) }
        // Digits before the point, without leading zeros. OpenMetrics has no numbers beyond a `Double`.
        let size = decimal.pointAt - zeros
        if size > 308, FloatText.read(bytes.part(range)) == .tooLarge { return .tooLarge }
        return .time(size > 18 ? farAway(decimal, first: zeros) : near(decimal, first: zeros))
    }

    /// How a later sample of a metric stands to this one.
    enum Order { case before, same, after, unclear }

    func order(of later: OpenMetricsTime) -> Order {
        let (old, new) = (timestamp, later.timestamp)
        if (old.seconds, old.nanoseconds) == (new.seconds, new.nanoseconds) {
            return isExact && later.isExact ? .same : .unclear
        }
        return (old.seconds, old.nanoseconds) < (new.seconds, new.nanoseconds) ? .after : .before
    }

    private init(_ seconds: Int64, _ nanoseconds: Int32, isExact: Bool) {
        timestamp = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
        self.isExact = isExact
    }

    /// At most 18 digits of seconds, so nothing here can overflow.
    private static func near(_ decimal: OpenMetricsDecimal, first: Int) -> OpenMetricsTime {
        let point = decimal.pointAt
        var seconds: Int64 = 0
        if first < point {
            for index in first..<point { seconds = seconds * 10 + Int64(decimal.digit(index)) }
        }
        var nanoseconds: Int32 = 0
        for index in point..<(point + 9) {
            nanoseconds = nanoseconds * 10 + (index < 0 ? 0 : Int32(decimal.digit(index)))
        }
        let isExact = !(max(point + 9, 0)..<max(point + 9, decimal.digitsCount, 0)).contains { decimal.digit($0) != 0 }
        return signed(seconds, nanoseconds, decimal.isNegative, isExact: isExact)
    }

    private static func signed(_ seconds: Int64, _ nanoseconds: Int32, _ isNegative: Bool, isExact: Bool) -> Self {
        guard isNegative else { return OpenMetricsTime(seconds, nanoseconds, isExact: isExact) }
        guard nanoseconds > 0 else { return OpenMetricsTime(-seconds, 0, isExact: isExact) }
        return OpenMetricsTime(-seconds - 1, 1_000_000_000 - nanoseconds, isExact: isExact)
    }

    /// 19 digits and more: as near as 64 bits come.
    private static func farAway(_ decimal: OpenMetricsDecimal, first: Int) -> OpenMetricsTime {
        var seconds: Int64 = 0
        for index in first..<min(decimal.pointAt, first + 19) {
            let (tens, tensOver) = seconds.multipliedReportingOverflow(by: 10)
            let (sum, sumOver) = tens.addingReportingOverflow(Int64(decimal.digit(index)))
            seconds = tensOver || sumOver ? .max : sum
        }
        if decimal.pointAt - first > 19 { seconds = .max }
        return OpenMetricsTime(decimal.isNegative ? -seconds : seconds, 0, isExact: false)
    }
}
