import Foundation
import NIOCore
import Testing

@testable import ExporterProxy

extension SnapshotArchive.Change {
    fileprivate var text: String {
        switch self {
        case .save(let snapshot): "+\(snapshot.source)"
        case .remove(let source): "-\(source)"
        }
    }
}

extension SnapshotArchive {
    /// Plans and writes all of it; answers the steps.
    fileprivate mutating func save(_ store: SnapshotStore) -> [[String]] {
        plan(store)
        var steps: [[String]] = []
        while !isIdle {
            let step = nextStep()
            steps.append(step.map(\.text).sorted())
            noteWritten(step)
        }
        return steps
    }
}

struct SnapshotArchiveTests {
    // MARK: What is to be written

    @Test func onlyWhatHasChanged_IsWritten() {
        let store = SnapshotStore()
        var archive = SnapshotArchive()
        #expect(archive.save(store) == [])
        let kept = Snapshot("a", "1\n")
        for snapshot in [kept, Snapshot("b", "1\n", door: .unix), Snapshot("c", "1\n")] {
            _ = store.replace(with: snapshot)
        }
        #expect(archive.save(store) == [["+a", "+b", "+c"]])
        #expect(archive.save(store) == [])
        _ = store.replace(with: Snapshot("b", "1\n"))
        store.remove("c") { _ in true }
        #expect(archive.save(store) == [["+b", "-c"]])
        // The same one again is no change, though the table has changed.
        _ = store.replace(with: kept)
        #expect(archive.save(store) == [])
    }

    @Test func whatIsPolled_IsNotWritten() {
        let store = SnapshotStore()
        var archive = SnapshotArchive()
        _ = store.replace(with: Snapshot("t", "1\n", door: .poll))
        _ = store.replace(with: Snapshot("exporter-proxy", "1\n", door: .own))
        _ = store.replace(with: Snapshot("a", "1\n", door: .tcp))
        #expect(archive.save(store) == [["+a"]])
        // It has become a target.
        _ = store.replace(with: Snapshot("a", "1\n", door: .poll))
        #expect(archive.save(store) == [["-a"]])
    }

    @Test func aSnapshotThatFailed_IsWrittenLater() {
        let store = SnapshotStore()
        var archive = SnapshotArchive()
        _ = store.replace(with: Snapshot("a", "1\n"))
        archive.plan(store)
        archive.giveUp()
        #expect(archive.isIdle && archive.save(store) == [["+a"]])
    }

    @Test func steps_AreBounded_ByBytesAndByCount() {
        let store = SnapshotStore()
        var archive = SnapshotArchive()
        for (name, count) in [("a", 3 << 20), ("b", 3 << 20), ("c", 10)] {
            let body = ByteBuffer(repeating: 0x0A, count: count)
            _ = store.replace(with: Snapshot(source: name, origin: .init(.tcp, "x"), receivedAt: .example, body: body))
        }
        #expect(archive.save(store) == [["+a"], ["+b"], ["+c"]])
        for index in 0..<1000 { _ = store.replace(with: Snapshot("app \(index)", "1\n")) }
        #expect(archive.save(store).map(\.count) == [256, 256, 256, 232])
    }

    @Test func whatIsOnDisk_KeepsNoSnapshotAlive() {
        let store = SnapshotStore()
        var archive = SnapshotArchive()
        weak var old: Snapshot?
        do {
            let snapshot = Snapshot("a", "1\n")
            old = snapshot
            _ = store.replace(with: snapshot)
        }
        _ = archive.save(store)
        #expect(old != nil)
        _ = store.replace(with: Snapshot("a", "2\n"))
        #expect(old == nil)
        #expect(archive.save(store) == [["+a"]])
    }

    // MARK: There and back

    private static func entries(_ store: SnapshotStore) -> [String: Snapshot] {
        Dictionary(
            uniqueKeysWithValues: store.view().entries.compactMap { $0?.snapshot }.map { ($0.source, $0) })
    }

    @Test func snapshots_AreBack_AsOldAsTheyAre() async throws {
        let folder = try TemporaryFolder()
        let first = DiskBench(folder.path)
        try await first.run { [first] _ in
            let old = Moment.example.advanced(by: .seconds(-100))
            _ = first.store.replace(
                with: Snapshot("é \u{1F600}", "1\n", address: "[::1]:5", labels: ["a": "", "b": "\"\n"], at: old))
            _ = first.store.replace(with: Snapshot("empty", "", door: .unix, address: "/run/x"))
            _ = first.store.replace(with: Snapshot("polled", "1\n", door: .poll))
        }
        let next = DiskBench(folder.path)
        next.time.advance(by: .seconds(50))
        // After a boot the monotonic clock has begun again.
        let boot = Moment(wall: next.time.source().wall, monotonic: 7_000_000_000)
        let restarted = ManualTime(boot)
        var bench = next
        bench.time = restarted
        try await bench.run { [bench] _ in
            let entries = Self.entries(bench.store)
            #expect(Set(entries.keys) == ["é \u{1F600}", "empty"])
            let snapshot = try #require(entries["é \u{1F600}"])
            #expect(snapshot.body.text == "1\n")
            #expect(snapshot.origin == .init(.tcp, "[::1]:5", labels: ["a": "", "b": "\"\n"]))
            #expect(snapshot.receivedAt.wall == Moment.example.advanced(by: .seconds(-100)).wall)
            #expect(boot.elapsed(since: snapshot.receivedAt) == .seconds(150))
            #expect(entries["empty"]?.origin == .init(.unix, "/run/x") && entries["empty"]?.body.readableBytes == 0)
        }
    }

    @Test(arguments: [Int64.min, -1, 0, .max])
    func aSnapshotFromAnyTime_IsOfSomeAge(received: Int64) throws {
        let old = Snapshot(
            source: "a", origin: .init(.tcp, "x"),
            receivedAt: Moment(wall: Timestamp(nanoseconds: received), monotonic: 0), body: ByteBuffer())
        let now = Moment.example
        let snapshot = try #require(Snapshot(row: old.row, at: now))
        #expect(snapshot.receivedAt.wall.nanoseconds == received)
        let age = now.elapsed(since: snapshot.receivedAt)
        #expect(received == .max ? age == .zero : received < -1 ? age >= .zero : age > .seconds(1_700_000_000))
    }

    @Test func snapshots_AreSaved_NowAndThen() async throws {
        let folder = try TemporaryFolder()
        let copy = try TemporaryFolder()
        let bench = DiskBench(folder.path)
        let image = try await bench.run { [bench] _ in
            _ = bench.store.replace(with: Snapshot("a", "saved\n"))
            try await onOwnThread {
                wait(until: "it is in the log") {
                    let log = FileManager.default.contents(atPath: bench.file + "-wal") ?? Data()
                    return log.range(of: Data("saved\n".utf8)) != nil
                }
            }
            return try bench.image(in: copy)
        }
        try await image.look()
        #expect(Self.entries(image.store)["a"]?.body.text == "saved\n")
    }

    @Test func whoIsGone_OrReserved_OrOneTooMany_DoesNotComeBack() async throws {
        let folder = try TemporaryFolder()
        let first = DiskBench(folder.path)
        try await first.run { [first] _ in
            for name in ["gone", "target", "kept", "late"] { _ = first.store.replace(with: Snapshot(name, "1\n")) }
        }
        var second = DiskBench(folder.path)
        second.reserved = ReservedNames(names: ["target"])
        try await second.run { [second] _ in
            #expect(Set(Self.entries(second.store).keys) == ["gone", "kept", "late"])
            second.store.remove("gone") { _ in true }
        }
        var third = DiskBench(folder.path)
        third.store = SnapshotStore(sourcesMax: 1)
        try await third.run { [third] _ in #expect(third.store.count == 1) }
        let last = DiskBench(folder.path)
        try await last.look()
        #expect(last.store.count == 1)
    }

    @Test func aFasterRhythm_HoldsAtOnce() async throws {
        let folder = try TemporaryFolder()
        var slow = DiskBench(folder.path)
        slow.saveInterval = .seconds(3600)
        let bench = slow
        try await bench.run { persistence in
            _ = bench.store.replace(with: Snapshot("a", "1\n"))
            persistence.saveInterval = .seconds(1800)
            #expect(persistence.saveInterval == .seconds(1800))
            try await onOwnThread {
                wait(until: "it is saved") {
                    FileManager.default.contents(atPath: bench.file + "-wal")?.range(of: Data("127.0.0.1:6554".utf8))
                        != nil
                }
            }
        }
    }
}
