import Logging
import NIOPosix
import ServiceLifecycle
import UnixSignals

/// Reads the configuration again on SIGHUP or a request of the window, and has it take effect.
///
/// One reload at a time. A configuration that is wrong, or needs a port that cannot be had, changes nothing.
struct Reload: Service {
    let started: ConfigurationFile
    let rooms: Rooms
    let requests: ReloadRequests
    let signals: UnixSignalsSequence
    let instruments: ReloadInstruments
    let logger: Logger
    let time: TimeSource

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { for await _ in signals { requests.add() } }
                group.addTask { await answerAll() }
            }
        }
        requests.end()
    }

    private func answerAll() async {
        var holds = started.configuration
        for await _ in requests.calls {
            let waiting = requests.takeAll()
            let outcome = await reload(&holds)
            for promise in waiting { promise.succeed(outcome) }
        }
    }

    private typealias Attempt = Result<(file: ConfigurationFile, change: Rooms.Change), ConfigurationFailure>

    private func reload(_ holds: inout RootConfiguration) async -> ReloadOutcome {
        switch await onAThread({ attempt() }) {
        case nil: return .isStopping
        case .failure(let failure): return refused(failure.lines)
        case .success(let (file, change)):
            await rooms.apply(change, over: holds)
            defer { holds = file.configuration }
            return succeeded(file, over: holds)
        }
    }

    /// Blocks.
    private func attempt() -> Attempt {
        do throws(ConfigurationFailure) {
            let file = try started.reloaded()
            do {
                return .success((file, try rooms.prepare(file.configuration)))
            } catch {
                return .failure(ConfigurationFailure(lines: ["\(error)"]))
            }
        } catch {
            return .failure(error)
        }
    }

    /// `nil` where the task is cancelled first: a name that cannot be looked up must not hold up the end.
    private func onAThread<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T? {
        let (results, result) = AsyncStream.makeStream(of: T.self)
        NIOThreadPool.singleton.submit { _ in
            result.yield(body())
            result.finish()
        }
        for await value in results { return value }
        return nil
    }

    private func refused(_ problems: [String]) -> ReloadOutcome {
        instruments.failure()
        logger.error(
            "configuration not reloaded, the old one holds",
            metadata: ["problems": "\(problems.joined(separator: "; "))"])
        return .failed(problems)
    }

    private func succeeded(_ file: ConfigurationFile, over old: RootConfiguration) -> ReloadOutcome {
        instruments.success(at: time())
        let changed = file.configuration.changedSections(since: old)
        logger.info(
            "configuration reloaded",
            metadata: [
                "config": "\(file.path ?? "none, defaults hold")",
                "changed": "\(changed.isEmpty ? "nothing" : changed.joined(separator: ","))",
            ])
        file.configuration.poll.warnOfSilencedTargets(logger)
        file.configuration.exposition.warnOfRawSources(logger)
        let keys = file.configuration.keysThatNeedARestart(since: started.configuration)
        if !keys.isEmpty { logger.warning("needs a restart", metadata: ["keys": "\(keys.joined(separator: ","))"]) }
        return .done(needRestart: keys)
    }
}

extension ExpositionRules {
    func warnOfRawSources(_ logger: Logger) {
        let raw = exceptions.filter { $0.rules.onInvalid == .raw }.map(\.pattern.text)
        let names = standard.onInvalid == .raw ? ["*"] : raw
        guard !names.isEmpty else { return }
        logger.warning(
            "sources are served raw, one bad line of theirs costs the whole scrape",
            metadata: ["sources": "\(names.joined(separator: ", "))"])
    }
}

extension Poller.Configuration {
    func warnOfSilencedTargets(_ logger: Logger) {
        guard silencedTargets > 0 else { return }
        logger.warning(
            "poll targets are configured, but poll_external.poll_other_scrape_endpoints is false",
            metadata: ["targets": "\(silencedTargets)"])
    }
}
