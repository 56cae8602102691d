import NIOCore
import Synchronization

/// The open connections of a server: counted, limited, and told when the server stops.
final class HTTPConnections: Sendable {
    /// What the registry knows of one connection. Written on the connection's event loop.
    final class Member: Sendable {
        let channel: any Channel
        /// Since when the connection waits for a request, as ``NIODeadline`` nanoseconds; 0 while it is at work.
        let idleSince: Atomic<UInt64>

        init(channel: any Channel) {
            self.channel = channel
            idleSince = Atomic(NIODeadline.now().uptimeNanoseconds)
        }
    }

    private struct State {
        var configuration: HTTPServer.Configuration
        var members: [ObjectIdentifier: Member] = [:]
        /// Those that speak HTTP no more.
        var streams: Set<ObjectIdentifier> = []
        var isDraining = false
        var drained: EventLoopPromise<Void>?
    }

    private let state: Mutex<State>
    let evicted: Counter
    let bodyBudget: HTTPBodyBudget

    init(_ configuration: HTTPServer.Configuration, evicted: Counter) {
        state = Mutex(State(configuration: configuration))
        self.evicted = evicted
        bodyBudget = HTTPBodyBudget(configuration.inflightBytesMax)
    }

    /// What holds for connections that begin now.
    var configuration: HTTPServer.Configuration { state.withLock { $0.configuration } }

    /// Where there are more connections than are allowed now, those idle longest are closed.
    func update(_ configuration: HTTPServer.Configuration) {
        let victims = state.withLock { state in
            state.configuration = configuration
            var victims: [Member] = []
            while state.members.count > configuration.connectionsMax,
                let victim = Self.idleLongest(state.members.values)
            {
                state.members[ObjectIdentifier(victim.channel)] = nil
                victims.append(victim)
            }
            return victims
        }
        bodyBudget.resize(to: configuration.inflightBytesMax)
        for victim in victims { evict(victim) }
    }

    private func evict(_ victim: Member) {
        evicted.increment()
        victim.channel.close(mode: .all, promise: nil)
    }

    /// Adds a connection; where that is one too many, the one idle longest is closed, or the new one if none is idle.
    func add(_ channel: any Channel) -> Member {
        let member = Member(channel: channel)
        let victim = state.withLock { state -> Member? in
            state.members[ObjectIdentifier(channel)] = member
            if state.isDraining { return member }
            guard state.members.count > state.configuration.connectionsMax else { return nil }
            let victim = Self.idleLongest(state.members.values) ?? member
            // It is going: it must not be counted, or chosen, again.
            state.members[ObjectIdentifier(victim.channel)] = nil
            return victim
        }
        if let victim { evict(victim) }
        return member
    }

    private static func idleLongest(_ members: some Sequence<Member>) -> Member? {
        members.map { (member: $0, since: $0.idleSince.load(ordering: .relaxed)) }
            .filter { $0.since > 0 }.min { $0.since < $1.since }?.member
    }

    /// Whether the connection may become a stream. It is never idle then, so some places are left to the others.
    func becomesStream(_ channel: any Channel) -> Bool {
        state.withLock { state in
            guard state.streams.count < max(1, state.configuration.connectionsMax / 4 * 3) else { return false }
            state.streams.insert(ObjectIdentifier(channel))
            return true
        }
    }

    func remove(_ channel: any Channel) {
        let drained = state.withLock { state -> EventLoopPromise<Void>? in
            state.members[ObjectIdentifier(channel)] = nil
            state.streams.remove(ObjectIdentifier(channel))
            return state.isDraining && state.members.isEmpty ? state.drained.take() : nil
        }
        drained?.succeed()
    }

    var count: Int { state.withLock { $0.members.count } }

    /// Idle connections close now, the others after their answer; `promise` succeeds when all have gone.
    func drain(_ promise: EventLoopPromise<Void>) {
        let channels = state.withLock { state in
            state.isDraining = true
            if !state.members.isEmpty { state.drained = promise }
            return state.members.values.map(\.channel)
        }
        if channels.isEmpty { return promise.succeed() }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }

    /// Tells the connections that came in by `listener` to end after the request that they are at.
    func leave(_ listener: any Channel) {
        for member in state.withLock({ Array($0.members.values) }) where member.channel.parent === listener {
            member.channel.pipeline.fireUserInboundEventTriggered(HTTPConnection.ListenerHasGone())
        }
    }

    func closeAll() {
        for member in state.withLock({ Array($0.members.values) }) { member.channel.close(mode: .all, promise: nil) }
    }
}
