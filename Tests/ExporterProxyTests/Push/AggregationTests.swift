import Exposition
import Testing

@testable import ExporterProxy

struct AggregationTests {
    @Test(arguments: [
        ("sum", "1 2 3", "6"), ("sum", "0.1 0.2", "0.30000000000000004"), ("sum", "1 -1", "0"),
        ("sum", "1 NaN 1", "NaN"), ("sum", "+Inf 1", "+Inf"), ("sum", "+Inf -Inf", "NaN"),
        ("sum", "1.7e308 1.7e308", "+Inf"),
        ("sum", "9223372036854775807 9223372036854775807", "1.8446744073709552e+19"),
        ("sum", "9007199254740991 1", "9007199254740992"), ("sum", "1e400", "+Inf"),
        ("mean", "1 2 6", "3"), ("mean", "1 NaN", "NaN"), ("mean", "4", "4"), ("mean", "-1 1", "0"),
        ("min", "3 1 2", "1"), ("min", "NaN 2 NaN", "2"), ("min", "NaN NaN", "NaN"), ("min", "1 -Inf", "-Inf"),
        ("max", "3 1 2", "3"), ("max", "NaN 2 NaN", "2"), ("max", "2 +Inf", "+Inf"), ("max", "-1 -2", "-1"),
        ("last", "1 2.50", "2.5"), ("last", "5 NaN", "NaN"), ("replace", "1 2.50", "2.50"),
        ("p50", "5", "5"), ("p50", "1 2", "1.5"), ("p50", "3 1 2", "2"), ("p50", "4 1 3 2", "2.5"),
        ("p0", "3 1 2", "1"), ("p100", "3 1 2", "3"), ("p90", "0 10", "9"), ("p50", "NaN 1 NaN", "1"),
        ("p50", "NaN", "NaN"), ("p50", "+Inf +Inf 1", "+Inf"), ("p50", "1 +Inf +Inf", "+Inf"),
    ])
    func pushes_AreAggregated(mode: String, values: String, expected: String) throws {
        let bench = PushBench()
        for value in values.split(separator: " ") { try bench.push("m gauge \(mode) \(value)", .nothing) }
        #expect(bench.samples() == ["m \(expected)"])
    }

    /// Each step is a value that is pushed, or a time that passes.
    @Test(
        arguments: [
            ("sum/100s", "1 2 99s 3", "6"), ("sum/100s", "1 100s", "0"), ("sum/100s", "1 100s 3", "3"),
            ("sum/100s", "1 50s 2 50s", "2"), ("sum/100s", "1 0.5s 2 99s", "3"), ("sum/100s", "1 0.5s 2 99.5s", "0"),
            ("sum/100s", "1 300s", "0"), ("sum/0s", "1", "1"), ("sum/0s", "1 1ms", "0"),
            ("mean/100s", "1 2 6", "3"), ("mean/100s", "1 50s 3 50s", "3"), ("mean/100s", "1 50s 3 5 49s", "3"),
            ("mean/100s", "1 100s", nil), ("mean/100s", "1 200s 5", "5"), ("mean/0s", "7", "7"),
            ("min/100s", "1 50s 2 50s", "2"), ("min/100s", "NaN 2", "2"), ("min/100s", "NaN", "NaN"),
            ("max/100s", "5 50s 2", "5"), ("max/100s", "5 50s 2 50s", "2"), ("max/100s", "5 100s", nil),
            ("last/100s", "5 50s 2", "2"), ("last/100s", "5 99s", "5"), ("last/100s", "5 100s", nil),
            ("p50/100s", "1 50s 2 50s", "2"), ("p50/100s", "1 2 50s 9", "2"), ("p50/100s", "1 50s 3", "2"),
            ("p50/100s", "1 100s", nil), ("p99/1h", "1 59m 1", "1"),
        ] as [(String, String, String?)])
    func windows_ForgetWithTime(mode: String, steps: String, expected: String?) throws {
        let bench = PushBench()
        for step in steps.split(separator: " ") {
            if let last = step.last, last.isLetter, step != "NaN" {
                bench.advance(try #require(DurationText.parse(String(step))))
            } else {
                try bench.push("m gauge \(mode) \(step)", .nothing)
            }
        }
        #expect(bench.samples() == (expected.map { ["m \($0)"] } ?? []))
        #expect(IndexedExposition.of(try #require(bench.text())) != nil)
    }

    @Test func window_DoesNotCareForStepsOfTheWallClock() throws {
        let bench = PushBench()
        try bench.push("m gauge sum/100s 1", .nothing)
        bench.now.wall.nanoseconds -= 7_200_000_000_000
        bench.now.monotonic += 1_000_000_000
        try bench.push("m gauge sum/100s 2", .nothing)
        #expect(bench.samples() == ["m 3"])
        bench.now.wall.nanoseconds += 72_000_000_000_000
        #expect(bench.samples() == ["m 3"])
        bench.now.monotonic += 99_000_000_000
        #expect(bench.samples() == ["m 2"])
    }

    @Test func window_TakesItsPlaceOnce_HoweverManyPushes() throws {
        var window = ValueWindow(.sum, length: 100_000)
        for time in 0..<1_000_000 { window.add(1, at: Int64(time)) }
        #expect(window.buckets.count <= 101)
        #expect(try #require(window.value(at: 1_000_000)) > 98_000 && window.value(at: 1_000_000) ?? 0 <= 100_000)
        var quantile = ValueWindow(.quantile(0.5), length: 100_000)
        for time in 0..<10_000 { quantile.add(Double(time), at: Int64(time)) }
        #expect(quantile.buckets.count <= ValueWindow.bucketsMax)
        #expect(quantile.value(at: 10_000) == Double(10_000 - 512) - 0.5)
    }

    @Test func quantile_IsOfTheNewestValues() {
        var values = RecentValues()
        for value in 0..<5000 { values.append(Double(value)) }
        #expect(values.count == 1024 && values.values == (3976..<5000).map(Double.init))
        #expect(values.quantile(0) == 3976 && values.quantile(1) == 4999)
    }

    @Test(arguments: [
        (
            "sum", "h(1:1,+Inf:3,s=4) h(1:2,+Inf:4,s=1.5)",
            ["m_bucket{le=\"1\"} 3", "m_bucket{le=\"+Inf\"} 7", "m_sum 5.5", "m_count 7"]
        ),
        // Other bounds begin anew; the same ones, written otherwise, do not.
        (
            "sum", "h(1:1,+Inf:3,s=4) h(2:2,+Inf:4,s=1)",
            ["m_bucket{le=\"2\"} 2", "m_bucket{le=\"+Inf\"} 4", "m_sum 1", "m_count 4"]
        ),
        ("sum", "h(1.0:1,+Inf:3) h(1e0:2,inf:4)", ["m_bucket{le=\"1\"} 3", "m_bucket{le=\"+Inf\"} 7", "m_count 7"]),
        ("sum", "h(1:1,+Inf:3,s=4) h(1:1,+Inf:3)", ["m_bucket{le=\"1\"} 2", "m_bucket{le=\"+Inf\"} 6", "m_count 6"]),
        // Cumulative and ended whatever came.
        (
            "sum", "h(0.1:5,1:3,+Inf:2,s=1)",
            ["m_bucket{le=\"0.1\"} 5", "m_bucket{le=\"1\"} 5", "m_bucket{le=\"+Inf\"} 5", "m_sum 1", "m_count 5"]
        ),
        ("sum", "h(1:1,c=3)", ["m_bucket{le=\"1\"} 1", "m_bucket{le=\"+Inf\"} 3", "m_count 3"]),
        (
            "replace", "h(5:2,1:1,5:3,NaN:9,c=3)",
            ["m_bucket{le=\"1\"} 1", "m_bucket{le=\"5\"} 3", "m_bucket{le=\"+Inf\"} 3", "m_count 3"]
        ),
        ("sum", "h(1:-4,+Inf:NaN,s=-1)", ["m_bucket{le=\"1\"} 0", "m_bucket{le=\"+Inf\"} 0", "m_sum -1", "m_count 0"]),
        ("sum", "h(+Inf:1.7e308) h(+Inf:1.7e308)", ["m_bucket{le=\"+Inf\"} +Inf", "m_count +Inf"]),
        ("last", "h(1:1,+Inf:3) h(1:2,+Inf:4)", ["m_bucket{le=\"1\"} 2", "m_bucket{le=\"+Inf\"} 4", "m_count 4"]),
        ("replace", "h(1:1,+Inf:3) h(1:2,+Inf:4)", ["m_bucket{le=\"1\"} 2", "m_bucket{le=\"+Inf\"} 4", "m_count 4"]),
    ])
    func histograms_AreMerged(mode: String, points: String, expected: [String]) throws {
        let bench = PushBench()
        for point in points.split(separator: " ") { try bench.push("m histogram \(mode) \(point)", .nothing) }
        #expect(bench.samples() == expected)
        #expect(bench.groups.series == expected.count)
        #expect(IndexedExposition.of(try #require(bench.text())) != nil)
    }

    @Test(arguments: [
        ("sum", "s(0.5:1,s=2,c=3) s(0.5:4,s=5,c=6)", ["m{quantile=\"0.5\"} 4", "m_sum 7", "m_count 9"]),
        ("sum", "s(0.5:1,c=3) s(0.9:NaN,c=6)", ["m{quantile=\"0.9\"} NaN", "m_count 9"]),
        ("sum", "s(s=1,c=3) s(c=6)", ["m_count 9"]), ("last", "s(s=1,c=3) s(s=2,c=6)", ["m_sum 2", "m_count 6"]),
        ("replace", "s(0.9:1,0.5:2,0.5:3)", ["m{quantile=\"0.5\"} 2", "m{quantile=\"0.9\"} 1"]),
    ])
    func summaries_AreMerged(mode: String, points: String, expected: [String]) throws {
        let bench = PushBench()
        for point in points.split(separator: " ") { try bench.push("m summary \(mode) \(point)", .nothing) }
        #expect(bench.samples() == expected)
        #expect(bench.groups.series == expected.count)
        #expect(IndexedExposition.of(try #require(bench.text())) != nil)
    }

    @Test(arguments: ["mean", "min", "max", "p50", "sum/5m", "last/5m", "mean/5m"])
    func histogramsAndSummaries_HaveFewModes(mode: String) throws {
        let bench = PushBench()
        let outcome = try bench.push("h histogram \(mode) h(+Inf:1) | s summary \(mode) s(c=1)")
        #expect(outcome.words == ["clearmode_unfit", "clearmode_unfit"])
        #expect(bench.samples() == [])
    }

    /// Labels of borders stand where their names belong.
    @Test(arguments: [
        ("", "le=\"+Inf\""), ("a=1", "a=\"1\",le=\"+Inf\""), ("z=1", "le=\"+Inf\",z=\"1\""),
        ("a=1,z=1", "a=\"1\",le=\"+Inf\",z=\"1\""), ("lea=1", "le=\"+Inf\",lea=\"1\""), ("l=1", "l=\"1\",le=\"+Inf\""),
    ])
    func borders_StandInOrder(labels: String, expected: String) throws {
        let bench = PushBench()
        try bench.push("m histogram \(labels) sum h(+Inf:1)")
        #expect(bench.samples().first == "m_bucket{\(expected)} 1")
    }
}
