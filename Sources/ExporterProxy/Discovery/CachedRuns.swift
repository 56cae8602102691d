/// What generators have answered, and when each is to run again: pure, time is handed in.
///
/// A file is read again when it is another; a program runs again when its list is older than `cache_time`, or its file
/// is another. What failed leaves the last good list standing.
package struct CachedRuns: Sendable {
    package struct Rules: Equatable, Sendable {
        /// `nil`: each request runs the program.
        package var cacheTime: Duration? = .seconds(60)
        package var exceptionTime: Duration?
        /// `nil`: a list never stands in for what fails.
        package var maxStale: Duration? = .seconds(3600)
        /// Of those with parameters: strangers can make up parameters, and no files.
        package var keysMax = 1000
        package var bytesMax = 256 * 1024 * 1024

        package init() {}
    }

    /// One generator with the parameters that it gets.
    package struct Key: Hashable, Sendable {
        /// The place of its tree: two trees may have a file of one name at one path.
        package var mount = 0
        /// Its path below `/targets/`.
        package var generator: String
        /// Empty for what gets none.
        package var parameters: [GeneratorParameter]
    }

    package struct Good: Sendable {
        package var list: ReadyList
        package var at: Moment
    }

    package struct Failure: Sendable {
        package var trouble: GeneratorTrouble
        package var at: Moment
    }

    package struct Entry: Sendable {
        package fileprivate(set) var generator: ListedGenerator
        /// Of the file that ran last.
        fileprivate var stamp: FileStamp?
        package fileprivate(set) var good: Good?
        /// Of the last run, if it failed.
        package fileprivate(set) var failure: Failure?
        package fileprivate(set) var isRunning = false
        package fileprivate(set) var seconds = 0.0
        package fileprivate(set) var askedAt: Moment
        fileprivate var interval: Duration?
        /// It has been asked for since it ran ahead of a request.
        fileprivate var isWanted = true

        /// When the last run ended; `nil` before there was one.
        package var ranAt: Moment? {
            guard let failure, let good else { return failure?.at ?? good?.at }
            return failure.at.monotonic > good.at.monotonic ? failure.at : good.at
        }
    }

    /// What stands for a generator at a moment.
    package enum Outcome: Sendable {
        case fresh(Good)
        /// The last good list, in place of what has failed.
        case stale(Good, GeneratorTrouble)
        case failed(GeneratorTrouble)
    }

    package enum Look: Sendable {
        case standing(Outcome)
        case running
        case due
    }

    package var rules: Rules
    private var entries: [Key: Entry] = [:]
    /// Of all good lists.
    package private(set) var bytes = 0
    private var parameterCount = 0
    /// Of those without parameters, in all trees.
    private static let filesMax = 20_000

    package init(_ rules: Rules) { self.rules = rules }

    package func entry(_ key: Key) -> Entry? { entries[key] }
    package var count: Int { entries.count }
    /// In no order.
    package var all: [(key: Key, entry: Entry)] { entries.map { ($0, $1) } }

    // MARK: Asking

    /// Notes that `generator` is asked for, and says whether it has to run for that.
    package mutating func ask(
        _ key: Key, _ generator: ListedGenerator, interval: Duration?, forces: Bool = false, at now: Moment
    ) -> Look {
        if entries[key] == nil, !key.parameters.isEmpty { parameterCount += 1 }
        var entry = entries[key] ?? Entry(generator: generator, askedAt: now)
        entry.generator = generator
        entry.askedAt = now
        entry.interval = interval ?? entry.interval
        entry.isWanted = true
        entries[key] = entry
        if entry.isRunning { return .running }
        if forces || !isCurrent(entry, at: now) { return .due }
        return .standing(outcome(entry, at: now))
    }

    /// Whether the last run still tells how things are.
    private func isCurrent(_ entry: Entry, at now: Moment) -> Bool {
        guard entry.stamp != .unknown, entry.stamp == entry.generator.file.stamp else { return false }
        guard entry.generator.file.kind.isProgram else { return true }
        if let failure = entry.failure { return isYounger(failure.at, than: rules.exceptionTime, at: now) }
        return entry.good.map { isYounger($0.at, than: rules.cacheTime, at: now) } ?? false
    }

    private func isYounger(_ moment: Moment, than age: Duration?, at now: Moment) -> Bool {
        age.map { now.elapsed(since: moment) < $0 } ?? false
    }

    /// What stands for `key` now; `nil` before its first run.
    package func outcome(_ key: Key, at now: Moment) -> Outcome? { entries[key].map { outcome($0, at: now) } }

    private func outcome(_ entry: Entry, at now: Moment) -> Outcome {
        guard let failure = entry.failure else {
            return entry.good.map { .fresh($0) } ?? .failed(.notRunYet)
        }
        if let good = entry.good, isYounger(good.at, than: rules.maxStale, at: now) {
            return .stale(good, failure.trouble)
        }
        return .failed(failure.trouble)
    }

    /// The last good list, while the generator is running again; `nil` where there is none to stand in.
    package func standIn(_ key: Key, at now: Moment) -> Good? {
        guard let good = entries[key]?.good else { return nil }
        return isYounger(good.at, than: rules.maxStale, at: now) ? good : nil
    }

    /// How long what stands for `key` needs not be looked at again, if its file stays.
    package func standsUntil(_ key: Key) -> Moment? {
        guard let entry = entries[key], entry.generator.file.kind.isProgram else { return nil }
        let (at, time) =
            entry.failure.map { ($0.at, rules.exceptionTime) } ?? entry.good.map { ($0.at, rules.cacheTime) }
            ?? (entry.askedAt, nil)
        return at.advanced(by: time ?? .zero)
    }

    // MARK: Running

    /// - Parameter isAhead: nobody has asked for this run: there is one such until somebody asks again.
    package mutating func begin(_ key: Key, isAhead: Bool = false) {
        entries[key]?.isRunning = true
        if isAhead { entries[key]?.isWanted = false }
    }

    /// `stamp` is of the file that ran, if it was found.
    package mutating func finish(
        _ key: Key, _ result: Result<ReadyList, GeneratorTrouble>, stamp: FileStamp?, seconds: Double,
        at now: Moment
    ) {
        guard var entry = entries[key] else { return }
        entry.isRunning = false
        entry.seconds = seconds
        entry.stamp = stamp
        switch result {
        case .success(let list):
            bytes += list.byteCount - (entry.good?.list.byteCount ?? 0)
            entry.good = Good(list: list, at: now)
            entry.failure = nil
        case .failure(let trouble):
            entry.failure = Failure(trouble: trouble, at: now)
        }
        entries[key] = entry
    }

    /// It will not run after all.
    package mutating func giveUp(_ key: Key) { entries[key]?.isRunning = false }

    /// Whether what ran last is not the file that there was when it was asked for last.
    package func isOutdated(_ key: Key) -> Bool {
        entries[key].map { $0.stamp != $0.generator.file.stamp } ?? false
    }

    /// Those that somebody will ask for soon and that would be too old by then.
    package func due(at now: Moment) -> [Key] {
        entries.compactMap { key, entry in
            guard let moment = refreshMoment(entry), now.monotonic >= moment.monotonic else { return nil }
            return key
        }
    }

    /// When to run ahead of the next request; `nil` where it need not be, or nobody asks any more.
    private func refreshMoment(_ entry: Entry) -> Moment? {
        guard let cacheTime = rules.cacheTime, let ranAt = entry.ranAt, entry.failure == nil, entry.isWanted,
            !entry.isRunning, entry.generator.file.kind.isProgram
        else { return nil }
        let end = ranAt.advanced(by: cacheTime)
        let lead = Duration.seconds(min(max(1, 2 * entry.seconds), cacheTime.seconds / 2))
        guard let interval = entry.interval else { return end.advanced(by: .zero - lead) }
        let next = entry.askedAt.advanced(by: interval)
        guard next.monotonic >= end.monotonic else { return nil }
        return next.advanced(by: .zero - min(lead, interval / 2))
    }

    // MARK: Room

    /// Forgets what has not been asked for longest; what has no parameters goes last.
    package mutating func makeRoom(keeping kept: Key) {
        guard isFull(0) else { return }
        let order = entries.filter { !$0.value.isRunning && $0.key != kept }.sorted {
            let (left, right) = ($0.key.parameters.isEmpty, $1.key.parameters.isEmpty)
            return left == right ? $0.value.askedAt.monotonic < $1.value.askedAt.monotonic : !left
        }
        for (key, _) in order {
            // A tenth below, so that it is not sorted at each run.
            guard isFull(key.parameters.isEmpty ? 0 : rules.keysMax / 10) else { return }
            let isFile = key.parameters.isEmpty
            let isTooMany =
                isFile ? entries.count - parameterCount > Self.filesMax : parameterCount > rules.keysMax * 9 / 10
            if isTooMany || bytes > rules.bytesMax { remove(key) }
        }
    }

    private func isFull(_ slack: Int) -> Bool {
        parameterCount > rules.keysMax - slack || entries.count - parameterCount > Self.filesMax
            || bytes > rules.bytesMax
    }

    private mutating func remove(_ key: Key) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        if !key.parameters.isEmpty { parameterCount -= 1 }
        bytes -= entry.good?.list.byteCount ?? 0
    }
}
