/// When a target is scraped: at once after the start, and from then on at its own place in the interval.
///
/// The place is hashed from the target's name, so it is the same after every restart, and different targets fall on
/// different ones. A scrape that took longer than the interval makes the next one late, never two at once.
package struct ScrapeRhythm: Equatable, Sendable {
    package let interval: Duration
    private let offset: Int64

    package init(of name: String, interval: Duration) {
        self.interval = interval
        // FNV-1a, 64 bits.
        let hash = name.utf8.reduce(14_695_981_039_346_656_037 as UInt64) { hash, byte in
            (hash ^ UInt64(byte)) &* 1_099_511_628_211
        }
        offset = Int64(hash % UInt64(max(1, interval.milliseconds)))
    }

    /// How long to wait from `now` on; more than nothing, and at most the interval.
    package func delay(after now: Moment) -> Duration {
        let period = max(1, interval.milliseconds)
        let position = (now.wall.nanoseconds / 1_000_000) % period
        let wait = (offset - position + 2 * period) % period
        return .milliseconds(wait == 0 ? period : wait)
    }
}
