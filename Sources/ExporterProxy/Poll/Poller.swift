import Logging
import NIOCore
import ServiceLifecycle

/// Polls exporters that cannot push: each on its own rhythm, so that a slow or dead one delays nobody.
package final class Poller: Service {
    /// One target as it is polled.
    private final class Round: Sendable {
        let plan: PollPlan
        let client: PollClient
        let instruments: PollInstruments.Target
        let end = Bell()
        let hasEnded = Bell()

        init(_ plan: PollPlan, client: PollClient, instruments: PollInstruments.Target) {
            self.plan = plan
            self.client = client
            self.instruments = instruments
        }
    }

    private struct Update: Sendable {
        var configuration: Configuration
        let done = Bell()
    }

    private let updates: AsyncStream<Update>
    private let update: AsyncStream<Update>.Continuation
    private let instruments: PollInstruments
    private let store: SnapshotStore
    private let group: any EventLoopGroup
    private let firstRound: FirstRound
    private let logger: Logger
    private let time: TimeSource

    package init(
        _ configuration: Configuration, store: SnapshotStore, group: any EventLoopGroup,
        registry: InstrumentRegistry, firstRound: FirstRound, logger: Logger, time: @escaping TimeSource
    ) {
        self.firstRound = firstRound
        self.store = store
        self.group = group
        self.logger = logger
        self.time = time
        instruments = PollInstruments(registry: registry)
        // Before the first page of the registry is read.
        _ = instruments.targets(configuration.targets.map(\.name))
        (updates, update) = AsyncStream.makeStream()
        update.yield(Update(configuration: configuration))
    }

    /// Polls as `configuration` says, and returns when it does: targets that are the same are not disturbed, and the
    /// sources of those that are gone have left the store.
    package func apply(_ configuration: Configuration) async {
        let update = Update(configuration: configuration)
        self.update.yield(update)
        await update.done.wait()
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.pollUntilCancelled() }
    }

    /// Owns the rounds.
    private func pollUntilCancelled() async {
        await withDiscardingTaskGroup { group in
            var rounds: [String: Round] = [:]
            // A client that is not used is not made.
            var client: PollClient?
            for await update in updates {
                let changes = PollChanges(from: rounds.mapValues(\.plan), to: update.configuration.plans)
                await end(changes, &rounds)
                let names = update.configuration.targets.map(\.name)
                let counts = Dictionary(zip(names, instruments.targets(names))) { $1 }
                let needs = PollClient.Needs(update.configuration)
                for plan in changes.beginning {
                    let name = plan.target.name
                    let used = client.flatMap { $0.needs == needs ? $0 : nil } ?? PollClient(needs, group: self.group)
                    client = used
                    guard let instruments = counts[name] else { continue }
                    let round = Round(plan, client: used, instruments: instruments)
                    rounds[name] = round
                    group.addTask { await self.poll(round) }
                }
                if rounds.isEmpty { client = nil }
                update.done.ring()
            }
        }
    }

    /// Returns when nobody polls for what has changed any more: a late poll must not bring back what is removed here.
    private func end(_ changes: PollChanges, _ rounds: inout [String: Round]) async {
        for name in changes.ending { rounds[name]?.end.ring() }
        for name in changes.ending {
            await rounds[name]?.hasEnded.wait()
            rounds[name] = nil
        }
        for name in changes.removed {
            store.remove(name) { $0 == .poll }
        }
        // What an app pushed under a name that is a target's now.
        for name in changes.added { store.remove(name) { $0 != .poll } }
    }

    private func poll(_ round: Round) async {
        let target = HTTPTarget(
            round.plan.target, client: round.client.http, bodyBytesMax: round.plan.bodyBytesMax)
        await round.end.cancels { await self.repeatedly(target, round.instruments) }
        firstRound.note(round.plan.target.name)
        round.hasEnded.ring()
    }

    private func repeatedly(_ target: HTTPTarget, _ instruments: PollInstruments.Target) async {
        let rhythm = ScrapeRhythm(of: target.configuration.name, interval: target.configuration.interval)
        var isFailing = false
        while !Task.isCancelled {
            await pollOnce(target, instruments, &isFailing)
            firstRound.note(target.configuration.name)
            try? await Task.sleep(for: rhythm.delay(after: time()))
        }
    }

    private func pollOnce(
        _ target: HTTPTarget, _ instruments: PollInstruments.Target, _ isFailing: inout Bool
    ) async {
        let name = target.configuration.name
        let origin = Snapshot.Origin(.poll, target.configuration.address, labels: target.configuration.labels)
        let begin = time()
        do throws(PollError) {
            let body = try await target.poll()
            let now = time()
            instruments.success(at: now, after: now.elapsed(since: begin))
            let snapshot = Snapshot(source: name, origin: origin, receivedAt: now, body: body)
            guard store.replace(with: snapshot) else {
                return logger.error(
                    "cannot store a polled source: store.sources_max is reached", metadata: ["target": "\(name)"])
            }
            if isFailing { logger.notice("poll succeeds again", metadata: ["target": "\(name)"]) }
            isFailing = false
        } catch {
            guard !Task.isCancelled else { return }
            let now = time()
            instruments.failure(error, after: now.elapsed(since: begin))
            store.noteFailure(of: name, .init(origin: origin, at: now, reason: error.description))
            // Once for each row of failures: what follows is counted, and stands in /apps.
            if !isFailing {
                logger.warning(
                    "poll failed",
                    metadata: [
                        "target": "\(name)", "url": "\(target.configuration.url.text)", "reason": "\(error.reason)",
                        "error": "\(error)",
                    ])
            }
            isFailing = true
        }
    }
}
