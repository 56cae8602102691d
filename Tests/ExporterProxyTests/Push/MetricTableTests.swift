import Testing

@testable import ExporterProxy

struct MetricTableTests {
    @Test func table_KeepsTheOrder_AndClosesItsGaps() {
        var table = MetricTable<Int>()
        for number in 0..<100 as Range<UInt64> { table.put(number, Int(number)) }
        let old = table.put(7, 70)
        #expect(old == 7)
        for number in 0..<100 as Range<UInt64> where number % 10 != 7 {
            let gone = table.remove(number)
            #expect(gone == Int(number))
        }
        let nothing = table.remove(0)
        #expect(nothing == nil)
        #expect(table.entries.map(\.metric) == [70, 17, 27, 37, 47, 57, 67, 77, 87, 97])
        #expect(table.count == 10 && table.read(97) { $0 } == 97 && table.read(98) { $0 } == nil)
        let change: Void? = table.update(17) { $0 += 1 }
        #expect(change != nil && table.read(17) { $0 } == 18)
    }

    @Test func labels_MoveTogetherWhenManyHaveGone() {
        var store = LabelStore()
        let places = (0..<1000).map { store.add("x=\"\($0)\"") }
        #expect(!store.isWasteful && store.text(places[999]) == "x=\"999\"" && store.text(places[0]) == "x=\"0\"")
        for place in places[..<600] { store.remove(place) }
        #expect(store.isWasteful)
    }

    /// Series that come and go do not fill the memory, and nobody gets the labels of another one.
    @Test func comingAndGoing_TakesNoMoreRoom() throws {
        let bench = PushBench()
        for round in 0..<50 {
            let metrics = (0..<100).map { "x=\(round)-\($0) sum \($0)" }.joined(separator: ";")
            try bench.push("m counter \(metrics); y=1 sum 1", .nothing, life: .seconds(2))
            bench.advance(.seconds(1))
            _ = bench.expire()
        }
        #expect(bench.groups.slots[0]?.families.first?.labels.room ?? .max < 16_000)
        let expected = (0..<100).map { "m{x=\"49-\($0)\"} \($0)" }
        #expect(bench.samples().first == "m{y=\"1\"} 50" && Array(bench.samples().dropFirst()) == expected)
    }
}
