import Testing

@testable import ExporterProxy

struct IdempotencyTests {
    @Test func repeatedKey_IsAnsweredAndNotApplied() throws {
        let bench = PushBench()
        for _ in 0..<3 { #expect(try bench.push("m counter sum 1", key: "k") == .stored) }
        #expect(bench.samples() == ["m 1"])
        try bench.push("m counter sum 1", key: "other")
        try bench.push("m counter sum 1")
        #expect(bench.samples() == ["m 3"])
        // Keys are those of a group.
        try bench.push("m counter x=1 sum 1", to: "job=b", key: "k")
        #expect(bench.samples(of: "job=b") == ["m{x=\"1\"} 1"])
    }

    @Test func refusal_IsAnsweredAgain() throws {
        let bench = PushBench()
        try bench.push("m gauge 1", to: "job=b")
        let first = try bench.push("m counter sum 1", key: "k")
        _ = bench.delete("job=b")
        #expect(first.words == ["type_conflict", "series_conflict"])
        #expect(try bench.push("m counter sum 1", key: "k") == first)
        #expect(bench.samples() == [])
    }

    @Test func key_HoldsForTenMinutes() throws {
        let bench = PushBench()
        try bench.push("m counter sum 1", key: "k")
        bench.advance(.seconds(599))
        try bench.push("m counter sum 1", key: "k")
        #expect(bench.samples() == ["m 1"])
        bench.advance(.seconds(1))
        try bench.push("m counter sum 1", key: "k")
        #expect(bench.samples() == ["m 2"])
    }

    @Test func keys_AreBounded_TheOldestGo() throws {
        var limits = PushLimits()
        limits.idempotencyKeys = 3
        let bench = PushBench(limits)
        for key in ["a", "b", "c", "d", "b", "a"] { try bench.push("m counter sum 1", key: key) }
        #expect(bench.samples() == ["m 5"])
        #expect(bench.groups.keys.answers.count == 3)
        for number in 0..<5000 { try bench.push("m counter sum 1", key: "\(number)") }
        #expect(bench.groups.keys.all.map(\.key.key.text) == ["4997", "4998", "4999"])
    }

    /// Whatever is said about what.
    @Test func keys_AreBoundedInBytes() throws {
        let bench = PushBench()
        let names = (0..<20).map { "exporter_proxy_\($0)_\(String(repeating: "x", count: 200)) gauge 1" }
        for number in 0..<6000 { try bench.push(names.joined(separator: " | "), key: "\(number)") }
        let answers = bench.groups.keys.all
        #expect(answers.count > 1000 && answers.count < 5000)
        #expect(answers.last?.key.key.text == "5999")
    }

    @Test func longKey_IsRefused() throws {
        let bench = PushBench()
        #expect(try bench.push("m counter sum 1", key: String(repeating: "k", count: 256)) == .stored)
        #expect(try bench.push("m counter sum 1", key: String(repeating: "k", count: 257)).words == ["limit"])
    }

    @Test func otherLimits_HoldForTheKeysToo() throws {
        let bench = PushBench()
        for key in ["a", "b"] { try bench.push("m counter sum 1", key: key) }
        bench.groups.limits.idempotencyKeys = 1
        bench.groups.limits.idempotencyLife = .seconds(5)
        try bench.push("m counter sum 1", key: "c")
        #expect(bench.groups.keys.all.map(\.key.key.text) == ["c"])
        bench.advance(.seconds(5))
        try bench.push("m counter sum 1", key: "c")
        #expect(bench.samples() == ["m 4"])
    }
}
