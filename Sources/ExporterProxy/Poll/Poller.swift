import AsyncHTTPClient
import Dispatch
import Logging
import NIOCore
import NIOHTTPCompression
import ServiceLifecycle

/// Polls exporters that cannot push: each on its own rhythm, so that a slow or dead one delays nobody.
package final class Poller: Service {
    private let configuration: Configuration
    private let instruments: [PollInstruments.Target]
    private let store: SnapshotStore
    private let group: any EventLoopGroup
    private let logger: Logger
    private let time: TimeSource

    package init(
        _ configuration: Configuration, store: SnapshotStore, group: any EventLoopGroup,
        registry: InstrumentRegistry, logger: Logger, time: @escaping TimeSource
    ) {
        self.configuration = configuration
        self.store = store
        self.group = group
        self.logger = logger
        self.time = time
        instruments = PollInstruments(registry: registry).targets(configuration.targets.map(\.name))
    }

    private static func clientConfiguration(_ configuration: Configuration) -> HTTPClient.Configuration {
        var client = HTTPClient.Configuration()
        client.httpVersion = .http1Only
        client.redirectConfiguration =
            configuration.followsRedirects ? .follow(max: 5, allowCycles: false) : .disallow
        client.timeout.connect = configuration.targets.map(\.timeout).max().map { TimeAmount($0) }
        // A target that refuses is a failed poll now, not a connection to be tried again and again until the timeout.
        client.connectionPool.retryConnectionEstablishment = false
        // The limit holds for what comes out, so a small body that unpacks to gigabytes ends there.
        client.decompression = .enabled(limit: .size(configuration.bodyBytesMax))
        return client
    }

    package func run() async throws {
        // Made here and not earlier: a client must be shut down, also where the program ends before it runs.
        let client = HTTPClient(
            eventLoopGroupProvider: .shared(group), configuration: Self.clientConfiguration(configuration))
        await withTaskGroup(of: Void.self) { group in
            for (target, instruments) in zip(configuration.targets, instruments) {
                let target = HTTPTarget(target, client: client, bodyBytesMax: configuration.bodyBytesMax)
                group.addTask { await self.repeatedly(target, instruments) }
            }
            await group.waitForAll()
        }
        // Not waited for: the client cannot give up a connect on its way, and the proxy is to end within seconds.
        // What is left ends with the event loops.
        client.shutdown(queue: .global()) { _ in }
    }

    private func repeatedly(_ target: HTTPTarget, _ instruments: PollInstruments.Target) async {
        let rhythm = ScrapeRhythm(of: target.configuration.name, interval: target.configuration.interval)
        await cancelWhenGracefulShutdown {
            var isFailing = false
            while !Task.isCancelled {
                await self.pollOnce(target, instruments, &isFailing)
                try? await Task.sleep(for: rhythm.delay(after: self.time()))
            }
        }
    }

    private func pollOnce(
        _ target: HTTPTarget, _ instruments: PollInstruments.Target, _ isFailing: inout Bool
    ) async {
        let name = target.configuration.name
        let origin = Snapshot.Origin(.poll, address(of: target.configuration), labels: target.configuration.labels)
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

    /// The source column of `/apps`, as the original fills it.
    private func address(of target: HTTPTarget.Configuration) -> String {
        Self.namePrefix + target.url.hostPort
    }
}
