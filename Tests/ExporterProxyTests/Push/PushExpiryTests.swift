import Testing

@testable import ExporterProxy

struct PushExpiryTests {
    private static func bench(_ expireAfter: Duration?) -> PushBench {
        var limits = PushLimits()
        limits.expireAfter = expireAfter
        return PushBench(limits)
    }

    /// Which life holds: the push's, the family's, the configured one.
    @Test(
        arguments: [
            (nil, "", nil, nil), (60, "", nil, 60), (60, "life=30s", nil, 30), (60, "life=90s", nil, 90),
            (60, "life=30s", 10, 10), (nil, "life=30s", nil, 30), (nil, "", 10, 10), (nil, "", 0, 0),
        ] as [(Int?, String, Int?, Int?)])
    func life_IsThePushsThenTheFamilysThenTheConfiguredOne(
        standard: Int?, family: String, push: Int?, expected: Int?
    ) throws {
        for content in ["block x=1 1; x=2 2", "x=1 1; x=2 2", "x=1 sum 1; x=2 max 2"] {
            let bench = Self.bench(standard.map { .seconds($0) })
            try bench.push("m gauge \(family) \(content)", life: push.map { .seconds($0) })
            guard let expected else {
                bench.advance(.seconds(1_000_000))
                #expect(!bench.groups.isExpiryDue(at: bench.now))
                #expect(bench.expire() == (0, 0, nil))
                continue
            }
            let end = bench.now.advanced(by: .seconds(expected))
            #expect(bench.groups.nextExpiry(at: bench.now) == end)
            if expected > 0 {
                bench.now = end.advanced(by: .milliseconds(-1))
                let early = bench.expire()
                #expect(early == (0, 0, end))
            }
            bench.now = end
            #expect(bench.groups.isExpiryDue(at: bench.now))
            #expect(bench.expire() == (2, 1, nil))
            #expect(bench.text() == nil && bench.groups.series == 0 && bench.groups.ledger.owners.isEmpty)
        }
    }

    @Test func push_GivesNewLife_AndOthersExpire() throws {
        let bench = Self.bench(.seconds(60))
        try bench.push("m gauge x=1 1; x=2 2 | n gauge block 1", .nothing)
        bench.advance(.seconds(30))
        try bench.push("m gauge x=1 3", .nothing)
        bench.advance(.seconds(30))
        #expect(bench.expire() == (2, 0, bench.now.advanced(by: .seconds(30))))
        #expect(bench.samples() == ["m{x=\"1\"} 3"])
        #expect(bench.render().changed.count == 1)
        bench.advance(.seconds(30))
        #expect(bench.expire() == (1, 1, nil))
        #expect(bench.render().changed.map { $0.body == nil } == [true])
    }

    @Test func expiredSum_GoesOnWhenItReturns() throws {
        let bench = Self.bench(.seconds(60))
        let push =
            "m counter x=1 sum 5 | h histogram sum h(1:1,+Inf:2,s=1) | s summary sum s(0.5:1,c=2) | g gauge max 9"
        try bench.push(push)
        bench.advance(.seconds(60))
        #expect(bench.expire().groups == 1)
        try bench.push(
            "m counter x=1 sum 1 | h histogram sum h(1:1,+Inf:2,s=1) | s summary sum s(0.5:3,c=2) | g gauge max 2")
        #expect(
            bench.samples() == [
                "g 2", "h_bucket{le=\"1\"} 2", "h_bucket{le=\"+Inf\"} 4", "h_sum 2", "h_count 4", "m{x=\"1\"} 6",
                "s{quantile=\"0.5\"} 3", "s_count 4",
            ])
        // A base serves once.
        try bench.push("m counter x=2 sum 1 | h histogram sum h(1:1,+Inf:2,s=1)")
        #expect(bench.samples().contains("m{x=\"2\"} 1"))
        #expect(bench.groups.ledger.bases.isEmpty)
    }

    /// What is done between expiry and return, and the value then.
    @Test(arguments: [
        ("", "6"), ("DELETE", "1"), ("WIPE", "1"), ("m counter 3", "1"), ("m counter block 3", "1"),
        ("m counter max 3", "1"), ("m gauge sum 3", "1"), ("RESET", "1"), ("m counter clears x=1 3", "1"),
        ("n counter sum 1", "6"), ("m counter sum/60s 3", "1"),
    ])
    func base_IsForgottenWithWhatItWasOf(between: String, expected: String) throws {
        let bench = Self.bench(nil)
        try bench.push("m counter sum 5", life: .seconds(1))
        bench.advance(.seconds(1))
        _ = bench.expire()
        switch between {
        case "": break
        case "DELETE": _ = bench.delete("job=a")
        case "WIPE": _ = bench.wipe()
        case "RESET": try bench.push("", .everything)
        default: try bench.push(between, .nothing)
        }
        #expect(try bench.push("m counter sum 1", .nothing) == .stored)
        #expect(bench.samples().first { $0.hasPrefix("m ") } == "m \(expected)")
    }

    @Test func bases_AreBounded_TheOldestGo() throws {
        var limits = PushLimits()
        limits.bases = 8
        let bench = PushBench(limits)
        for number in 0..<100 {
            try bench.push("m counter x=\(number) sum 5", .nothing, life: .seconds(1))
            bench.advance(.seconds(1))
            _ = bench.expire()
            #expect(bench.groups.ledger.bases.all.count <= 8)
        }
        #expect(bench.groups.ledger.bases.all.last?.base.labels == "x=\"99\"")
        try bench.push("m counter x=99 sum 1; x=1 sum 1", .nothing)
        #expect(bench.samples() == ["m{x=\"99\"} 6", "m{x=\"1\"} 1"])
    }

    @Test func emptyWindow_IsForgotten_ButASum() throws {
        let bench = Self.bench(nil)
        try bench.push("m gauge x=1 mean/60s 1; x=2 sum/60s 1; x=3 p50/90s 1")
        #expect(bench.groups.due == bench.now.monotonic + 60_000_000_000)
        bench.advance(.seconds(60))
        #expect(bench.expire() == (1, 0, bench.now.advanced(by: .seconds(30))))
        // Its series is free for others.
        #expect(try bench.push("m gauge x=1 1", to: "job=b") == .stored)
        bench.advance(.seconds(30))
        #expect(bench.expire() == (1, 0, nil))
        #expect(bench.samples() == ["m{x=\"2\"} 0"])
    }

    @Test func groupWithoutSeries_LivesAsLongAsASeriesWould() throws {
        let bench = Self.bench(.seconds(60))
        try bench.push("", to: "job=a")
        bench.groups.noteFailure(of: GroupingKey("job=b"), at: bench.now)
        bench.advance(.seconds(30))
        try bench.push("", to: "job=a")
        _ = bench.expire()
        bench.advance(.seconds(30))
        _ = bench.expire()
        #expect(bench.text(of: "job=a") != nil && bench.text(of: "job=b") == nil)
        bench.advance(.seconds(30))
        #expect(bench.expire().groups == 1)
    }

    @Test func otherConfiguredLife_HoldsForWhatIsThere() throws {
        let bench = Self.bench(nil)
        try bench.push("m gauge x=1 1 | n gauge life=2h 1")
        bench.advance(.seconds(60))
        #expect(bench.expire().series == 0)
        bench.groups.limits.expireAfter = .seconds(30)
        #expect(bench.expire().series == 1)
        #expect(bench.samples() == ["n 1"])
    }

    @Test func wallClockThatSteps_ExpiresNothing() throws {
        let bench = Self.bench(.seconds(60))
        try bench.push("m gauge x=1 1")
        bench.now.wall.nanoseconds += 1_000_000_000_000_000
        #expect(bench.expire().series == 0)
    }
}
