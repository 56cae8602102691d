import HyperDHT
import Logging
import NIOCore
import NIOPosix

/// A bridge, and what it has: those who wait for scrapes, the file of targets, a log.
struct BridgeRole: TunnelRole {
    enum Message: Sendable {
        /// Of an alias, until then.
        case scrape(String, deadline: Int64, OwedAnswer<BridgeScrapeOutcome>)
        case aliases(OwedAnswer<[AliasReport]?>)
        /// What came of the list that was to be written.
        case written(Result<Void, SystemError>)
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
    private static let writePause: Int64 = 3_000_000_000

    private struct Waiter {
        let alias: String
        let answer: OwedAnswer<BridgeScrapeOutcome>
    }

    private var bridge: TunnelBridge
    private let identity: KeyPair
    /// `nil` where aliases are in no file.
    private let writer: TargetsWriter?
    private let takesStreams: Bool
    private let usesDHT: Bool
    private var log: BridgeLog
    private var waiting: [BridgeScrapeNumber: Waiter] = [:]
    private let post: @Sendable (Message) -> Void
    private var writesCount = 0
    private var isWriting = false
    /// When to write again after a failure.
    private var retryAt: Int64?

    /// - Parameter targetsPath: empty for none.
    init(
        _ bridge: TunnelBridge, as identity: KeyPair, targetsPath: String, takesStreams: Bool, logger: Logger,
        post: @escaping @Sendable (Message) -> Void
    ) {
        (self.bridge, self.identity, usesDHT) = (bridge, identity, bridge.settings.mayCall)
        writer = targetsPath.isEmpty ? nil : TargetsWriter(targetsPath)
        (self.takesStreams, self.post) = (takesStreams, post)
        log = BridgeLog(logger: logger)
    }

    var nextDeadline: Int64? { [bridge.nextDeadline, isWriting ? nil : retryAt].compactMap { $0 }.min() }

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
        case .written(let result):
            isWriting = false
            written(result, in: &networks, at: now)
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
        writeTargets(at: now)
    }

    // MARK: The file

    /// On a thread of its own: a disk that is slow holds up answers to registrations, and nothing else.
    private mutating func writeTargets(at now: Int64) {
        guard !isWriting, (retryAt ?? now) <= now, let targets = bridge.takeTargets(), let writer else { return }
        isWriting = true
        writesCount += 1
        NIOThreadPool.singleton.submit { [post, writesCount] _ in
            post(.written(writer.write(targets, number: writesCount)))
        }
    }

    private mutating func written(_ result: Result<Void, SystemError>, in networks: inout Networks, at now: Int64) {
        bridge.targetsWritten((try? result.get()) != nil, in: &networks)
        switch result {
        case .success:
            if retryAt != nil {
                log.logger.notice("the file of aliases is written again", metadata: ["path": "\(writer?.path ?? "")"])
            }
            retryAt = nil
        case .failure(let error):
            if retryAt == nil {
                log.logger.error("cannot write the file of aliases", metadata: ["error": "\(error)"])
            }
            retryAt = now + Self.writePause
        }
    }

    mutating func stop(in networks: inout Networks, at now: Int64) {
        // Behind the write that may be on its way.
        if let writer, bridge.takeTargets() != nil || isWriting {
            writesCount += 1
            written(writer.write(bridge.targets, number: writesCount), in: &networks, at: now)
        }
        bridge.stop(in: &networks, at: now)
        waiting = [:]
    }
}
