import NIOCore
import Testing

@testable import ExporterProxy

struct PushRenderingTests {
    @Test func group_IsWrittenSortedWithItsTimes() throws {
        let bench = PushBench()
        bench.now.wall.nanoseconds = 1_700_000_000_250_000_000
        try bench.push(
            "z untyped block b=2 1.0; a=1 2 | c counter help=Things. x=1 sum 3 | h histogram z=9 sum h(0.10:1,1e1:2,+Inf:2,s=0.3)",
            to: "job=j,a=quo\"te")
        let failure = "When a push to the group was last refused, in seconds since 1970; 0 is never."
        let success = "When the group was last pushed to, in seconds since 1970; 0 is never."
        #expect(
            bench.text(of: "job=j,a=quo\"te") == #"""
                # HELP c Things.
                # TYPE c counter
                c{x="1"} 3
                # TYPE h histogram
                h_bucket{le="0.1",z="9"} 1
                h_bucket{le="10",z="9"} 2
                h_bucket{le="+Inf",z="9"} 2
                h_sum{z="9"} 0.3
                h_count{z="9"} 2
                # TYPE z untyped
                z{b="2"} 1.0
                z{a="1"} 2
                # HELP push_failure_time_seconds \#(failure)
                # TYPE push_failure_time_seconds gauge
                push_failure_time_seconds{a="quo\"te",instance="",job="j"} 0
                # HELP push_time_seconds \#(success)
                # TYPE push_time_seconds gauge
                push_time_seconds{a="quo\"te",instance="",job="j"} 1700000000.25

                """#)
    }

    @Test func render_AnswersWhatHasChanged() throws {
        let bench = PushBench()
        try bench.push("m gauge x=1 1", to: "job=a")
        try bench.push("m gauge x=2 1", to: "job=b,instance=i")
        let first = bench.render()
        #expect(first.changed.map(\.source) == [#"push: {job="a"}"#, #"push: {instance="i",job="b"}"#])
        #expect(first.changed.allSatisfy { $0.at == bench.now } && first.until == nil)
        #expect(bench.render().changed.isEmpty)
        bench.advance(.seconds(1))
        try bench.push("m gauge x=3 1", to: "job=a")
        _ = bench.delete("job=b,instance=i")
        let second = bench.render().changed
        #expect(second.map(\.source) == [#"push: {instance="i",job="b"}"#, #"push: {job="a"}"#])
        #expect(second.map { $0.body == nil } == [true, false])
        #expect(second.last?.body?.text.contains("m{x=\"3\"} 1\n") == true)
        _ = bench.wipe()
        try bench.push("m gauge x=3 1", to: "job=a")
        #expect(bench.render().changed.map { $0.body == nil } == [false])
    }

    @Test func groupThatNobodySaw_GoesUnseen() throws {
        let bench = PushBench()
        try bench.push("m gauge x=1 1")
        _ = bench.delete("job=a")
        #expect(bench.render().changed.isEmpty)
        #expect(bench.changedParts().isEmpty)
    }

    @Test func windows_ChangeTheTextWhenTheyEnd() throws {
        let bench = PushBench()
        try bench.push("m gauge sum/100s 1 | n gauge mean/60s 1 | o gauge 1", to: "job=a")
        try bench.push("p gauge 1", to: "job=b")
        let start = bench.now
        let first = bench.render()
        #expect(first.until == start.advanced(by: .seconds(60)))
        bench.advance(.seconds(59))
        #expect(bench.render().changed.isEmpty)
        bench.advance(.seconds(1))
        let second = bench.render()
        #expect(second.changed.map(\.source) == [#"push: {job="a"}"#])
        #expect(second.changed.first?.body?.text.contains("# TYPE n") == false)
        #expect(second.changed.first?.body?.text.contains("m 1\n") == true)
        #expect(second.until == start.advanced(by: .seconds(100)))
        bench.advance(.seconds(40))
        let third = bench.render()
        #expect(third.changed.first?.body?.text.contains("m 0\n") == true && third.until == nil)
    }

    /// What a listing has drawn is still new to the store.
    @Test func summaries_DoNotHideAChange() throws {
        let bench = PushBench()
        try bench.push("m gauge sum/100s 1 | n gauge help=N. block x=1 1.0")
        _ = bench.summaries()
        #expect(bench.render().changed.count == 1)
        bench.advance(.seconds(100))
        _ = bench.summaries()
        #expect(bench.render().changed.count == 1)
    }

    @Test func summary_SaysWhatAGroupHolds() throws {
        let bench = PushBench()
        try bench.push("n gauge help=N. block x=a\\n\\\\\\\"b,y=2 1.0 | c counter sum 2", to: "job=a")
        try bench.push("", to: "job=B")
        let groups = bench.summaries()
        #expect(groups.map(\.key.text) == [#"{job="B"}"#, #"{job="a"}"#])
        let group = try #require(groups.last)
        #expect(group.lastPush == bench.now && group.lastFailure == nil && group.lastSucceeded)
        #expect(group.series == 2 && group.bytes == bench.text()?.utf8.count)
        #expect(group.families.map(\.name) == ["c", "n"] && group.families.map(\.help) == [nil, "N."])
        #expect(group.families.map(\.type) == [.counter, .gauge])
        #expect(group.families.first?.samples == [PushedSample(name: "c", labels: [], value: "2")])
        #expect(
            group.families.last?.samples == [
                PushedSample(name: "n", labels: [.init("x", "a\n\\\"b"), .init("y", "2")], value: "1.0")
            ])
    }
}
