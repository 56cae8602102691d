import Foundation
import Glibc
import NIOCore
import Testing

@testable import ExporterProxy

/// A file system of four megabytes that is gone with its last owner.
private final class SmallDisk: Sendable {
    let path: String
    private let folder: TemporaryFolder

    /// Whether this process may mount one.
    static let canBeMade = (try? SmallDisk()) != nil

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path
        guard mount("none", path, "tmpfs", 0, "size=4m") == 0 else { throw SystemError("mount a file system") }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }
}

/// What becomes of pushes and snapshots while the disk takes nothing.
@Suite(.enabled(if: SmallDisk.canBeMade, "it needs the right to mount a file system"))
struct PersistenceFailureTests {
    private let disk: SmallDisk
    private let bench: DiskBench
    private var ballast: String { "\(disk.path)/ballast" }

    init() throws {
        disk = try SmallDisk()
        bench = DiskBench(disk.path)
    }

    private static let degraded = "exporter_proxy_store_degraded"

    /// Writes until nothing fits.
    private func fillDisk() throws {
        let raw = open(ballast, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard raw >= 0 else { throw SystemError("make the ballast") }
        defer { close(raw) }
        let part = [UInt8](repeating: 0, count: 65_536)
        for count in [65_536, 4096] { while write(raw, part, count) > 0 {} }
    }

    @Test(arguments: Journal.Ack.allCases)
    func aFullDisk_RefusesPushes_AndTakesThemWhenThereIsRoom(ack: Journal.Ack) async throws {
        var bench = bench
        bench.ack = ack
        let large = String(repeating: "x", count: 300_000)
        let copy = try TemporaryFolder()
        let image = try await bench.run { [bench] persistence in
            #expect(await bench.push(["a=1", "b=1"], to: persistence.journal).successes == 2)
            try fillDisk()
            for _ in 0..<3 {
                let failures = await bench.push(["a=\(large)"], to: persistence.journal).failures
                #expect(failures.count == 1)
                #expect(failures.first?.description.contains("database or disk is full") == true, "\(failures)")
            }
            #expect(bench.registry.value(Self.degraded) == 1)
            unlink(ballast)
            #expect(await bench.push(["c=\(large)"], to: persistence.journal).successes == 1)
            #expect(bench.registry.value(Self.degraded) == 0)
            return try bench.image(in: copy)
        }
        #expect(
            bench.log.all == [
                "info: state is kept on disk", "error: state cannot be written to disk",
                "notice: state is written to disk again",
            ])
        try await image.look()
        #expect(image.keeper.notes == ["a": "1", "b": "1", "c": large])
        let next = DiskBench(disk.path)
        try await next.look()
        #expect(next.keeper.notes == image.keeper.notes)
    }

    /// Nobody pushes, and yet it is known when there is room.
    @Test func aFullDisk_IsTriedAgain_AtEachSave() async throws {
        try await bench.run { [bench] persistence in
            try fillDisk()
            let large = String(repeating: "x", count: 300_000)
            #expect(await bench.push(["a=\(large)"], to: persistence.journal).failures.count == 1)
            #expect(bench.registry.value(Self.degraded) == 1)
            unlink(ballast)
            try await onOwnThread { wait(until: "it is well") { bench.registry.value(Self.degraded) == 0 } }
            #expect(bench.keeper.notes == [:])
        }
        let next = DiskBench(disk.path)
        try await next.look()
        #expect(next.keeper.notes == [:] && next.keeper.state.replayed == [])
    }

    @Test func aFullDisk_CostsNoSnapshotInTheEnd() async throws {
        let failures = #"exporter_proxy_store_write_failures_total{kind="snapshots"}"#
        let text = String(repeating: "x 1\n", count: 100_000)
        try await bench.run { [bench] _ in
            try fillDisk()
            _ = bench.store.replace(with: Snapshot("a", text))
            try await onOwnThread { wait(until: "it fails") { bench.registry.value(failures) ?? 0 > 2 } }
            unlink(ballast)
            try await onOwnThread { wait(until: "it is well") { bench.registry.value(Self.degraded) == 0 } }
        }
        let next = DiskBench(disk.path)
        try await next.look()
        #expect(next.store.entry(of: "a")?.snapshot?.body.text == text)
    }

    /// Parts that could not be written when they were said are written later.
    @Test func aFullDisk_CostsNoPartInTheEnd() async throws {
        let large = String(repeating: "x", count: 700_000)
        try await bench.run { [bench] persistence in
            #expect(await bench.push(["a=\(large)", "b=1"], to: persistence.journal).successes == 2)
            try fillDisk()
        }
        unlink(ballast)
        let next = DiskBench(disk.path)
        try await next.run { [next] persistence in
            #expect(next.keeper.notes == ["a": large, "b": "1"])
            #expect(next.keeper.state.replayed == [1, 2])
            #expect(persistence.journal.append(ByteBuffer(string: "c=")) { _ in } == 3)
        }
    }

    @Test func aStartOnAFullDisk_GoesOn_AndBeginsWhenThereIsRoom() async throws {
        try fillDisk()
        try await bench.run { [bench] persistence in
            #expect(bench.registry.value(Self.degraded) == 1)
            #expect(await bench.push(["a=1"], to: persistence.journal).failures.count == 1)
            unlink(ballast)
            #expect(await bench.push(["b=1"], to: persistence.journal).successes == 1)
            #expect(bench.registry.value(Self.degraded) == 0)
        }
        let next = DiskBench(disk.path)
        try await next.look()
        #expect(next.keeper.notes == ["b": "1"])
    }

    @Test func aReadOnlyFolder_IsRefusedInOneSentence() async throws {
        guard mount("none", disk.path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), "size=4m") == 0 else {
            throw SystemError("mount it again")
        }
        let error = await #expect(throws: PersistenceError.self) { try await bench.open() }
        #expect(
            error?.description == "cannot write \(disk.path)/lock: Read-only file system "
                + "(set store.path to another folder, or to \"\" to keep nothing on disk)")
    }
}
