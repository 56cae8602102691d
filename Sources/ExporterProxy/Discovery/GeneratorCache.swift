/// Lists of targets, from generators that run when they have to: it owns the runs in flight and the last good lists.
///
/// One run at a time for each generator and its parameters: who asks meanwhile waits for it. All times come from the
/// caller, all work goes to ``GeneratorRunner`` by way of jobs, which the service's tasks take.
package actor GeneratorCache {
    /// A run to be done; then ``finish(_:_:at:)`` is to be called.
    package struct Job: Sendable {
        package var key: CachedRuns.Key
        package var generator: ListedGenerator
    }

    private struct Waiter {
        /// The last good list will do from then on.
        var patience: Moment?
        var continuation: CheckedContinuation<Void, Never>
    }

    /// Runs of one generator at a time, each with other parameters: a slow one must not take all the places.
    private static let runsOfOneMax = 4

    private var runs: CachedRuns
    private var runsMax: Int
    private let begin: @Sendable (Job, GeneratorCache) -> Void
    private var waiters: [CachedRuns.Key: [Waiter]] = [:]
    private var queue: [Job] = []
    private var running: [String: Int] = [:]
    private var runningCount = 0
    private var hasStopped = false

    /// - Parameter begin: has the job done; must not wait.
    package init(_ rules: CachedRuns.Rules, runsMax: Int, begin: @escaping @Sendable (Job, GeneratorCache) -> Void) {
        runs = CachedRuns(rules)
        self.runsMax = runsMax
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
        let asked = generators.map { generator in
            let parameters = generator.file.kind == .python ? query.key.parameters : []
            let key = CachedRuns.Key(generator: generator.name, parameters: parameters)
            return (key: key, generator: generator, standing: ask(key, generator, query, at: now))
        }
        var answers: [Answer] = []
        for (key, generator, standing) in asked {
            if let standing {
                answers.append(answer(key, generator, standing, isHit: true))
            } else {
                if !hasStopped, runs.entry(key)?.isRunning == true { await wait(for: key, query, at: now) }
                answers.append(answer(key, generator, outcome(key, at: time()), isHit: false))
            }
        }
        return answers
    }

    /// What stands; `nil` where it runs, by now.
    private func ask(
        _ key: CachedRuns.Key, _ generator: ListedGenerator, _ query: TargetsQuery, at now: Moment
    ) -> CachedRuns.Outcome? {
        guard !hasStopped, queue.count < runs.rules.keysMax else { return .failed(.tooMany) }
        switch runs.ask(key, generator, interval: query.interval, forces: query.reloads, at: now) {
        case .standing(let outcome): return outcome
        case .running: return nil
        case .due:
            enqueue(Job(key: key, generator: generator), isAhead: false)
            return nil
        }
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

    /// Who asks again every so often would give up by then: from a part of that on, the last good list does.
    private static let partOfInterval = 0.6

    private func wait(for key: CachedRuns.Key, _ query: TargetsQuery, at now: Moment) async {
        let patience = query.interval.flatMap { interval in
            runs.standIn(key, at: now).map { _ in now.advanced(by: interval * Self.partOfInterval) }
        }
        await withCheckedContinuation { continuation in
            waiters[key, default: []].append(Waiter(patience: patience, continuation: continuation))
        }
    }

    /// To be called once a second or so: lets go who has waited enough, and runs ahead what will be asked for soon.
    package func tick(at now: Moment) {
        for (key, list) in waiters {
            let isDone = { (waiter: Waiter) in waiter.patience.map { now.monotonic >= $0.monotonic } ?? false }
            guard list.contains(where: isDone) else { continue }
            let rest = list.filter { !isDone($0) }
            waiters[key] = rest.isEmpty ? nil : rest
            for waiter in list where isDone(waiter) { waiter.continuation.resume() }
        }
        for key in runs.due(at: now) {
            guard let generator = runs.entry(key)?.generator else { continue }
            enqueue(Job(key: key, generator: generator), isAhead: true)
        }
    }

    // MARK: Running

    private func enqueue(_ job: Job, isAhead: Bool) {
        runs.begin(job.key, isAhead: isAhead)
        queue.append(job)
        startWhatCan()
    }

    private func startWhatCan() {
        while !hasStopped, let place = queue.firstIndex(where: canStart) {
            let job = queue.remove(at: place)
            if job.generator.file.kind.isProgram {
                running[job.generator.name, default: 0] += 1
                runningCount += 1
            }
            begin(job, self)
        }
    }

    private func canStart(_ job: Job) -> Bool {
        guard job.generator.file.kind.isProgram else { return true }
        return runningCount < runsMax && running[job.generator.name, default: 0] < Self.runsOfOneMax
    }

    package func finish(_ job: Job, _ run: GeneratorRunner.Run, at now: Moment) {
        runs.finish(job.key, run.result, stamp: run.stamp, seconds: run.seconds, at: now)
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

    package func update(_ rules: CachedRuns.Rules, runsMax: Int) {
        runs.rules = rules
        self.runsMax = runsMax
        startWhatCan()
    }

    /// What ran without parameters, by generator.
    package func entries() -> [String: CachedRuns.Entry] {
        Dictionary(runs.all.filter { $0.key.parameters.isEmpty }.map { ($0.key.generator, $0.entry) }) { $1 }
    }

    var waiterCount: Int { waiters.values.reduce(0) { $0 + $1.count } }

    package var keyCount: Int { runs.count }
    package var byteCount: Int { runs.bytes }
}

extension GeneratorTrouble {
    fileprivate static let tooMany = GeneratorTrouble(reason: "busy", text: "too many generators wait to be run")
    fileprivate static let stillRunning = GeneratorTrouble(reason: "running", text: "it is still running")
}
