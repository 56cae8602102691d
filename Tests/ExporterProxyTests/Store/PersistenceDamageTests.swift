import Foundation
import NIOCore
import Testing

@testable import ExporterProxy

/// Whatever is in the folder: the proxy starts, and has what could still be read.
struct PersistenceDamageTests {
    /// A state of 300 notes in parts, 60 in records that are still in the log or in the file, and 20 snapshots.
    private static func damaged(_ name: String, _ harm: (inout [UInt8]) -> Void) async throws -> (
        bench: DiskBench, folder: TemporaryFolder, notes: [String: String]
    ) {
        let image = try await sample.get()
        let folder = try TemporaryFolder()
        for (file, bytes) in image.files {
            var bytes = bytes
            if file == name { harm(&bytes) }
            _ = try folder.write(bytes, to: file)
        }
        return (DiskBench(folder.path), folder, image.notes)
    }

    private struct Image {
        var files: [String: [UInt8]]
        var notes: [String: String]
    }

    /// Made once.
    private actor Sample {
        private var image: Image?

        func get() async throws -> Image {
            if let image { return image }
            let folder = try TemporaryFolder()
            try await DiskBench(folder.path).fill((0..<300).map { "part \($0)" }, snapshots: 20)
            let copy = try TemporaryFolder()
            let bench = DiskBench(folder.path)
            try await bench.run { [bench] persistence in
                for index in 0..<60 {
                    let note = "record \(index)=\(String(repeating: "r\(index) ", count: 100 + index * 20))"
                    await bench.push([note], to: persistence.journal)
                }
                _ = try bench.image(in: copy)
            }
            let names = ["state.sqlite", "state.sqlite-wal"]
            let files = try names.map { ($0, try [UInt8](Data(contentsOf: URL(fileURLWithPath: copy.file($0))))) }
            let made = Image(files: Dictionary(uniqueKeysWithValues: files), notes: bench.keeper.notes)
            image = made
            return made
        }
    }

    private static let sample = Sample()

    /// Nothing is there that was not written; answers how much is.
    private static func requireTrue(_ bench: DiskBench, _ notes: [String: String], _ what: Comment) -> Int {
        for (key, value) in bench.keeper.notes { #expect(notes[key] == value, what) }
        for snapshot in bench.store.view().entries.compactMap({ $0?.snapshot }) {
            #expect(snapshot.body.text == DiskBench.text(of: snapshot.source), what)
        }
        return bench.keeper.notes.count + bench.store.count
    }

    @Test func theSample_IsWhole() async throws {
        let (bench, folder, notes) = try await Self.damaged("") { _ in }
        try await bench.look()
        #expect(Self.requireTrue(bench, notes, "whole") == 380)
        #expect(bench.log.all.count == 1)
        withExtendedLifetime(folder) {}
    }

    /// Of what a killed process leaves, the end of the log may be missing: then so are the last records, and only they.
    @Test(arguments: 0..<60)
    func aLogThatIsCutShort_HasWhatCameBefore(place: Int) async throws {
        let (bench, folder, notes) = try await Self.damaged("state.sqlite-wal") { bytes in
            // Most places are within a page, some at its border.
            let count = bytes.count * place / 60
            bytes.removeLast(bytes.count - (place % 5 == 0 ? count / 16_408 * 16_408 + 32 : count))
        }
        try await bench.look()
        let count = Self.requireTrue(bench, notes, "cut at \(place)")
        #expect(count >= 320)
        #expect(bench.keeper.state.replayed == Array(bench.keeper.state.replayed.indices.map { UInt64($0) + 301 }))
        #expect(try bench.files() == ["lock", "state.sqlite"] && bench.log.all.count == 1)
        withExtendedLifetime(folder) {}
    }

    @Test(arguments: 0..<60)
    func aFileThatIsCutShort_IsNotInTheWay(place: Int) async throws {
        let (bench, folder, notes) = try await Self.damaged("state.sqlite") { bytes in
            let count = bytes.count * place / 60
            bytes.removeLast(bytes.count - (place % 3 == 0 ? count / 16_384 * 16_384 : count))
        }
        try await bench.look()
        let count = Self.requireTrue(bench, notes, "cut at \(place)")
        #expect(count == 380 || bench.log.all.contains { $0.hasPrefix("error") }, "cut at \(place)")
        // And it works.
        try await DiskBench(folder.path).fill(["new"], snapshots: 1)
        let next = DiskBench(folder.path)
        try await next.look()
        #expect(next.keeper.notes["new"] == DiskBench.text(of: "new"))
    }

    @Test(arguments: ["state.sqlite", "state.sqlite-wal"], 0..<80)
    func bytesThatHaveChanged_AreNotServed(name: String, seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let (bench, folder, notes) = try await Self.damaged(name) { bytes in
            for _ in 0..<(seed % 4 + 1) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
        }
        try await bench.look()
        let count = Self.requireTrue(bench, notes, "\(name), seed \(seed)")
        // What is missing was noticed, unless it is the end of the log.
        let isQuiet = !bench.log.all.contains { $0.hasPrefix("error") }
        #expect(count == 380 || !isQuiet || name == "state.sqlite-wal", "seed \(seed)")
        withExtendedLifetime(folder) {}
    }

    @Test(arguments: 0..<20)
    func aPageThatIsGone_CostsNotMuchMore(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let (bench, folder, notes) = try await Self.damaged("state.sqlite") { bytes in
            // Not the first, which says what the file is.
            let page = Int.random(in: 1..<bytes.count / 16_384, using: &random) * 16_384
            for place in page..<page + 16_384 { bytes[place] = UInt8.random(in: 0...255, using: &random) }
        }
        try await bench.look()
        let count = Self.requireTrue(bench, notes, "seed \(seed)")
        #expect(count > 60, "seed \(seed)")
        withExtendedLifetime(folder) {}
    }

    @Test(arguments: [1, 511, 512, 100_000])
    func aFileThatIsNoDatabase_IsSetAside(count: Int) async throws {
        let text = String(repeating: "x", count: count)
        let folder = try TemporaryFolder()
        _ = try folder.write(text, to: "state.sqlite")
        let bench = DiskBench(folder.path)
        try await bench.fill(["a"], snapshots: 0)
        #expect(bench.log.all.first == "error: state on disk is damaged, set aside")
        let aside = "state.sqlite.damaged-\(Moment.example.wall.nanoseconds / 1_000_000_000)"
        #expect(try bench.files() == ["lock", "state.sqlite", aside])
        #expect(try String(contentsOfFile: folder.file(aside), encoding: .utf8) == text)
        // A second one in the same second.
        _ = try folder.write("again", to: "state.sqlite")
        try await DiskBench(folder.path).look()
        #expect(try bench.files() == ["lock", "state.sqlite", aside, aside + "-2"])
    }

    @Test(arguments: [
        ("CREATE TABLE theirs (a)", "the file is of another program"), ("PRAGMA application_id = 5", "another program"),
        ("PRAGMA user_version = 2", "the file has version 2"), ("DROP TABLE part", "the file has other tables"),
        ("CREATE TRIGGER t AFTER INSERT ON part BEGIN DELETE FROM part; END", "the file has other tables"),
        ("PRAGMA journal_mode = DELETE", nil),
    ])
    func aDatabaseOfAnotherKind_IsSetAside(change: String, reason: String?) async throws {
        let folder = try TemporaryFolder()
        if !change.contains("theirs") { try await DiskBench(folder.path).fill(["a"], snapshots: 1) }
        try Database(folder.file("state.sqlite"), creates: true).execute(change)
        let error: String?
        do throws(DatabaseError) {
            _ = try PersistenceFile(folder.file("state.sqlite"), creates: true, ack: .written)
            error = nil
        } catch let problem {
            error = problem.description
        }
        #expect((error == nil) == (reason == nil) && error?.contains(reason ?? "") != false, "\(error ?? "none")")
        let bench = DiskBench(folder.path)
        try await bench.look()
        #expect(try bench.files().count == (reason == nil ? 2 : 3))
        // Its rows are ours, if it has them.
        if reason == nil { #expect(bench.keeper.notes.count == 1 && bench.store.count == 1) }
    }

    @Test func aRowWithAnotherSum_IsLeftOut() async throws {
        let folder = try TemporaryFolder()
        try await DiskBench(folder.path).fill(["a", "b"], snapshots: 2)
        try Database(folder.file("state.sqlite"), creates: false).execute(
            "UPDATE part SET body = x'41' WHERE key = 'a'; UPDATE snapshot SET address = 'x' WHERE source = 'app 1'")
        let bench = DiskBench(folder.path)
        try await bench.look()
        #expect(bench.keeper.notes == ["b": DiskBench.text(of: "b")])
        #expect(bench.store.view().entries.compactMap { $0?.source } == ["app 0"])
        #expect(bench.registry.value(#"exporter_proxy_store_unreadable_total{kind="snapshots"}"#) == 1)
        #expect(bench.log.all.contains("error: state on disk was not read whole"))
    }

    /// It would be taken for the last one, and later ones be lost in its place.
    @Test func aRecordWhoseNumberHasChanged_IsNotTheLast() async throws {
        let folder = try TemporaryFolder()
        let copy = try TemporaryFolder()
        let bench = DiskBench(folder.path)
        let image = try await bench.run { [bench] in
            await bench.push(["a=1", "b=2"], to: $0.journal)
            return try bench.image(in: copy)
        }
        try Database(image.file, creates: false).execute("UPDATE record SET number = \(Int64.max) WHERE number = 2")
        try await image.run { [image] persistence in
            #expect(image.keeper.notes == ["a": "1"])
            #expect(persistence.journal.append(ByteBuffer()) { _ in } == 2)
        }
    }

    @Test func anEmptyFile_IsNoDamage() async throws {
        let folder = try TemporaryFolder()
        _ = try folder.write("", to: "state.sqlite")
        let bench = DiskBench(folder.path)
        try await bench.fill(["a"], snapshots: 0)
        #expect(bench.log.all == ["info: state is kept on disk"])
    }
}

extension DiskBench {
    static func text(of name: String) -> String { String(repeating: "\(name) 1\n", count: 40) }

    /// A whole life, at the end of which these notes and so many snapshots are on disk.
    func fill(_ names: [String], snapshots: Int) async throws {
        try await run { [self] persistence in
            for index in 0..<snapshots {
                _ = store.replace(with: Snapshot("app \(index)", Self.text(of: "app \(index)")))
            }
            let results = await push(names.map { "\($0)=\(Self.text(of: $0))" }, to: persistence.journal)
            #expect(results.successes == names.count)
        }
    }
}
