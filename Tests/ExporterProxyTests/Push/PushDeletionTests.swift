import Testing

@testable import ExporterProxy

struct PushDeletionTests {
    @Test func delete_TakesOneGroup() throws {
        let bench = PushBench()
        try bench.push("m gauge x=1 1", to: "job=a")
        try bench.push("m gauge x=2 1", to: "job=a,instance=i")
        #expect(bench.delete("instance=i,job=a"))
        #expect(!bench.delete("instance=i,job=a"))
        #expect(bench.groups.count == 1 && bench.groups.series == 1)
        #expect(bench.wipe() == 1)
        #expect(bench.groups.count == 0 && bench.groups.ledger.owners.isEmpty && bench.groups.ledger.names.isEmpty)
    }

    /// Which of all series is wanted, what is left, and how many samples and groups have gone.
    @Test(arguments: [
        ("name=m", ["h_bucket{le=\"+Inf\"} 1", "h_count 1", "n 1"], 3, 1),
        ("x=1", ["h_bucket{le=\"+Inf\"} 1", "h_count 1", "m{x=\"2\"} 2", "n 1"], 2, 1),
        ("name=h_count", ["m{x=\"1\"} 1", "m{x=\"2\"} 2", "n 1"], 2, 0),
        ("name=none", ["h_bucket{le=\"+Inf\"} 1", "h_count 1", "m{x=\"1\"} 1", "m{x=\"2\"} 2", "n 1"], 0, 0),
        ("", [], 6, 2),
    ])
    func selected_GoesEverywhere(wanted: String, left: [String], series: Int, groups: Int) throws {
        let bench = PushBench()
        try bench.push("m gauge block x=1 1; x=2 2 | n gauge sum 1 | h histogram sum h(+Inf:1)", to: "job=a")
        try bench.push("m gauge x=1,y=1 1", to: "job=b")
        bench.advance(.seconds(61))
        try bench.push("m gauge x=1,z=1 1", to: "job=young")
        let selection = bench.select(olderThan: .seconds(60)) { name, labels in
            wanted.isEmpty || wanted == "name=\(name)" || labels.contains { wanted == "\($0.name)=\($0.value)" }
        }
        #expect((selection.series, selection.groupsLeftEmpty) == (series, groups))
        #expect(bench.groups.series == 7)
        #expect(bench.apply(.deleteSelected(selection)) == .removed(series: series, groups: groups))
        #expect(bench.groups.series == 7 - series)
        #expect(bench.samples(of: "job=young").count == 1)
        #expect(bench.samples(of: "job=a") == left)
    }

    @Test func everything_TakesGroupsWithoutSeriesToo() throws {
        let bench = PushBench()
        try bench.push("", to: "job=a")
        try bench.push("m gauge 1", to: "job=b")
        let series = bench.select(olderThan: nil) { _, _ in true }
        #expect(bench.apply(.deleteSelected(series)) == .removed(series: 1, groups: 1))
        let all = bench.select(olderThan: nil, where: nil)
        #expect(all.groupsLeftEmpty == 1)
        #expect(bench.apply(.deleteSelected(all)) == .removed(series: 0, groups: 1))
        #expect(bench.groups.count == 0)
    }

    @Test func selectionFromBefore_TakesWhatIsLeftOfIt() throws {
        let bench = PushBench()
        try bench.push("m gauge x=1 1; x=2 sum 2 | s summary a=1 s(0.5:1)")
        let selection = bench.select(olderThan: nil, where: nil)
        #expect(selection.metrics.map(\.labels) == ["x=\"1\"", "x=\"2\"", "a=\"1\""])
        try bench.push("m gauge x=2 sum 2; x=3 1")
        #expect(bench.apply(.deleteSelected(selection)) == .removed(series: 2, groups: 0))
        #expect(bench.samples() == ["m{x=\"3\"} 1"])
        #expect(bench.apply(.delete(GroupingKey("job=a"))) == .removed(series: 1, groups: 1))
        #expect(bench.apply(.deleteSelected(selection)) == .removed(series: 0, groups: 0))
    }
}
