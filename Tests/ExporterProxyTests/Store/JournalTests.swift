import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import ExporterProxy

struct JournalTests {
    private let folder: TemporaryFolder
    private let bench: DiskBench

    init() throws {
        folder = try TemporaryFolder()
        bench = DiskBench(folder.path)
    }

    // MARK: There and back

    @Test func records_AreBackAfterAKill_InTheirOrder() async throws {
        let copy = try TemporaryFolder()
        let image = try await bench.run { [bench] persistence in
            let results = await bench.push((1...50).map { "key \($0 % 7)=\($0)" }, to: persistence.journal)
            #expect(results.successes == 50)
            return try bench.image(in: copy)
        }
        try await image.look()
        #expect(image.keeper.notes == bench.keeper.notes && image.keeper.notes.count == 7)
        #expect(image.keeper.state.replayed == Array(1...50))
    }

    @Test func parts_TakeThePlaceOfRecords_AtAnOrderlyEnd() async throws {
        try await bench.run { [bench] in
            await bench.push(["a=1", "b=2", "a=3", "c=4", "c="], to: $0.journal)
        }
        let next = DiskBench(folder.path)
        try await next.run { [next] persistence in
            #expect(next.keeper.notes == ["a": "3", "b": "2"])
            #expect(next.keeper.state.replayed == [] && next.keeper.state.restored == 2)
            // Numbers go on.
            #expect(persistence.journal.append(ByteBuffer(string: "b=")) { _ in } == 6)
            await next.push(["d=5"], to: persistence.journal)
        }
        let last = DiskBench(folder.path)
        try await last.look()
        // The record that was not applied is in no part, and yet it is gone through: its number was said.
        #expect(last.keeper.notes == ["a": "3", "b": "2", "d": "5"])
        #expect(try last.files() == ["lock", "state.sqlite"])
    }

    @Test func parts_TakeThePlaceOfRecords_WhenThereAreMany() async throws {
        let copy = try TemporaryFolder()
        let large = String(repeating: "x", count: 1 << 20)
        let image = try await bench.run { [bench] persistence in
            await bench.push((1...40).map { "key \($0 % 3)=\($0)\(large)" }, to: persistence.journal)
            // When this one is written, everything is that came of the others.
            await bench.push(["last=1"], to: persistence.journal)
            return try bench.image(in: copy)
        }
        try await image.look()
        #expect(image.keeper.notes == bench.keeper.notes && image.keeper.notes.count == 4)
        #expect(image.keeper.state.restored == 3)
        let replayed = image.keeper.state.replayed
        #expect(replayed.count < 30 && replayed == replayed.indices.map { UInt64(42 - replayed.count + $0) })
        #expect(bench.registry.value("exporter_proxy_store_journal_bytes") ?? 0 < 30 << 20)
    }

    @Test func aRecordThatSaysNothing_CostsOnlyItself() async throws {
        let copy = try TemporaryFolder()
        let image = try await bench.run { [bench] persistence in
            await bench.push(["a=1", "nonsense", "b=2"], to: persistence.journal)
            return try bench.image(in: copy)
        }
        try await image.look()
        #expect(image.keeper.notes == ["a": "1", "b": "2"])
        #expect(image.registry.value(#"exporter_proxy_store_unreadable_total{kind="journal"}"#) == 1)
        #expect(image.log.all.contains("error: state on disk was not read whole"))
    }

    @Test func aPartThatSaysNothing_CostsOnlyItself() async throws {
        try await bench.run { [bench] in await bench.push(["bad=1", "b=2"], to: $0.journal) }
        let next = DiskBench(folder.path)
        try await next.look()
        #expect(next.keeper.notes == ["b": "2"])
        #expect(next.registry.value(#"exporter_proxy_store_unreadable_total{kind="journal"}"#) == 1)
    }

    @Test(arguments: Journal.Ack.allCases)
    func emptyAndLargeRecords_AreKept(ack: Journal.Ack) async throws {
        var bench = bench
        bench.ack = ack
        let notes = ["=", "k=" + String(repeating: "v", count: 9_000_000), "l=1"]
        try await bench.run { [bench] persistence in
            #expect(persistence.journal.ack == ack)
            #expect(await bench.push(notes, to: persistence.journal).successes == 3)
        }
        let next = DiskBench(folder.path)
        try await next.look()
        #expect(next.keeper.notes == ["k": String(repeating: "v", count: 9_000_000), "l": "1"])
    }

    // MARK: The order of things

    @Test func thoseWhoWait_AreToldInTheOrderOfTheirNumbers() async throws {
        let told = NIOLockedValueBox<[UInt64]>([])
        try await bench.run { persistence in
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for round in 0..<200 {
                            let number = NIOLockedValueBox<UInt64>(0)
                            number.withLockedValue { value in
                                value = persistence.journal.append(ByteBuffer(string: "\(task)=\(round)")) { result in
                                    #expect(throws: Never.self) { try result.get() }
                                    told.withLockedValue { $0.append(number.withLockedValue { $0 }) }
                                }
                            }
                        }
                    }
                }
            }
        }
        #expect(told.withLockedValue { $0 } == Array(1...1600))
    }

    /// Whoever comes while the writer is busy is written together with the others.
    @Test func thoseWhoComeDuringACommit_JoinTheNext() async throws {
        let gate = ConditionLock(value: false)
        let (writing, isWriting) = AsyncStream.makeStream(of: Void.self)
        try await bench.run { [bench] persistence in
            persistence.journal.append(ByteBuffer(string: "first=1")) { _ in
                isWriting.finish()
                gate.lock(whenValue: true)
                gate.unlock()
            }
            for await _ in writing {}
            let others = Task { await bench.push((0..<100).map { "\($0)=1" }, to: persistence.journal) }
            // A number is given at once; the first after all of them shows that they wait.
            try await onOwnThread {
                wait(until: "all wait") { persistence.journal.append(ByteBuffer(string: "x=1")) { _ in } > 101 }
            }
            gate.lock()
            gate.unlock(withValue: true)
            #expect(await others.value.successes == 100)
            #expect(bench.registry.value("exporter_proxy_store_commit_duration_seconds_count") == 2)
        }
    }

    @Test func recordsBeyondTheRoom_AreRefused_InTheirTurn() async throws {
        let gate = ConditionLock(value: false)
        let quarter = ByteBuffer(repeating: UInt8(ascii: "="), count: Journal.waitingBytesMax / 4)
        let told = NIOLockedValueBox<[String]>([])
        try await bench.run { [bench] persistence in
            @Sendable func append(_ record: ByteBuffer) {
                persistence.journal.append(record) { result in
                    gate.lock(whenValue: true)
                    gate.unlock()
                    told.withLockedValue { told in
                        if case .failure(let error) = result { told.append("\(error)") } else { told.append("ok") }
                    }
                }
            }
            for _ in 0..<5 { append(quarter) }
            append(ByteBuffer(string: "a=1"))
            gate.lock()
            gate.unlock(withValue: true)
            try await onOwnThread { wait(until: "all are told") { told.withLockedValue { $0.count } == 6 } }
            // There is room again.
            #expect(await bench.push(["b=1"], to: persistence.journal).successes == 1)
        }
        let full = "too much waits to be written to disk"
        #expect(told.withLockedValue { $0 } == ["ok", "ok", "ok", "ok", full, full])
        #expect(bench.registry.value("exporter_proxy_store_records_refused_total") == 2)
    }

    @Test func afterTheEnd_NothingIsTaken() async throws {
        let journal = try await bench.run { $0.journal }
        #expect(await bench.push(["a=1"], to: journal).failures == [.ended])
        let next = DiskBench(folder.path)
        try await next.look()
        #expect(next.keeper.notes == [:])
    }
}
