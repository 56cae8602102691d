import NIOCore
import Testing

@testable import ExporterProxy

/// When generators run, and what stands for them: by plain calls, with time by hand.
struct CachedRunsTests {
    private static let start = Moment(wall: Timestamp(nanoseconds: 1_800_000_000_000_000_000), monotonic: 1_000_000_000)

    private static func after(_ seconds: Double) -> Moment { start.advanced(by: .milliseconds(Int(seconds * 1000))) }

    private static func generator(
        _ name: String, _ kind: GeneratorFile.Kind = .python, version: Int64 = 1
    ) -> ListedGenerator {
        let stamp = FileStamp(
            device: 1, inode: 1, size: 1, modified: version, changed: version, mode: 0o100644)
        return ListedGenerator(mount: 0, file: GeneratorFile(path: name, kind: kind, stamp: stamp), name: name)
    }

    private static func list(_ target: String) -> ReadyList {
        ReadyList(TargetList(groups: [TargetGroup(targets: [target], labels: [])]))
    }

    private static let trouble = GeneratorTrouble(reason: "exception", text: "it failed")

    /// One generator, asked and run as a test says.
    private struct Bench {
        var runs: CachedRuns
        var generator = CachedRunsTests.generator("a.py")
        let key = CachedRuns.Key(generator: "a.py", parameters: [])

        init(_ change: (inout CachedRuns.Rules) -> Void = { _ in }) {
            var rules = CachedRuns.Rules()
            change(&rules)
            runs = CachedRuns(rules)
        }

        mutating func ask(at seconds: Double, every interval: Double? = nil, forces: Bool = false) -> String {
            let look = runs.ask(
                key, generator, interval: interval.map { .milliseconds(Int($0 * 1000)) }, forces: forces,
                at: CachedRunsTests.after(seconds))
            return switch look {
            case .due: "due"
            case .running: "running"
            case .standing(let outcome): CachedRunsTests.shown(outcome)
            }
        }

        /// A run that ends at once, with this target or in failure.
        mutating func run(_ target: String?, at seconds: Double, isAhead: Bool = false, took: Double = 0) {
            runs.begin(key, isAhead: isAhead)
            let result = target.map { Result<ReadyList, GeneratorTrouble>.success(CachedRunsTests.list($0)) }
            let now = CachedRunsTests.after(seconds)
            runs.finish(
                key, result ?? .failure(CachedRunsTests.trouble), stamp: generator.file.stamp,
                seconds: took, at: now)
        }

        func outcome(at seconds: Double) -> String {
            runs.outcome(key, at: CachedRunsTests.after(seconds)).map(CachedRunsTests.shown) ?? "none"
        }

        func isDueAhead(at seconds: Double) -> Bool { runs.due(at: CachedRunsTests.after(seconds)) == [key] }
    }

    fileprivate static func shown(_ outcome: CachedRuns.Outcome) -> String {
        switch outcome {
        case .fresh(let good): "fresh " + String(buffer: good.list.json)
        case .stale(let good, let trouble): "stale \(String(buffer: good.list.json)), \(trouble.text)"
        case .failed(let trouble): "failed, \(trouble.text)"
        }
    }

    private static let a = String(buffer: list("a:1").json)
    private static let b = String(buffer: list("b:1").json)

    @Test func list_StandsForItsTime() {
        var bench = Bench()
        #expect(bench.ask(at: 0) == "due")
        bench.run("a:1", at: 0)
        #expect(bench.ask(at: 59.9) == "fresh " + Self.a)
        #expect(bench.ask(at: 60) == "due")
        bench.runs.begin(bench.key)
        #expect(bench.ask(at: 60) == "running")
    }

    @Test func anotherFile_RunsAtOnce() {
        var bench = Bench()
        #expect(bench.ask(at: 0) == "due")
        bench.run("a:1", at: 0)
        bench.generator = Self.generator("a.py", version: 2)
        #expect(bench.ask(at: 1) == "due")
    }

    @Test func forcedRun_DoesNotLookAtWhatStands() {
        var bench = Bench()
        #expect(bench.ask(at: 0) == "due")
        bench.run("a:1", at: 0)
        #expect(bench.ask(at: 1, forces: true) == "due")
    }

    @Test func withoutCacheTime_EachRequestRuns() {
        var bench = Bench { $0.cacheTime = nil }
        #expect(bench.ask(at: 0) == "due")
        bench.run("a:1", at: 0)
        #expect(bench.ask(at: 0) == "due")
        #expect(bench.outcome(at: 0) == "fresh " + Self.a)
    }

    @Test func failure_LeavesTheLastGoodListStanding_ForSomeTime() {
        var bench = Bench { $0.exceptionTime = .seconds(10) }
        #expect(bench.ask(at: 0) == "due")
        bench.run("a:1", at: 0)
        bench.run(nil, at: 100)
        #expect(bench.outcome(at: 100) == "stale \(Self.a), it failed")
        #expect(bench.ask(at: 109.9) == "stale \(Self.a), it failed")
        #expect(bench.ask(at: 110) == "due")
        #expect(bench.outcome(at: 3599.9) == "stale \(Self.a), it failed")
        #expect(bench.outcome(at: 3600) == "failed, it failed")
        bench.run("b:1", at: 3700)
        #expect(bench.outcome(at: 3700) == "fresh " + Self.b)
    }

    @Test func withoutMaxStale_FailureIsFailure() {
        var bench = Bench { $0.maxStale = nil }
        #expect(bench.ask(at: 0) == "due")
        bench.run("a:1", at: 0)
        bench.run(nil, at: 1)
        #expect(bench.outcome(at: 1) == "failed, it failed")
    }

    @Test func failedRun_IsTriedAgainWithEachRequest_WithoutATimeForIt() {
        var bench = Bench()
        #expect(bench.ask(at: 0) == "due")
        bench.run(nil, at: 0)
        #expect(bench.ask(at: 0) == "due")
    }

    // MARK: Files

    @Test func file_IsReadAgainOnlyWhenItIsAnother() {
        var bench = Bench()
        bench.generator = Self.generator("a.py", .json)
        #expect(bench.ask(at: 0) == "due")
        bench.run("a:1", at: 0)
        #expect(bench.ask(at: 100_000) == "fresh " + Self.a)
        bench.generator = Self.generator("a.py", .json, version: 2)
        #expect(bench.ask(at: 100_000) == "due")
        bench.run(nil, at: 100_000)
        #expect(bench.ask(at: 100_001) == "failed, it failed", "the list of that time is older than max_stale")
    }

    @Test func file_ThatMayHaveChangedOnceMore_IsReadAgain() {
        var bench = Bench()
        bench.generator = Self.generator("a.py", .json)
        #expect(bench.ask(at: 0) == "due")
        bench.runs.begin(bench.key)
        bench.runs.finish(
            bench.key, .success(Self.list("a:1")), stamp: .unknown, seconds: 0, at: Self.start)
        #expect(bench.ask(at: 0.01) == "due")
        bench.run("a:1", at: 0.2)
        #expect(bench.ask(at: 0.3) == "fresh " + Self.a)
    }

    // MARK: Ahead

    @Test(arguments: [
        (interval: Double?.none, took: 0.0, notYet: 58.9, due: 59.0),
        (interval: nil, took: 5, notYet: 49.9, due: 50),
        (interval: nil, took: 55, notYet: 29.9, due: 30),
        // Asked at 0: the next request comes at 60, and finds it too old.
        (interval: 60, took: 0, notYet: 58.9, due: 59),
        (interval: 300, took: 10, notYet: 279.9, due: 280),
    ])
    func list_IsMadeAheadOfTheNextRequest(interval: Double?, took: Double, notYet: Double, due: Double) {
        var bench = Bench()
        #expect(bench.ask(at: 0, every: interval) == "due")
        bench.run("a:1", at: 0, took: took)
        #expect(!bench.isDueAhead(at: notYet))
        #expect(bench.isDueAhead(at: due))
    }

    @Test func list_ThatWillStillStand_IsNotMadeAhead() {
        var bench = Bench()
        #expect(bench.ask(at: 0, every: 15) == "due")
        bench.run("a:1", at: 0)
        #expect(bench.ask(at: 30, every: 15) == "fresh " + Self.a)
        #expect(!bench.isDueAhead(at: 44))
        #expect(bench.ask(at: 45, every: 15) == "fresh " + Self.a)
        #expect(bench.isDueAhead(at: 59), "the request of 60 would find it too old")
    }

    @Test func listsNobodyAsksFor_AreMadeAheadOnce() {
        var bench = Bench()
        #expect(bench.ask(at: 0) == "due")
        bench.run("a:1", at: 0)
        bench.run("a:1", at: 59, isAhead: true)
        #expect(!bench.isDueAhead(at: 1000))
        #expect(bench.ask(at: 100) == "fresh " + Self.a)
        #expect(bench.isDueAhead(at: 118))
    }

    // MARK: Room

    @Test func strangersParameters_PushOutEachOther_AndNotWhatHasNone() {
        var bench = Bench { $0.keysMax = 10 }
        #expect(bench.ask(at: 0) == "due")
        bench.run("a:1", at: 0)
        for number in 1...50 {
            let key = CachedRuns.Key(generator: "a.py", parameters: [.init(name: "n", value: "\(number)")])
            let now = Self.after(Double(number))
            _ = bench.runs.ask(key, bench.generator, interval: nil, at: now)
            bench.runs.begin(key)
            bench.runs.finish(
                key, .success(Self.list("a:1")), stamp: bench.generator.file.stamp, seconds: 0, at: now)
            bench.runs.makeRoom(keeping: key)
            #expect(bench.runs.count <= 11)
            #expect(bench.runs.entry(key) != nil)
        }
        #expect(bench.outcome(at: 50) == "fresh " + Self.a)
        #expect(bench.runs.bytes == bench.runs.count * Self.a.utf8.count)
    }

    @Test func bytes_AreBounded_AndTheNewestListIsKept() {
        let big = String(repeating: "a", count: 600_000)
        var bench = Bench { $0.bytesMax = 1_048_576 }
        for number in 1...5 {
            let generator = Self.generator("\(number).py")
            let key = CachedRuns.Key(generator: generator.name, parameters: [])
            let now = Self.after(Double(number))
            _ = bench.runs.ask(key, generator, interval: nil, at: now)
            bench.runs.begin(key)
            bench.runs.finish(
                key, .success(Self.list(big)), stamp: generator.file.stamp, seconds: 0, at: now)
            bench.runs.makeRoom(keeping: key)
            #expect(bench.runs.entry(key)?.good != nil)
            #expect(bench.runs.bytes < 1_048_576)
        }
    }
}
