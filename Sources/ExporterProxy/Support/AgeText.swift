/// How long ago something was, for people: `12 s`, `5 min`, `3 h 20 min`, `4 d 2 h`.
enum AgeText {
    static func format(_ age: Duration) -> String {
        let seconds = max(0, age.components.seconds)
        let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
        if minutes == 0 { return "\(seconds) s" }
        if hours == 0 { return "\(minutes) min" }
        if days == 0 { return pair(hours, "h", minutes % 60, "min") }
        return pair(days, "d", hours % 24, "h")
    }

    private static func pair(_ large: Int64, _ unit: String, _ small: Int64, _ smallUnit: String) -> String {
        small == 0 ? "\(large) \(unit)" : "\(large) \(unit) \(small) \(smallUnit)"
    }

    /// HTML: how long ago, and when.
    static func html(_ moment: Moment, at now: Moment) -> String {
        "\(format(now.elapsed(since: moment))) ago"
            + " <small><time datetime=\"\(moment.wall.rfc3339)\">\(moment.wall.rfc3339)</time></small>"
    }
}
