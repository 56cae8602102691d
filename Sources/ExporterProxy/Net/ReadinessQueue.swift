import CLinux
import Glibc

/// Tells which descriptors can be read or written: epoll(7), level-triggered.
///
/// Why not NIO here: docs/decisions/001-own-receiver-loop.md. Confined to one thread.
package struct ReadinessQueue: ~Copyable {
    package struct Interest: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let read = Interest(rawValue: EPOLLIN.rawValue)
        package static let write = Interest(rawValue: EPOLLOUT.rawValue)
        /// One event for each change, not while the state lasts.
        package static let edge = Interest(rawValue: EPOLLET.rawValue)
    }

    private let epoll: OwnedDescriptor
    private var events: [epoll_event]
    private var ready = 0

    package init(eventsMax: Int = 256) throws(SystemError) {
        let raw = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard raw >= 0 else { throw SystemError("make an epoll descriptor") }
        epoll = OwnedDescriptor(raw)
        events = Array(repeating: epoll_event(), count: eventsMax)
    }

    /// `token` comes back with each event of `descriptor`.
    package func add(_ descriptor: Int32, token: UInt64, _ interest: Interest) throws(SystemError) {
        try control(EPOLL_CTL_ADD, descriptor, token, interest)
    }

    package func change(_ descriptor: Int32, token: UInt64, to interest: Interest) throws(SystemError) {
        try control(EPOLL_CTL_MOD, descriptor, token, interest)
    }

    package func remove(_ descriptor: Int32) {
        epoll_ctl(epoll.raw, EPOLL_CTL_DEL, descriptor, nil)
    }

    private func control(
        _ operation: Int32, _ descriptor: Int32, _ token: UInt64, _ interest: Interest
    ) throws(SystemError) {
        var event = epoll_event()
        event.events = interest.rawValue
        event.data.u64 = token
        guard epoll_ctl(epoll.raw, operation, descriptor, &event) == 0 else {
            throw SystemError("watch descriptor \(descriptor)")
        }
    }

    /// Adds all that `other` waits for, as one descriptor that can be read when something of it is ready.
    package func add(_ other: borrowing ReadinessQueue, token: UInt64) throws(SystemError) {
        try add(other.epoll.raw, token: token, .read)
    }

    /// Waits for a time that is too short for ``wait(milliseconds:)``, but no longer than until something is ready;
    /// answers whether something is.
    package func pause(nanoseconds: Int) -> Bool {
        var descriptor = pollfd(fd: epoll.raw, events: Int16(POLLIN), revents: 0)
        var time = timespec(tv_sec: 0, tv_nsec: nanoseconds)
        return ppoll(&descriptor, 1, &time, nil) > 0
    }

    /// Waits until something is ready or `milliseconds` have passed (-1: for ever); answers how much is ready.
    package mutating func wait(milliseconds: Int32) throws(SystemError) -> Int {
        let count = epoll_wait(epoll.raw, &events, Int32(events.count), milliseconds)
        if count < 0, errno != EINTR { throw SystemError("wait for events") }
        ready = max(0, Int(count))
        return ready
    }

    /// The token of event `index`, which is below what ``wait(milliseconds:)`` answered.
    package func token(_ index: Int) -> UInt64 {
        precondition(index < ready, "an event that was not reported")
        return events[index].data.u64
    }
}
