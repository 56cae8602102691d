import Exposition
import Testing

@testable import ExporterProxy

struct PushClearingTests {
    typealias Step = (push: String, clearing: Push.Clearing)

    static let cases: [(steps: [Step], expected: [String])] = [
        // POST replaces families of the same name as a whole, PUT the group, and upsert single series.
        ([("m gauge block x=1 1; x=2 2", .families), ("m gauge block x=2 3", .families)], ["m{x=\"2\"} 3"]),
        ([("m gauge block 1", .families), ("n gauge block 2", .families)], ["m 1", "n 2"]),
        ([("m gauge block 1", .families), ("n gauge block 2", .group)], ["n 2"]),
        ([("m gauge block 1", .families), ("", .group)], []),
        ([("m gauge block 1", .families), ("", .families)], ["m 1"]),
        (
            [("m gauge block x=1 1; x=2 2", .nothing), ("m gauge block x=2 3; x=3 4", .nothing)],
            ["m{x=\"1\"} 1", "m{x=\"2\"} 3", "m{x=\"3\"} 4"]
        ),
        ([("m gauge block x=1 1", .nothing), ("m gauge block x=1 7", .nothing)], ["m{x=\"1\"} 7"]),
        // The same through the table.
        ([("m gauge x=1 1; x=2 2", .families), ("m gauge x=2 3", .families)], ["m{x=\"2\"} 3"]),
        ([("m gauge x=1 1; x=2 2", .nothing), ("m gauge x=2 3", .nothing)], ["m{x=\"1\"} 1", "m{x=\"2\"} 3"]),
        ([("m gauge x=1 1; x=2 2", .nothing), ("m gauge block x=3 3", .group)], ["m{x=\"3\"} 3"]),
        ([("m gauge block x=1 1; x=2 2", .nothing), ("m gauge x=2 3", .nothing)], ["m{x=\"1\"} 1", "m{x=\"2\"} 3"]),
        ([("m gauge x=1 1", .nothing), ("m gauge block x=1 2; x=2 3", .nothing)], ["m{x=\"1\"} 2", "m{x=\"2\"} 3"]),
        // What aggregates stays, but for a reset.
        ([("m counter sum 1", .families), ("n gauge block 2", .group)], ["m 1", "n 2"]),
        ([("m counter sum 1", .families), ("m counter sum 2", .group)], ["m 3"]),
        ([("m counter x=1 sum 1; x=2 5", .families), ("m counter x=3 4", .group)], ["m{x=\"3\"} 4", "m{x=\"1\"} 1"]),
        ([("m counter sum 1", .families), ("n gauge block 2", .everything)], ["n 2"]),
        ([("m counter sum 1", .families), ("m counter sum 2", .everything)], ["m 2"]),
        (
            [("m counter x=1 sum 1 | n counter sum 1", .families), ("m counter x=2 sum 2", .everything)],
            ["m{x=\"2\"} 2"]
        ),
        // A family that clears takes all of its own with it, and nothing else.
        (
            [("m gauge x=1 sum 1; x=2 5 | n gauge 1", .nothing), ("m gauge clears x=3 1", .nothing)],
            ["m{x=\"3\"} 1", "n 1"]
        ),
        ([("m gauge v=1 block 1", .nothing), ("m gauge clears block v=2 1", .families)], ["m{v=\"2\"} 1"]),
        // A family without samples shows nothing, and clears what it clears.
        ([("m gauge block", .families)], []),
        ([("m gauge block 1", .families), ("m gauge block", .families)], []),
        ([("m gauge block 1", .nothing), ("m gauge block", .nothing)], ["m 1"]),
        ([("m gauge block 1", .nothing), ("m counter block", .nothing)], ["m 1"]),
        ([("m counter sum 1", .families), ("m counter", .families), ("m counter sum 1", .families)], ["m 2"]),
        // The mode of the last push holds; a change begins with the pushed value.
        ([("m gauge sum 1", .nothing), ("m gauge 5", .nothing)], ["m 5"]),
        ([("m gauge 5", .nothing), ("m gauge sum 1", .nothing), ("m gauge sum 1", .nothing)], ["m 2"]),
        ([("m gauge block 5", .nothing), ("m gauge sum 1", .nothing)], ["m 1"]),
        (
            [("m gauge block x=1 5; x=2 6", .nothing), ("m gauge x=2 sum 1", .nothing)],
            ["m{x=\"1\"} 5", "m{x=\"2\"} 1"]
        ),
        ([("m gauge sum 1", .nothing), ("m gauge block 5", .nothing), ("m gauge sum 1", .nothing)], ["m 1"]),
        ([("m gauge sum 1", .nothing), ("m gauge max 5", .nothing), ("m gauge max 3", .nothing)], ["m 5"]),
        ([("m gauge sum/60s 1", .nothing), ("m gauge sum/30s 5", .nothing)], ["m 5"]),
        ([("m gauge sum/60s 1", .nothing), ("m gauge sum 5", .nothing)], ["m 5"]),
        ([("m gauge p50 1", .nothing), ("m gauge p90 5", .nothing)], ["m 5"]),
        // Another type in the group's own family is a new family.
        ([("m gauge block x=1 1", .nothing), ("m counter block x=2 1", .nothing)], ["m{x=\"2\"} 1"]),
        ([("m gauge sum 1", .nothing), ("m counter sum 1", .nothing)], ["m 1"]),
        ([("m histogram h(+Inf:1)", .nothing), ("m gauge block 1", .nothing)], ["m 1"]),
        // A histogram is one metric, whatever its bounds.
        (
            [("m histogram block h(1:1,+Inf:2)", .nothing), ("m histogram block h(5:1,+Inf:3)", .nothing)],
            ["m_bucket{le=\"5\"} 1", "m_bucket{le=\"+Inf\"} 3", "m_count 3"]
        ),
        (
            [
                ("m histogram block x=1 h(1:1,+Inf:2); x=2 h(+Inf:1)", .nothing),
                ("m histogram x=1 sum h(5:1,+Inf:3)", .nothing),
            ],
            [
                "m_bucket{le=\"+Inf\",x=\"2\"} 1", "m_count{x=\"2\"} 1", "m_bucket{le=\"5\",x=\"1\"} 1",
                "m_bucket{le=\"+Inf\",x=\"1\"} 3", "m_count{x=\"1\"} 3",
            ]
        ),
        (
            [("m histogram sum h(1:1,+Inf:2)", .nothing), ("m histogram block h(5:1,+Inf:3)", .nothing)],
            ["m_bucket{le=\"5\"} 1", "m_bucket{le=\"+Inf\"} 3", "m_count 3"]
        ),
        (
            [("m summary block s(0.5:1,s=1,c=2)", .nothing), ("m summary s(0.9:1,c=2)", .nothing)],
            ["m{quantile=\"0.9\"} 1", "m_count 2"]
        ),
        (
            [("m summary block s(0.5:1)", .nothing), ("m summary sum s(0.9:1)", .nothing)], ["m{quantile=\"0.9\"} 1"]
        ),
    ]

    @Test(arguments: cases.indices)
    func push_ClearsWhatItSays(number: Int) throws {
        let (steps, expected) = Self.cases[number]
        let bench = PushBench()
        for step in steps { #expect(try bench.push(step.push, step.clearing) == .stored, "\(step)") }
        #expect(bench.samples() == expected, "\(steps)")
        #expect(bench.groups.series == expected.count)
        #expect(IndexedExposition.of(try #require(bench.text())) != nil)
    }

    @Test func refusedPush_ChangesNothingButTheTimeOfItsFailure() throws {
        let bench = PushBench()
        try bench.push("m counter sum 1")
        bench.advance(.seconds(5))
        let outcome = try bench.push("m counter sum 1 | push_time_seconds gauge 1")
        #expect(outcome.words == ["reserved_name"])
        #expect(bench.samples() == ["m 1"])
        let summary = try #require(bench.summary(of: "job=a"))
        #expect(summary.lastPush == .example && summary.lastFailure == bench.now && !summary.lastSucceeded)
        try bench.push("")
        #expect(bench.summary(of: "job=a")?.lastSucceeded == true)
    }

    @Test func refusedPush_MakesItsGroup() throws {
        let bench = PushBench()
        try bench.push("exporter_proxy_up gauge 1")
        let text = try #require(bench.text())
        #expect(text.contains("push_time_seconds{instance=\"\",job=\"a\"} 0\n"))
        #expect(text.contains("push_failure_time_seconds{instance=\"\",job=\"a\"} 1795229735.156571"), "\(text)")
        bench.groups.noteFailure(of: GroupingKey("job=b"), at: bench.now)
        #expect(bench.text(of: "job=b")?.contains("push_time_seconds{instance=\"\",job=\"b\"} 0\n") == true)
    }

    @Test func help_IsThatOfTheNewestPushThatBroughtOne() throws {
        let bench = PushBench()
        for (push, help) in [
            ("m gauge help=A 1", "A"), ("m gauge help=B 1", "B"), ("m gauge 1", "B"), ("m gauge help=C", "C"),
        ] {
            try bench.push(push, .nothing)
            #expect(bench.text()?.hasPrefix("# HELP m \(help)\n# TYPE m gauge\nm 1\n") == true, "\(push)")
        }
        try bench.push("m counter 1")
        #expect(bench.text()?.hasPrefix("# TYPE m counter\nm 1\n") == true)
    }
}
