import HyperDHT
import Logging
import NIOCore

/// A bridge, and what it has: those who wait for scrapes, the file of targets, a log.
struct BridgeRole: TunnelRole {
    enum Message: Sendable {
        /// Of an alias, until then.
        case scrape(String, deadline: Int64, OwedAnswer<BridgeScrapeOutcome>)
        case aliases(OwedAnswer<[AliasReport]?>)
    }

    /// All that are registered; `nil` where the bridge is not running.
    static func aliases(
        _ loop: any EventLoop, of post: @Sendable (Message) -> Void
    ) -> EventLoopFuture<[AliasReport]?> {
        let answer = OwedAnswer<[AliasReport]?>(nil, loop)
        post(.aliases(answer))
        return answer.future
    }

    /// After a write that has failed.
    private static let writePause: Int64 = 10_000_000_000

    private struct Waiter {
        let alias: String
        let answer: OwedAnswer<BridgeScrapeOutcome>
    }

    private var bridge: TunnelBridge
    private let identity: KeyPair
    private let targetsPath: String
    private let takesStreams: Bool
    private let usesDHT: Bool
    private var log: BridgeLog
    private var waiting: [BridgeScrapeNumber: Waiter] = [:]
    /// The list that is not in the file yet, and when it will be.
    private var unwritten: (targets: [AliasTarget], at: Int64)?
    private var writesFail = false

    /// - Parameter targetsPath: empty for none.
    init(_ bridge: TunnelBridge, as identity: KeyPair, targetsPath: String, takesStreams: Bool, logger: Logger) {
        (self.bridge, self.identity, usesDHT) = (bridge, identity, bridge.settings.mayCall)
        (self.targetsPath, self.takesStreams) = (targetsPath, takesStreams)
        log = BridgeLog(logger: logger)
    }

    var nextDeadline: Int64? { [bridge.nextDeadline, unwritten?.at].compactMap { $0 }.min() }

    var streamServer: TunnelStreamServer? {
        takesStreams ? TunnelStreamServer(identity: identity, serving: TunnelBridge.serving) : nil
    }

    var snapshot: TunnelSnapshot.Part {
        .bridge(bridge.counters, aliases: bridge.aliasCount, key: identity.publicKey)
    }

    mutating func begin(in networks: inout Networks, at now: Int64) {
        guard usesDHT else { return }
        // Whoever knows the secret may register; that shows when it asks to.
        networks.dht.listen(as: identity, serving: TunnelBridge.serving, isAdmitted: { _ in true }, at: now)
    }

    mutating func take(
        _ event: PeerEvent, over transport: TunnelTransport, in networks: inout Networks, at now: Int64
    ) { bridge.take(event, over: transport, in: &networks, at: now) }

    mutating func take(_ event: NodeEvent, at now: Int64) {
        TunnelLog(logger: log.logger).say(event)
        // Whom nobody could find may be found now.
        if case .announced = event { bridge.callSoon(at: now) }
    }

    mutating func take(_ message: Message, in networks: inout Networks, at now: Int64) {
        switch message {
        case .scrape(let alias, let deadline, let answer):
            let number = bridge.scrape(alias, deadline: deadline, in: &networks, at: now)
            waiting[number] = Waiter(alias: alias, answer: answer)
        case .aliases(let answer): answer.give(bridge.aliases())
        }
    }

    mutating func poll(in networks: inout Networks, at now: Int64) { bridge.poll(in: &networks, at: now) }

    mutating func act(in networks: inout Networks, at now: Int64) {
        for event in bridge.takeEvents() {
            switch event {
            case .finished(let number, let outcome):
                guard let waiter = waiting.removeValue(forKey: number) else { continue }
                waiter.answer.give(outcome)
                if case .text = outcome { log.sayWell(waiter.alias) }
            case .note(let note): log.say(note, at: now)
            }
        }
        if let targets = bridge.takeTargets() {
            // At once: the answers to these registrations go out behind it, and one write is for all of this turn.
            unwritten = (targets, writesFail ? unwritten?.at ?? now : now)
        }
        if let unwritten, unwritten.at <= now { write(unwritten.targets, at: now) }
    }

    private mutating func write(_ targets: [AliasTarget], at now: Int64) {
        unwritten = nil
        guard !targetsPath.isEmpty else { return }
        do throws(SystemError) {
            try TargetsFile.write(targets, to: targetsPath)
            if writesFail {
                log.logger.notice("the file of aliases is written again", metadata: ["path": "\(targetsPath)"])
            }
            writesFail = false
        } catch {
            if !writesFail {
                log.logger.error("cannot write the file of aliases", metadata: ["error": "\(error)"])
            }
            writesFail = true
            // Not given up: what is acknowledged is to outlive us.
            unwritten = (targets, now + Self.writePause)
        }
    }

    mutating func stop(in networks: inout Networks, at now: Int64) {
        if let unwritten { write(unwritten.targets, at: now) }
        bridge.stop(in: &networks, at: now)
        waiting = [:]
    }
}
