import Exposition
import NIOCore
import Testing

@testable import ExporterProxy

struct PushPropertyTests {
    /// The lines of a group without those that every group has.
    private static func lines(_ bench: PushBench, _ group: GroupingKey) -> [String] {
        let text = bench.groups.text(of: group, at: bench.now) ?? ""
        let lines = text.split(separator: "\n").map(String.init)
        return lines.filter { !$0.hasPrefix("#") && !$0.hasPrefix("push_") }.sorted()
    }

    @Test(arguments: UInt64(0)..<60)
    func anyPushes_AreHeldAsTheModelSays(seed: UInt64) throws {
        var pushes = RandomPushes(random: SeededGenerator(seed: seed))
        let bench = PushBench()
        var model = PushModel()
        for step in 0..<60 {
            if step % 7 == 6 {
                bench.advance(.seconds(1))
                _ = bench.expire()
                model.expire(at: bench.now.monotonic)
            }
            if step % 23 == 22 {
                _ = bench.delete("job=b")
                model.delete(GroupingKey("job=b"))
            }
            let push = try pushes.next(at: bench.now)
            let outcome = bench.apply(push)
            #expect((outcome == .stored) == model.apply(push), "seed \(seed), step \(step): \(push) \(outcome)")
            for group in model.groups.keys {
                #expect(Self.lines(bench, group) == model.lines(of: group), "seed \(seed), step \(step): \(push)")
                let text = bench.groups.text(of: group, at: bench.now) ?? ""
                #expect(IndexedExposition.of(text) != nil, "seed \(seed), step \(step): \(text)")
            }
            expectTidy(bench.groups, model, "seed \(seed), step \(step)")
            guard bench.groups.count == model.groups.count else { break }
        }
    }

    /// Nothing is claimed that nobody has.
    private func expectTidy(_ groups: PushedGroups, _ model: PushModel, _ place: String) {
        let families = model.groups.values.flatMap { $0 }
        let metrics = families.reduce(0) { $0 + $1.value.metrics.count }
        #expect(groups.count == model.groups.count, "\(place)")
        #expect(groups.ledger.owners.count == metrics + model.groups.count, "\(place)")
        #expect(Set(groups.ledger.names.keys) == Set(families.map(\.key)), "\(place)")
        #expect(groups.series == model.groups.keys.reduce(0) { $0 + model.lines(of: $1).count }, "\(place)")
        #expect(groups.ledger.keptValues == 0, "\(place)")
    }

    /// Replayed from the journal, and restored from parts: the same groups.
    @Test(arguments: UInt64(0)..<40)
    func state_OutlivesTheProcess(seed: UInt64) throws {
        var pushes = RandomPushes(random: SeededGenerator(seed: seed))
        let (bench, replayed, restored) = (PushBench(), PushBench(), PushBench())
        var parts: [String: ByteBuffer] = [:]
        for step in 0..<40 {
            var push = try pushes.next(at: bench.now)
            push.idempotencyKey = step % 3 == 0 ? "\(step % 9)" : nil
            var records: [PushRecord] = [.push(push)]
            if step % 5 == 4 {
                records.append(.push(try bench.pushed("w gauge mean/9s \(step) | q gauge p50/5s \(step)")))
            }
            if step % 6 == 5 {
                bench.advance(.milliseconds(1500))
                records.append(.expire(at: bench.now))
            }
            if step % 17 == 16 { records.append(.delete(push.group)) }
            if step % 19 == 18 {
                let selection = bench.select(olderThan: nil) { name, _ in name == "m" }
                records.append(.deleteSelected(selection))
            }
            for record in records {
                let outcome = bench.apply(record)
                #expect(
                    replayed.apply(try PushCodec.decode(PushCodec.encode(record), at: bench.now)).words == outcome.words
                )
            }
            if step % 10 == 9 { for part in bench.changedParts() { parts[part.key] = part.bytes } }
        }
        let page = bench.page()
        #expect(replayed.page(at: bench.now) == page, "seed \(seed)")
        for part in parts.values { try restored.groups.restore(part, at: bench.now) }
        #expect(restored.page(at: bench.now) == page, "seed \(seed)")
        #expect(restored.changedParts().isEmpty)
        for moment in [bench.now, bench.now.advanced(by: .seconds(3)), bench.now.advanced(by: .seconds(9))] {
            let push = try pushes.next(at: moment)
            for record in [PushRecord.expire(at: moment), .push(push)] {
                let words = bench.apply(record).words
                #expect(replayed.apply(record).words == words, "seed \(seed)")
                #expect(restored.apply(record).words == words, "seed \(seed)")
            }
            #expect(replayed.page(at: moment) == bench.page(at: moment), "seed \(seed)")
            #expect(restored.page(at: moment) == bench.page(at: moment), "seed \(seed)")
        }
    }

    /// A windowed sum is between those of a window that is one bucket shorter and of the whole one.
    @Test(arguments: UInt64(0)..<20)
    func windowedSum_IsThatOfTheLastWhile(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var window = ValueWindow(.sum, length: 1000)
        var pushes: [(time: Int64, value: Double)] = []
        var time: Int64 = -500
        for _ in 0..<500 {
            time += Int64.random(in: 0...30, using: &random)
            let value = Double(Int.random(in: 1...9, using: &random))
            window.add(value, at: time)
            pushes.append((time, value))
            let now = time + Int64.random(in: 0...300, using: &random)
            let least = pushes.filter { now - $0.time < 990 }.reduce(0) { $0 + $1.value }
            let most = pushes.filter { now - $0.time < 1000 }.reduce(0) { $0 + $1.value }
            let got = try #require(window.value(at: now))
            #expect((least...most).contains(got), "seed \(seed)")
            if let change = window.change(after: now) {
                #expect(window.value(at: change - 1) == got && window.value(at: change) != got, "seed \(seed)")
            }
        }
    }
}
