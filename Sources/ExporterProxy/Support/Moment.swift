import Glibc

/// When something happened, on both clocks: the wall's for people, the monotonic one for deadlines and ages.
///
/// Taken once and handed on, so that everything a message causes carries the same time.
package struct Moment: Sendable, Equatable {
    package var wall: Timestamp
    /// Nanoseconds since boot, including suspend; never steps.
    package var monotonic: Int64

    package init(wall: Timestamp, monotonic: Int64) {
        self.wall = wall
        self.monotonic = monotonic
    }

    /// The time that passed from `earlier` to this moment; never negative.
    package func elapsed(since earlier: Moment) -> Duration {
        .nanoseconds(max(0, monotonic &- earlier.monotonic))
    }

    package func advanced(by duration: Duration) -> Moment {
        let nanoseconds = duration.nanoseconds
        return Moment(
            wall: Timestamp(nanoseconds: wall.nanoseconds &+ nanoseconds), monotonic: monotonic &+ nanoseconds)
    }

    /// What the system's clocks say now.
    package static func now() -> Moment {
        Moment(wall: Timestamp(nanoseconds: read(CLOCK_REALTIME)), monotonic: read(CLOCK_BOOTTIME))
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

/// Where a service gets its moments from; a test hands in its own.
package typealias TimeSource = @Sendable () -> Moment
