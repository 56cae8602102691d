/// Lists of targets, from generators that run when they have to: it owns the runs in flight and the last good lists.
///
/// One run at a time for each generator and its parameters: who asks meanwhile waits for it. All times come from the
/// caller, all work goes to ``GeneratorRunner`` by way of jobs, which the service's tasks take.
package actor GeneratorCache {
    /// A run to be done; then ``finish(_:_:at:)`` is to be called.
    package struct Job: Sendable {
        package var key: CachedRuns.Key
        package var generator: ListedGenerator
        /// Nobody has asked for it yet.
        package var isAhead = false
    }

    private struct Waiter {
        /// From then on it has waited enough.
        var patience: Moment
        var continuation: CheckedContinuation<Void, Never>
    }

    /// What one cache may have run, and how long somebody waits for it.
    package struct Bounds: Equatable, Sendable {
        package var runsMax: Int
        /// Somewhat more than a run may take.
        package var patience: Duration

        package init(runsMax: Int, patience: Duration) {
            self.runsMax = runsMax
            self.patience = patience
        }
    }

    /// Runs of one generator at a time, each with other parameters: a slow one must not take all the places.
    private static let runsOfOneMax = 4
    /// Runs of one generator with parameters that wait for a place, and requests that wait for those.
    private static let queuedOfOneMax = 16
    private static let waitersOfOneMax = 64

    private var runs: CachedRuns
    private var bounds: Bounds
    private let begin: @Sendable (Job, GeneratorCache) -> Void
    private var waiters: [CachedRuns.Key: [Waiter]] = [:]
    /// Who wants to know what comes of a run, whether he waits for it already or for another one first.
    private var collectors: [CachedRuns.Key: [Int]] = [:]
    /// What came of it, by request: it may be forgotten when the request comes to look.
    private var collected: [Int: [CachedRuns.Key: CachedRuns.Outcome]] = [:]
    private var requestCount = 0
    private var queue: [Job] = []
    private var running: [String: Int] = [:]
    private var runningCount = 0
    private var hasStopped = false

    /// - Parameter begin: has the job done; must not wait.
    package init(
        _ rules: CachedRuns.Rules, _ bounds: Bounds, begin: @escaping @Sendable (Job, GeneratorCache) -> Void
    ) {
        runs = CachedRuns(rules)
        self.bounds = bounds
        self.begin = begin
    }

    /// What a generator has for somebody who asks.
    package struct Answer: Sendable {
        package var generator: ListedGenerator
        package var outcome: CachedRuns.Outcome
        package var seconds: Double
        package var ranAt: Moment?
        /// Until then it needs not be asked again, if its file stays; `nil`: as long as that.
        package var standsUntil: Moment?
        /// It was there already.
        package var isHit: Bool
    }

    /// One answer for each of `generators`; those that have to run do so side by side.
    package func answers(
        of generators: [ListedGenerator], _ query: TargetsQuery, time: TimeSource
    ) async -> [Answer] {
        let now = time()
        requestCount += 1
        let request = requestCount
        defer { collected[request] = nil }
        let asked = generators.map { generator in
            let parameters = generator.file.kind == .python ? query.key.parameters : []
            let key = CachedRuns.Key(mount: generator.mount, generator: generator.name, parameters: parameters)
            return (key: key, generator: generator, asked: ask(key, generator, query, request, at: now))
        }
        var answers: [Answer] = []
        for (key, generator, asked) in asked {
            switch asked {
            case .standing(let outcome): answers.append(answer(key, generator, outcome, isHit: true))
            case .running(let hasBegunBefore):
                var outcome = await waitedFor(key, query, request, since: now, time)
                // A run that had begun before may not know what is asked for.
                if hasBegunBefore, query.reloads || runs.isOutdated(key) {
                    collected[request]?[key] = nil
                    switch ask(key, generator, query, request, at: time()) {
                    case .standing(let other): outcome = other
                    case .running: outcome = await waitedFor(key, query, request, since: now, time)
                    }
                }
                leave(key, request)
                answers.append(answer(key, generator, outcome, isHit: false))
            }
        }
        return answers
    }

    private func waitedFor(
        _ key: CachedRuns.Key, _ query: TargetsQuery, _ request: Int, since now: Moment, _ time: TimeSource
    ) async -> CachedRuns.Outcome {
        await wait(for: key, query, since: now, time)
        return collected[request]?[key] ?? outcome(key, at: time())
    }

    private enum Asked {
        case standing(CachedRuns.Outcome)
        case running(hasBegunBefore: Bool)
    }

    private func ask(
        _ key: CachedRuns.Key, _ generator: ListedGenerator, _ query: TargetsQuery, _ request: Int, at now: Moment
    ) -> Asked {
        guard !hasStopped else { return .standing(.failed(.ending)) }
        let look = runs.ask(key, generator, interval: query.interval, forces: query.reloads, at: now)
        if case .standing(let outcome) = look { return .standing(outcome) }
        guard hasRoom(for: key, generator, look) else {
            runs.makeRoom(keeping: key)
            return .standing(runs.standIn(key, at: now).map { .stale($0, .tooMany) } ?? .failed(.tooMany))
        }
        collectors[key, default: []].append(request)
        if case .running = look { return .running(hasBegunBefore: true) }
        enqueue(Job(key: key, generator: generator))
        return .running(hasBegunBefore: false)
    }

    /// Only who makes up parameters can want more than there is room for.
    private func hasRoom(for key: CachedRuns.Key, _ generator: ListedGenerator, _ look: CachedRuns.Look) -> Bool {
        guard generator.file.kind.isProgram, !key.parameters.isEmpty else { return true }
        let isRival = { (other: CachedRuns.Key) in
            other.generator == key.generator && other.mount == key.mount && !other.parameters.isEmpty
        }
        let waiting = collectors.reduce(0) { $0 + (isRival($1.key) ? $1.value.count : 0) }
        guard waiting < Self.waitersOfOneMax else { return false }
        guard case .due = look else { return true }
        return queue.count { isRival($0.key) } < Self.queuedOfOneMax
    }

    private func leave(_ key: CachedRuns.Key, _ request: Int) {
        let rest = collectors[key]?.filter { $0 != request } ?? []
        collectors[key] = rest.isEmpty ? nil : rest
    }

    private func outcome(_ key: CachedRuns.Key, at now: Moment) -> CachedRuns.Outcome {
        guard runs.entry(key)?.isRunning == true else { return runs.outcome(key, at: now) ?? .failed(.notRunYet) }
        // It still runs, and the last good list has to do.
        return runs.standIn(key, at: now).map { .stale($0, .stillRunning) } ?? .failed(.stillRunning)
    }

    private func answer(
        _ key: CachedRuns.Key, _ generator: ListedGenerator, _ outcome: CachedRuns.Outcome, isHit: Bool
    ) -> Answer {
        let entry = runs.entry(key)
        return Answer(
            generator: generator, outcome: outcome, seconds: entry?.seconds ?? 0, ranAt: entry?.ranAt,
            standsUntil: runs.standsUntil(key), isHit: isHit)
    }

    // MARK: Waiting

    /// Who asks again every so often gives up by then: before that, the last good list does, or an answer that says why
    /// there is none.
    private static let partsOfInterval = (withList: 0.6, without: 0.9)

    private func patience(_ key: CachedRuns.Key, _ query: TargetsQuery, since now: Moment) -> Moment {
        let end = now.advanced(by: bounds.patience)
        guard let interval = query.interval else { return end }
        let hasList = runs.standIn(key, at: now) != nil
        let part = hasList ? Self.partsOfInterval.withList : Self.partsOfInterval.without
        let own = now.advanced(by: interval * part)
        return own.monotonic < end.monotonic ? own : end
    }

    private func wait(
        for key: CachedRuns.Key, _ query: TargetsQuery, since now: Moment, _ time: TimeSource
    ) async {
        let patience = patience(key, query, since: now)
        guard !hasStopped, runs.entry(key)?.isRunning == true, time().monotonic < patience.monotonic else { return }
        await withCheckedContinuation { continuation in
            waiters[key, default: []].append(Waiter(patience: patience, continuation: continuation))
        }
    }

    /// To be called once a second or so: lets go who has waited enough, forgets what nobody waits for, and runs ahead
    /// what will be asked for soon.
    package func tick(at now: Moment) {
        for (key, list) in waiters {
            let isDone = { (waiter: Waiter) in now.monotonic >= waiter.patience.monotonic }
            guard list.contains(where: isDone) else { continue }
            let rest = list.filter { !isDone($0) }
            waiters[key] = rest.isEmpty ? nil : rest
            for waiter in list where isDone(waiter) { waiter.continuation.resume() }
        }
        let unwanted = queue.filter { !$0.isAhead && collectors[$0.key] == nil }.map(\.key)
        queue.removeAll { unwanted.contains($0.key) }
        for key in unwanted { runs.giveUp(key) }
        for key in runs.due(at: now) {
            guard let generator = runs.entry(key)?.generator else { continue }
            enqueue(Job(key: key, generator: generator, isAhead: true))
        }
    }

    // MARK: Running

    private func enqueue(_ job: Job) {
        runs.begin(job.key, isAhead: job.isAhead)
        queue.append(job)
        startWhatCan()
    }

    private func startWhatCan() {
        while !hasStopped, let place = next {
            let job = queue.remove(at: place)
            if job.generator.file.kind.isProgram {
                running[job.generator.name, default: 0] += 1
                runningCount += 1
            }
            begin(job, self)
        }
    }

    /// Strangers can make up parameters: what has none goes first.
    private var next: Int? {
        queue.firstIndex { $0.key.parameters.isEmpty && canStart($0) } ?? queue.firstIndex(where: canStart)
    }

    private func canStart(_ job: Job) -> Bool {
        guard job.generator.file.kind.isProgram else { return true }
        return runningCount < bounds.runsMax && running[job.generator.name, default: 0] < Self.runsOfOneMax
    }

    package func finish(_ job: Job, _ run: GeneratorRunner.Run, at now: Moment) {
        runs.finish(job.key, run.result, stamp: run.stamp, seconds: run.seconds, at: now)
        let outcome = runs.outcome(job.key, at: now)
        for request in collectors[job.key] ?? [] { collected[request, default: [:]][job.key] = outcome }
        runs.makeRoom(keeping: job.key)
        if job.generator.file.kind.isProgram {
            runningCount -= 1
            let left = running[job.generator.name, default: 1] - 1
            running[job.generator.name] = left > 0 ? left : nil
        }
        for waiter in waiters.removeValue(forKey: job.key) ?? [] { waiter.continuation.resume() }
        startWhatCan()
    }

    /// Nothing begins any more, and nobody waits.
    package func stop() {
        hasStopped = true
        queue = []
        let all = waiters.values.joined()
        waiters = [:]
        for waiter in all { waiter.continuation.resume() }
    }

    // MARK: Looking

    package func update(_ rules: CachedRuns.Rules, _ bounds: Bounds) {
        runs.rules = rules
        self.bounds = bounds
        startWhatCan()
    }

    /// What is known of each generator, by name: of several sets of parameters the one that fails, or ran last.
    package func entries() -> [String: CachedRuns.Entry] {
        Dictionary(runs.all.map { ($0.key.generator, $0.entry) }) { $1.isWorse(than: $0) ? $1 : $0 }
    }

    var waiterCount: Int { waiters.values.reduce(0) { $0 + $1.count } }

    package var keyCount: Int { runs.count }
    package var byteCount: Int { runs.bytes }
}

extension GeneratorTrouble {
    fileprivate static let ending = GeneratorTrouble(
        reason: "stopped", text: "the proxy is ending, or its trees change")
    fileprivate static let tooMany = GeneratorTrouble(reason: "busy", text: "too many generators wait to be run")
    fileprivate static let stillRunning = GeneratorTrouble(reason: "running", text: "it is still running")
}

extension CachedRuns.Entry {
    fileprivate func isWorse(than other: CachedRuns.Entry) -> Bool {
        if (failure == nil) != (other.failure == nil) { return failure != nil }
        return (ranAt?.monotonic ?? 0) > (other.ranAt?.monotonic ?? 0)
    }
}
