import Exposition
import Testing

@testable import ExporterProxy

struct PushConflictTests {
    /// A push to `job=b` after one to `job=a`.
    @Test(arguments: [
        ("m gauge x=1 1", "m gauge x=2 1", "stored"), ("m gauge x=1 1", "m counter x=2 1", "type_conflict"),
        ("m gauge block x=1 1", "m untyped block x=2 1", "type_conflict"), ("m gauge 1", "m counter", "stored"),
        ("m gauge", "m counter 1", "stored"),
        ("m gauge x=1 1", "m gauge x=1 1", "series_conflict"), ("m gauge block x=1 1", "m gauge sum x=1 1", "stored"),
        ("m gauge block x=1 1", "m gauge x=1 sum 1", "series_conflict"),
        ("m gauge block x=1,y= 1", "m gauge block x=1 1", "series_conflict"),
        ("m gauge x=1 sum 1", "m gauge block x=0 1; x=1 1", "series_conflict"),
        ("m gauge le=1 1", "m gauge block le=1.0 1", "series_conflict"),
        ("h histogram block h(1:1,+Inf:2)", "h histogram sum h(5:1,+Inf:2)", "series_conflict"),
        ("h histogram block x=1 h(1:1,+Inf:2)", "h histogram sum x=2 h(5:1,+Inf:2)", "stored"),
        ("h summary block s(0.5:1)", "h summary sum s(0.9:1)", "series_conflict"),
        ("h summary block s(0.5:1)", "h summary block s(s=1)", "series_conflict"),
        ("h histogram h(+Inf:1)", "h_count gauge 1", "name_conflict"),
        ("h histogram h(+Inf:1)", "h_sum counter 1", "name_conflict"),
        ("h histogram h(+Inf:1)", "h_bucket gauge block 1", "name_conflict"),
        ("h_bucket gauge 1", "h histogram h(+Inf:1)", "name_conflict"),
        ("h_count gauge 1", "h histogram block h(+Inf:1)", "name_conflict"),
        ("h_count gauge 1", "h summary s(c=1)", "name_conflict"),
        ("h summary s(c=1)", "h_sum gauge 1", "name_conflict"),
        ("h summary s(c=1)", "h_bucket gauge 1", "stored"), ("h_bucket gauge 1", "h summary s(c=1)", "stored"),
        ("h gauge 1", "h_count gauge 1", "stored"), ("h_total counter 1", "h histogram h(+Inf:1)", "stored"),
        ("h_count histogram h(+Inf:1)", "h_count_count gauge 1", "name_conflict"),
    ])
    func groups_CannotContradict(first: String, second: String, expected: String) throws {
        let bench = PushBench()
        try bench.push(first, to: "job=a")
        let page = bench.page()
        let outcome = try bench.push(second, to: "job=b")
        #expect(outcome.words == [expected])
        if expected != "stored" {
            #expect(bench.page()[GroupingKey("job=a").source] == page[GroupingKey("job=a").source])
            #expect(bench.samples(of: "job=b") == [])
        }
        // When the other group has gone, nothing is in the way.
        _ = bench.delete("job=a")
        #expect(try bench.push(second, to: "job=b") == .stored)
    }

    /// Pushes to one group.
    @Test(arguments: [
        (["a histogram h(+Inf:1) | a_count gauge 1"], "name_conflict"),
        (["a_sum gauge 1 | a summary s(c=1)"], "name_conflict"), (["a_bucket gauge 1 | a summary s(c=1)"], "stored"),
        (["a histogram h(+Inf:1)", "a_count gauge 1"], "name_conflict"),
        (["a_count gauge 1", "a histogram h(+Inf:1)"], "name_conflict"),
        (["a histogram h(+Inf:1)", "a gauge 1 | a_count gauge 1"], "stored"),
        (["a histogram h(+Inf:1)", "a histogram | a_count gauge 1"], "stored"),
        (["a histogram sum h(+Inf:1)", "a histogram | a_count gauge 1"], "name_conflict"),
        (["a histogram h(+Inf:1)", "PUT a_count gauge 1"], "stored"),
        (["a histogram sum h(+Inf:1)", "PUT a_count gauge 1"], "name_conflict"),
        (["a histogram sum h(+Inf:1)", "RESET a_count gauge 1"], "stored"),
        (["a gauge 1 | a_count gauge 1", "a histogram h(+Inf:1)"], "name_conflict"),
        (["a gauge 1 | a_count gauge 1", "PUT a histogram h(+Inf:1)"], "stored"),
        (["push_time_seconds gauge 1"], "reserved_name"), (["push_failure_time_seconds gauge x=1 1"], "reserved_name"),
        (["exporter_proxy_up gauge 1"], "reserved_name"), (["exporter_proxy gauge 1"], "stored"),
    ])
    func group_CannotContradictItself(pushes: [String], expected: String) throws {
        let bench = PushBench()
        var words: [String] = []
        for push in pushes {
            let (word, rest) = (push.prefix { $0 != " " }, push.drop { $0 != " " })
            let clearing: Push.Clearing = word == "PUT" ? .group : word == "RESET" ? .everything : .families
            words = try bench.push(clearing == .families ? push : String(rest), clearing).words
            #expect(IndexedExposition.of(try #require(bench.text())) != nil)
        }
        #expect(Set(words) == [expected])
    }

    @Test func conflict_NamesFamilyAndGroups() throws {
        let bench = PushBench()
        try bench.push("m gauge 1 | h histogram h(+Inf:1) | s gauge block x=1 1", to: "job=a")
        let outcome = try bench.push("m counter 1 | h_sum gauge 1 | s gauge block x=1 1", to: "job=b,instance=i")
        guard case .refused(let conflicts) = outcome else { return #expect(Bool(false), "\(outcome)") as Void }
        #expect(
            conflicts.map(\.description) == [
                #"m is a counter in the group {instance="i",job="b"}, and a gauge in the group {job="a"}"#,
                #"m, pushed to the group {instance="i",job="b"}, is a series of the group {job="a"}"#,
                #"h_sum in the group {instance="i",job="b"} and h in the group {job="a"} have samples of the same name"#,
                #"s{x="1"}, pushed to the group {instance="i",job="b"}, is a series of the group {job="a"}"#,
            ])
    }

    @Test func onePush_HasAtMostTwentyReasons() throws {
        let bench = PushBench()
        let families = (0..<30).map { "exporter_proxy_\($0) gauge 1" }.joined(separator: " | ")
        #expect(try bench.push(families).words.count == 20)
    }

    /// Their own series would be the same.
    @Test func groupsThatDifferInAnEmptyLabel_CannotBothBe() throws {
        let bench = PushBench()
        try bench.push("", to: "job=a")
        #expect(try bench.push("", to: "job=a,instance=").words == ["series_conflict"])
        #expect(bench.groups.count == 1)
        bench.groups.noteFailure(of: GroupingKey("job=a,instance="), at: bench.now)
        #expect(bench.groups.count == 1)
        _ = bench.delete("job=a")
        #expect(try bench.push("", to: "job=a,instance=") == .stored)
    }

    static let limits: [(set: @Sendable (inout PushLimits) -> Void, fits: [String], tooMuch: String)] = [
        ({ $0.seriesOfGroup = 3 }, ["m gauge x=1 1; x=2 1 | n gauge block 1"], "o gauge 1"),
        (
            { $0.seriesOfGroup = 3 }, ["m gauge block x=1 1; x=2 1; x=3 1", "m gauge block x=4 1; x=5 1; x=6 1"],
            "n gauge sum 1"
        ),
        (
            { $0.seriesOfGroup = 3 }, ["m counter sum 1", "m counter sum 1", "m counter x=1 sum 1; x=2 sum 1"],
            "m counter x=3 sum 1"
        ),
        (
            { $0.seriesOfGroup = 5 }, ["m histogram sum h(1:1,+Inf:1)", "m histogram sum h(1:1,2:2,+Inf:1)"],
            "m histogram sum h(1:1,2:2,3:3,4:4,+Inf:1)"
        ),
        ({ $0.series = 2 }, ["m gauge 1", "m gauge 2", "n gauge 1"], "o gauge 1"),
        ({ $0.familiesOfGroup = 2 }, ["m gauge 1 | n gauge 1", "m counter 1"], "o gauge 1"),
        ({ $0.keptValues = 2 }, ["m gauge p50 1", "m gauge p50 1"], "m gauge p50 1"),
        ({ $0.keptValues = 1 }, ["m gauge sum/60s 1"], "m gauge x=1 mean/60s 1"),
    ]

    @Test(arguments: limits.indices)
    func moreThanALimit_IsRefused(number: Int) throws {
        let (set, fits, tooMuch) = Self.limits[number]
        var limits = PushLimits()
        set(&limits)
        let bench = PushBench(limits)
        for push in fits { #expect(try bench.push(push) == .stored, "\(push)") }
        let page = bench.samples()
        #expect(try bench.push(tooMuch).words == ["limit"])
        #expect(bench.samples() == page)
        #expect(try bench.push("", .everything) == .stored)
        #expect(bench.groups.series == 0 && bench.groups.ledger.keptValues == 0)
        #expect(bench.groups.ledger.owners.count == 1, "only the group's own series is left")
    }

    @Test func oneGroupTooMany_IsRefusedAndNotMade() throws {
        var limits = PushLimits()
        limits.groups = 1
        let bench = PushBench(limits)
        try bench.push("m gauge x=1 1", to: "job=a")
        let outcome = try bench.push("m gauge x=2 1", to: "job=b")
        #expect(outcome.words == ["limit"])
        #expect(bench.groups.count == 1)
        guard case .refused(let conflicts) = outcome else { return }
        #expect(conflicts.first?.description == #"the group {job="b"} would exceed the limit of groups, which is 1"#)
    }
}
