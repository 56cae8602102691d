import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import ExporterProxy

/// Who runs when, and who waits for whom: with runs that end when a test says so.
struct GeneratorCacheTests {
    /// A cache whose jobs are done by hand.
    private final class Bench: Sendable {
        let begun = NIOLockedValueBox<[GeneratorCache.Job]>([])
        let time = ManualTime()
        let cache: GeneratorCache

        init(runsMax: Int = 16, _ change: (inout CachedRuns.Rules) -> Void = { _ in }) {
            var rules = CachedRuns.Rules()
            change(&rules)
            let bounds = GeneratorCache.Bounds(runsMax: runsMax, patience: .seconds(65))
            cache = GeneratorCache(rules, bounds) { [begun] job, _ in begun.withLockedValue { $0.append(job) }
            }
        }

        /// Lets others run until `condition` holds.
        func wait(until what: Comment, _ condition: () async -> Bool) async throws {
            for _ in 0..<20_000 {
                if await condition() { return }
                try await Task.sleep(for: .milliseconds(1))
            }
            Issue.record(what)
            throw CancellationError()
        }

        func ask(
            _ names: String..., parameters: [GeneratorParameter] = [], every interval: Duration? = nil, mount: Int = 0,
            reloads: Bool = false
        ) async -> [String] {
            let key = TargetsQuery.Key(path: TreePath(), parameters: parameters)
            let generators = names.map { name in
                let kind = GeneratorFile.Kind(name: name) ?? .executable
                return ListedGenerator(
                    mount: mount, file: GeneratorFile(path: name, kind: kind, stamp: Self.stamp), name: name)
            }
            let query = TargetsQuery(key, interval: interval, reloads: reloads)
            return await cache.answers(of: generators, query, time: time.source).map { answer in
                switch answer.outcome {
                case .fresh(let good): "\(good.list.targetCount)"
                case .stale(let good, let trouble): "stale \(good.list.targetCount): \(trouble.text)"
                case .failed(let trouble): trouble.text
                }
            }
        }

        static let stamp = FileStamp(device: 1, inode: 1, size: 1, modified: 1, changed: 1, mode: 0)

        /// Ends the oldest run that has begun, with so many targets; without a number it fails.
        func finish(_ targets: Int?) async throws {
            try await wait(until: "a run has begun") { !namesBegun.isEmpty }
            let job = begun.withLockedValue { $0.removeFirst() }
            let list = targets.map { count in
                ReadyList(TargetList(groups: [TargetGroup(targets: (0..<count).map { "a:\($0)" })]))
            }
            let result = list.map { Result<ReadyList, GeneratorTrouble>.success($0) }
            let failure = Result<ReadyList, GeneratorTrouble>.failure(.init(reason: "exception", text: "it failed"))
            let run = GeneratorRunner.Run(result: result ?? failure, stamp: Self.stamp, seconds: 1)
            await cache.finish(job, run, at: time.source())
        }

        var namesBegun: [String] { begun.withLockedValue { $0.map(\.generator.name) } }
    }

    @Test func manyWhoAsk_WaitForOneRun() async throws {
        let bench = Bench()
        async let answers = withTaskGroup(of: [String].self) { group in
            for _ in 0..<20 { group.addTask { await bench.ask("a.py") } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        try await bench.finish(3)
        #expect(await answers == Array(repeating: "3", count: 20))
        #expect(bench.namesBegun == [])
    }

    @Test func generatorsOfAPath_RunSideBySide_AndAnswerInTheirOrder() async throws {
        let bench = Bench()
        async let answers = bench.ask("a.py", "b.json", "c")
        try await bench.wait(until: "all have begun") { bench.namesBegun == ["a.py", "b.json", "c"] }
        for count in [1, 2, nil] { try await bench.finish(count) }
        #expect(await answers == ["1", "2", "it failed"])
        #expect(await bench.cache.keyCount == 3)
    }

    @Test func runs_AreBounded_AndFilesWaitForNobody() async throws {
        let bench = Bench(runsMax: 2)
        async let answers = bench.ask("a.py", "b.py", "c.py", "d.json")
        try await bench.wait(until: "what may has begun") { bench.namesBegun == ["a.py", "b.py", "d.json"] }
        try await bench.finish(1)
        try await bench.wait(until: "the next one has begun") { bench.namesBegun == ["b.py", "d.json", "c.py"] }
        for count in [2, 4, 3] { try await bench.finish(count) }
        #expect(await answers == ["1", "2", "3", "4"])
    }

    @Test func oneGenerator_HasFourRunsAtATime() async throws {
        let bench = Bench()
        async let answers = withTaskGroup(of: [String].self) { group in
            for number in 0..<6 {
                group.addTask { await bench.ask("a.py", parameters: [.init(name: "n", value: "\(number)")]) }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        try await bench.wait(until: "all wait") { await bench.cache.keyCount == 6 }
        #expect(bench.namesBegun.count == 4)
        async let other = bench.ask("b.py")
        try await bench.wait(until: "the other has begun") { bench.namesBegun.count == 5 }
        for _ in 0..<7 { try await bench.finish(1) }
        #expect(await answers.count == 6)
        #expect(await other == ["1"])
    }

    @Test func whoHasToAskAgainSoon_GetsTheLastListInstead_WhileTheGeneratorHangs() async throws {
        let bench = Bench()
        async let first = bench.ask("a.py")
        try await bench.finish(1)
        #expect(await first == ["1"])
        bench.time.advance(by: .seconds(100))
        async let patient = bench.ask("a.py")
        async let hasty = bench.ask("a.py", every: .seconds(5))
        try await bench.wait(until: "both wait") { await bench.cache.waiterCount == 2 }
        bench.time.advance(by: .seconds(3))
        await bench.cache.tick(at: bench.time.source())
        #expect(await hasty == ["stale 1: it is still running"])
        try await bench.finish(2)
        #expect(await patient == ["2"])
    }

    @Test func listsAreMadeAhead_WithoutAnybodyAsking() async throws {
        let bench = Bench()
        async let first = bench.ask("a.py")
        try await bench.finish(1)
        #expect(await first == ["1"])
        bench.time.advance(by: .seconds(58.5))
        await bench.cache.tick(at: bench.time.source())
        try await bench.finish(2)
        bench.time.advance(by: .seconds(50))
        #expect(await bench.ask("a.py") == ["2"])
    }

    @Test func end_LetsEverybodyGo() async throws {
        let bench = Bench(runsMax: 1)
        async let answers = bench.ask("a.py", "b.py")
        try await bench.wait(until: "one has begun") { bench.namesBegun == ["a.py"] }
        await bench.cache.stop()
        #expect(await answers == ["it is still running", "it is still running"])
        #expect(await bench.ask("c.py") == ["the proxy is ending, or its trees change"])
        try await bench.finish(1)
        #expect(bench.namesBegun == [])
    }

    // MARK: Too much

    @Test func strangersParameters_KeepNobodyElseWaiting() async throws {
        let bench = Bench()
        async let stranger = withTaskGroup(of: [String].self) { group in
            for number in 0..<200 {
                group.addTask { await bench.ask("hang.py", parameters: [.init(name: "x", value: "\(number)")]) }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        try await bench.wait(until: "what may wait waits") { await bench.cache.waiterCount == 20 }
        async let file = bench.ask("a.json")
        async let plain = bench.ask("hang.py")
        try await bench.wait(until: "all wait") { await bench.cache.waiterCount == 22 }
        #expect(bench.namesBegun.count == 5)
        for _ in 0..<4 { try await bench.finish(1) }
        try await bench.finish(7)
        #expect(await file == ["7"])
        // What has no parameters is next, and not the seventeenth.
        try await bench.wait(until: "others have begun") { bench.namesBegun.count == 4 }
        #expect(bench.begun.withLockedValue { $0.map(\.key.parameters.isEmpty) }.contains(true))
        // Nobody waits for ever, and what nobody waits for does not run.
        bench.time.advance(by: .seconds(65))
        await bench.cache.tick(at: bench.time.source())
        #expect(await plain == ["it is still running"])
        let answers = await stranger
        #expect(answers.count { $0 == "too many generators wait to be run" } == 180, "\(answers)")
        #expect(answers.count { $0 == "1" } == 4)
        while !bench.namesBegun.isEmpty { try await bench.finish(1) }
        #expect(bench.namesBegun == [])
    }

    @Test func requestForMoreThanIsKept_GetsAllOfIt() async throws {
        let bench = Bench { $0.bytesMax = 1 }
        async let answers = bench.ask("a.json", "b.json", "c.json")
        for count in [1, 2, 3] { try await bench.finish(count) }
        #expect(await answers == ["1", "2", "3"])
    }

    @Test func equalNamesInTwoTrees_AreTwo() async throws {
        let bench = Bench()
        async let one = bench.ask("a.py")
        async let two = bench.ask("a.py", mount: 1)
        try await bench.finish(1)
        try await bench.finish(2)
        #expect(Set(await [one, two]) == [["1"], ["2"]])
    }

    @Test func whoForcesARun_DoesNotGetTheOneThatHadBegun() async throws {
        let bench = Bench()
        async let first = bench.ask("a.py")
        try await bench.wait(until: "it has begun") { bench.namesBegun == ["a.py"] }
        async let forced = bench.ask("a.py", reloads: true)
        try await bench.wait(until: "both wait") { await bench.cache.waiterCount == 2 }
        try await bench.finish(1)
        #expect(await first == ["1"])
        try await bench.finish(2)
        #expect(await forced == ["2"])
    }
}
