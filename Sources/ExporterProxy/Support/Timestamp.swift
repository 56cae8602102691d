/// A point of wall-clock time in UTC, exact to the nanosecond.
package struct Timestamp: Sendable, Equatable, Comparable {
    /// Since 1970-01-01 00:00:00 UTC, without leap seconds.
    package var nanoseconds: Int64

    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    package static func < (a: Timestamp, b: Timestamp) -> Bool { a.nanoseconds < b.nanoseconds }

    /// Unix time in seconds, as metrics carry it.
    package var secondsSinceEpoch: Double { Double(nanoseconds) / 1e9 }
}

extension Timestamp {
    private struct Fields {
        var year, month, day, hour, minute, second, fraction: Int64
        /// 0 is Sunday.
        var weekday: Int64
    }

    /// Howard Hinnant's civil-from-days, for the proleptic Gregorian calendar.
    private var fields: Fields {
        let (seconds, fraction) = Self.floorDivide(nanoseconds, 1_000_000_000)
        let (days, secondOfDay) = Self.floorDivide(seconds, 86_400)
        let (era, dayOfEra) = Self.floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return Fields(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1, hour: secondOfDay / 3600,
            minute: secondOfDay / 60 % 60, second: secondOfDay % 60, fraction: fraction,
            weekday: Self.floorDivide(days + 4, 7).remainder)
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
        return remainder < 0 ? (quotient - 1, remainder + b) : (quotient, remainder)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// `2022-05-22 23:51:52.9398987 UTC` as `/apps` shows it: the shortest exact fraction of 0, 3, 6 or 9 digits.
    package var tableText: String {
        let f = fields
        let date = "\(Self.padded(f.year, 4))-\(Self.padded(f.month, 2))-\(Self.padded(f.day, 2))"
        let time = "\(Self.padded(f.hour, 2)):\(Self.padded(f.minute, 2)):\(Self.padded(f.second, 2))"
        return "\(date) \(time)\(fractionText(f.fraction)) UTC"
    }

    private func fractionText(_ fraction: Int64) -> String {
        if fraction == 0 { return "" }
        if fraction % 1_000_000 == 0 { return "." + Self.padded(fraction / 1_000_000, 3) }
        if fraction % 1000 == 0 { return "." + Self.padded(fraction / 1000, 6) }
        return "." + Self.padded(fraction, 9)
    }

    /// RFC 3339 with milliseconds, as logs and JSON carry it: `2026-11-21T02:55:34.114Z`.
    package var rfc3339: String {
        let f = fields
        return "\(Self.padded(f.year, 4))-\(Self.padded(f.month, 2))-\(Self.padded(f.day, 2))T"
            + "\(Self.padded(f.hour, 2)):\(Self.padded(f.minute, 2)):\(Self.padded(f.second, 2))."
            + "\(Self.padded(f.fraction / 1_000_000, 3))Z"
    }

    /// The form of an HTTP `Date` header (RFC 9110, 5.6.7): `Sat, 21 Nov 2026 02:55:35 GMT`.
    package var httpDate: String {
        let f = fields
        let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(weekdays[Int(f.weekday)]), \(Self.padded(f.day, 2)) \(months[Int(f.month) - 1]) "
            + "\(Self.padded(f.year, 4)) \(Self.padded(f.hour, 2)):\(Self.padded(f.minute, 2)):"
            + "\(Self.padded(f.second, 2)) GMT"
    }
}
