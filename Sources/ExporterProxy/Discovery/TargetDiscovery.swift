import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Serves the lists of generators: owns the trees, their interpreters, and all runs.
package final class TargetDiscovery: Service {
    /// What holds from one reload to the next that changes the trees.
    private struct Engine: Sendable {
        var configuration: DiscoveryConfiguration
        var runner: GeneratorRunner
        var mounts: TargetMounts
        var cache: GeneratorCache
        /// Ends the interpreters.
        var end: Bell
    }

    private typealias Work = @Sendable () async -> Void

    private let engine: Mutex<Engine>
    // Held for as long as it takes to compare a few tags, or to join a list.
    private let kept = Mutex(KeptTargets())
    private let shelf = TargetShelf()
    private let waiting = Atomic<Int>(0)
    private let unreadable = Atomic<Bool>(false)
    private let scrapeConfigsRunning = Atomic<Int>(0)
    private let work: AsyncStream<Work>
    private let add: AsyncStream<Work>.Continuation
    private let instruments: DiscoveryInstruments
    private let parts: Parts
    private let tell: @Sendable (GeneratorCache.Job, GeneratorRunner.Run) -> Void
    private var time: TimeSource { parts.time }

    package struct Parts: Sendable {
        var registry: InstrumentRegistry
        /// For files and what takes long.
        var threads: NIOThreadPool
        /// For judging lists, which takes long where they are large.
        var judges: NIOThreadPool
        /// Requests that wait at a time.
        var waitingMax: Int
        /// Told of each run that fails.
        var failed: @Sendable (ListedGenerator, GeneratorTrouble) -> Void
        var logger: Logger
        var time: TimeSource

        package init(
            registry: InstrumentRegistry, threads: NIOThreadPool, judges: NIOThreadPool, waitingMax: Int,
            failed: @escaping @Sendable (ListedGenerator, GeneratorTrouble) -> Void = { _, _ in }, logger: Logger,
            time: @escaping TimeSource
        ) {
            self.registry = registry
            self.threads = threads
            self.judges = judges
            self.waitingMax = waitingMax
            self.failed = failed
            self.logger = logger
            self.time = time
        }
    }

    package init(_ configuration: DiscoveryConfiguration, parts: Parts) {
        self.parts = parts
        let instruments = DiscoveryInstruments(registry: parts.registry)
        self.instruments = instruments
        let failures = GeneratorFailureLog(logger: parts.logger)
        tell = { job, run in
            // What we have ended ourselves says nothing of the generator.
            if case .failure(let trouble) = run.result, trouble.reason == GeneratorFailure.Reason.stopped.rawValue {
                return
            }
            instruments.count(run, of: job.key)
            failures.note(job.key, run.result)
            if case .failure(let trouble) = run.result { parts.failed(job.generator, trouble) }
        }
        (work, add) = AsyncStream.makeStream()
        engine = Mutex(Self.engine(configuration, parts: parts, add: add, tell: tell))
    }

    private static func engine(
        _ configuration: DiscoveryConfiguration, parts: Parts, add: AsyncStream<Work>.Continuation,
        tell: @escaping @Sendable (GeneratorCache.Job, GeneratorRunner.Run) -> Void
    ) -> Engine {
        let mounts = TargetMounts(configuration.trees)
        let interpreters = configuration.trees.map { tree in
            PythonInterpreter(program: tree.python, root: tree.root, logger: parts.logger)
        }
        let end = Bell()
        for interpreter in interpreters {
            add.yield { await end.cancels { await interpreter.run() } }
        }
        let runner = GeneratorRunner(
            mounts, interpreters: interpreters, limits: configuration.limits, threads: parts.threads,
            judges: parts.judges, time: parts.time)
        let time = parts.time
        let cache = GeneratorCache(configuration.rules, configuration.bounds) { job, cache in
            add.yield {
                let run = await runner.run(job.generator, job.key.parameters)
                tell(job, run)
                await cache.finish(job, run, at: time())
            }
        }
        return Engine(configuration: configuration, runner: runner, mounts: mounts, cache: cache, end: end)
    }

    /// Blocks nobody; lists stay as they are unless the trees change, or how programs run.
    package func apply(_ configuration: DiscoveryConfiguration) async {
        let old = current
        guard configuration != old.configuration else { return }
        if configuration.trees == old.configuration.trees, configuration.limits == old.configuration.limits {
            engine.withLock { $0.configuration = configuration }
            await old.cache.update(configuration.rules, configuration.bounds)
        } else {
            let new = Self.engine(configuration, parts: parts, add: add, tell: tell)
            engine.withLock { $0 = new }
            kept.withLock { $0 = KeptTargets() }
            old.end.ring()
            await old.cache.stop()
            await warnOfTrees()
        }
        shelf.clear()
    }

    // MARK: Running

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.tick() }
                group.addTask { await self.warnOfTrees() }
                for await work in self.work { group.addTask { await work() } }
                // What waits must not wait for what is not begun any more.
                await self.current.cache.stop()
            }
        }
    }

    private var current: Engine { engine.withLock { $0 } }

    private func tick() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            await current.cache.tick(at: time())
        }
    }

    /// Says what of the trees is not served: who looks for it finds it in the log.
    private func warnOfTrees() async {
        let engine = current
        guard !engine.mounts.mounts.isEmpty else { return }
        switch await engine.runner.listing(of: TreePath()) {
        case .failure(let error): notice(error)
        case .success(let listing):
            for file in listing.ignored.prefix(Self.ignoredMax) {
                parts.logger.notice(
                    "not served as targets", metadata: ["path": "\(file.path)", "reason": "\(file.reason)"])
            }
        }
    }

    /// In the log; the page has more.
    private static let ignoredMax = 20

    // MARK: Answers

    /// What stands for this path, given at once; `nil` where it has to be looked for.
    func ready(_ path: String) -> TargetShelf.Ready? { shelf.look(for: path, at: time()) }

    /// `path` is that of the request as it came, where the same will be answered to all who ask for it.
    func answer(
        _ query: TargetsQuery, standingAt path: String?, on loop: any EventLoop
    ) -> EventLoopFuture<TargetsAnswer> {
        later(on: loop, else: .busy) { [self] in await answer(query, standingAt: path) }
    }

    /// All that is served, and how it does.
    package func overview(on loop: any EventLoop) -> EventLoopFuture<TargetsOverview> {
        let busy = TargetsOverview(.failure(.unreadable("too many requests for it wait already")), [:], now: time())
        return later(on: loop, else: busy) { [self] in
            let engine = current
            let listing =
                engine.mounts.mounts.isEmpty ? .success(.init()) : await engine.runner.listing(of: TreePath())
            return TargetsOverview(listing, await engine.cache.entries(), now: time())
        }
    }

    /// - Parameter other: the answer where too many wait, or the proxy ends.
    private func later<Value: Sendable>(
        on loop: any EventLoop, else other: Value, _ make: @escaping @Sendable () async -> Value
    ) -> EventLoopFuture<Value> {
        let owed = OwedAnswer(other, loop)
        guard waiting.add(1, ordering: .relaxed).newValue <= parts.waitingMax else {
            waiting.subtract(1, ordering: .relaxed)
            return owed.future
        }
        add.yield { [self] in
            owed.give(await make())
            waiting.subtract(1, ordering: .relaxed)
        }
        return owed.future
    }

    private func answer(
        _ query: TargetsQuery, standingAt path: String?, isRetry: Bool = false
    ) async -> TargetsAnswer {
        let (engine, began) = (current, time())
        guard !engine.mounts.mounts.isEmpty else { return .notConfigured }
        switch await engine.runner.listing(of: query.key.path) {
        case .failure(let error): return lastGood(query, engine, error)
        case .success(let listing):
            var query = query
            if !listing.hasParameters { query.key.parameters = [] }
            notice(nil)
            let answers = await engine.cache.answers(of: listing.generators, query, time: time)
            instruments.count(answers)
            let takesParameters = listing.hasParameters
            if query.isAboutRuns {
                return .runs(answers, roots: engine.configuration.trees.map(\.root))
            }
            let answer = merge(answers, query, engine, began, takesParameters: takesParameters)
            if case .failed = answer, isRetry == false, current.cache !== engine.cache {
                // The trees have changed meanwhile, and those of before have ended.
                return await self.answer(query, standingAt: path, isRetry: true)
            }
            count(answer, query.key.path.text, began)
            stand(answer, answers, at: query.key.parameters.isEmpty && !query.reloads ? path : nil, query, began)
            return answer
        }
    }

    /// All lists, or none.
    private func merge(
        _ answers: [GeneratorCache.Answer], _ query: TargetsQuery, _ engine: Engine, _ began: Moment,
        takesParameters: Bool
    ) -> TargetsAnswer {
        let served = answers.compactMap(\.served)
        guard served.count == answers.count else { return .failed(answers) }
        let now = time()
        let oldest = served.compactMap(\.staleSince).min { $0.monotonic < $1.monotonic }
        let targets = kept.withLock {
            $0.merge(
                served.map(\.list), for: query.key, at: oldest ?? began, now: now, rules: engine.configuration.rules,
                takesParameters: takesParameters)
        }
        return .list(targets, age: oldest.map { now.elapsed(since: $0) })
    }

    /// A path that was there and is gone: what it said last, for some time.
    private func lastGood(_ query: TargetsQuery, _ engine: Engine, _ error: TreeError) -> TargetsAnswer {
        let now = time()
        let name = query.key.path.text
        if case .refused(let reason) = error { return .refused(reason) }
        if case .notFound = error {} else { notice(error) }
        let last = kept.withLock { $0.last(query.key, now: now, maxStale: engine.configuration.rules.maxStale) }
        if let last {
            instruments.path(name)?.stale.increment()
            return .list(last.targets, age: now.elapsed(since: last.at))
        }
        if case .notFound = error { return .notFound(name) }
        (name.isEmpty ? instruments.path(name) : instruments.known(name))?.failure.increment()
        return .unreadable("the tree of targets cannot be read: \(error)")
    }

    /// Says once that the trees cannot be read, until they can.
    private func notice(_ error: TreeError?) {
        let before = unreadable.exchange(error != nil, ordering: .relaxed)
        if let error, !before {
            parts.logger.warning("the tree of targets cannot be read", metadata: ["error": "\(error)"])
        }
    }

    private func count(_ answer: TargetsAnswer, _ name: String, _ began: Moment) {
        guard let path = instruments.path(name) else { return instruments.countUnnamed() }
        path.duration.observe(time().elapsed(since: began).seconds)
        switch answer {
        case .list(let targets, age: nil):
            path.success.increment()
            path.targets.set(targets.targetCount)
        case .list: path.stale.increment()
        default: path.failure.increment()
        }
    }

    /// For a moment what is fresh needs no look at anything.
    private func stand(
        _ answer: TargetsAnswer, _ answers: [GeneratorCache.Answer], at path: String?, _ query: TargetsQuery,
        _ began: Moment
    ) {
        guard let path, case .list(let targets, age: nil) = answer else { return }
        let ends = answers.compactMap { $0.standsUntil?.monotonic }
        let until = min(began.advanced(by: TargetShelf.time).monotonic, ends.min() ?? .max)
        shelf.put(.init(targets: targets, until: until, path: instruments.path(query.key.path.text)), for: path)
    }
}

// MARK: - Scrape configurations

extension TargetDiscovery {
    /// What `<path>.py` returns, as it is and anew each time.
    func scrapeConfigs(
        _ rest: String, _ request: HTTPRequest, on loop: any EventLoop
    ) -> EventLoopFuture<HTTPResponse> {
        let busy = TargetsAnswer.busy.response(to: request)
        return later(on: loop, else: busy) { [self] in await scrapeConfigs(rest, request) }
    }

    private func scrapeConfigs(_ rest: String, _ request: HTTPRequest) async -> HTTPResponse {
        let engine = current
        guard engine.configuration.servesScrapeConfigs else {
            return TargetsAnswer.refusal(.notFound, "404 switched off: discovery.scrape_configs = false")
        }
        do throws(TreeError) {
            let path = try TreePath(encoded: rest + ".py")
            let found = await engine.runner.listing(of: path)
            guard let generator = try found.get().generators.first else { throw .notFound(path.text) }
            let query = TargetsQuery(request, path: path)
            defer { scrapeConfigsRunning.subtract(1, ordering: .relaxed) }
            guard scrapeConfigsRunning.add(1, ordering: .relaxed).newValue <= engine.configuration.runsMax else {
                return TargetsAnswer.busy.response(to: request)
            }
            switch await engine.runner.value(of: generator, query.key.parameters) {
            case .success(let output):
                return HTTPResponse(
                    .ok, headers: [("Content-Type", TargetsAnswer.type)], body: [ByteBuffer(bytes: output.bytes)])
            case .failure(let trouble):
                return TargetsAnswer.refusal(.internalServerError, "500 \(generator.name): \(trouble.text)")
            }
        } catch {
            if case .notFound = error { return TargetsAnswer.notFound(rest).response(to: request) }
            return TargetsAnswer.refused(error.description).response(to: request)
        }
    }
}
