import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOCore

@testable import ExporterProxy

/// Keeps what records of the form `key=value` say, last one first; a record without a value removes the key.
final class NoteKeeper: JournalKeeper {
    struct State: Equatable {
        var notes: [String: String] = [:]
        var changed: Set<String> = []
        var through: UInt64 = 0
        /// Of the records that came back.
        var replayed: [UInt64] = []
        var restored = 0
    }

    struct NoNote: Error, CustomStringConvertible { var description: String { "no note" } }

    private let box = NIOLockedValueBox(State())

    var state: State { box.withLockedValue { $0 } }
    var notes: [String: String] { state.notes }

    func apply(_ record: ByteBuffer, number: UInt64) throws {
        let sides = record.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard sides.count == 2 else { throw NoNote() }
        box.withLockedValue { state in
            state.notes[sides[0]] = sides[1].isEmpty ? nil : sides[1]
            state.changed.insert(sides[0])
            state.through = number
        }
    }

    func restore(_ part: ByteBuffer, under key: String, at now: Moment) throws {
        guard key != "bad" else { throw NoNote() }
        box.withLockedValue { state in
            state.notes[key] = part.text
            state.restored += 1
        }
    }

    func replay(_ record: ByteBuffer, number: UInt64, at now: Moment) throws {
        try apply(record, number: number)
        box.withLockedValue { $0.replayed.append(number) }
    }

    func changedParts() -> (parts: [(key: String, part: ByteBuffer?)], through: UInt64) {
        box.withLockedValue { state in
            defer { state.changed = [] }
            return (state.changed.sorted().map { ($0, state.notes[$0].map { ByteBuffer(string: $0) }) }, state.through)
        }
    }
}

/// One life of a process, as far as its state on disk goes.
struct DiskBench: Sendable {
    let folder: String
    var keeper = NoteKeeper()
    var store = SnapshotStore()
    var registry = InstrumentRegistry()
    var time = ManualTime()
    var reserved = ReservedNames()
    var ack = Journal.Ack.written
    var saveInterval = Duration.milliseconds(1)
    let log = LogMessages()

    init(_ folder: String) { self.folder = folder }

    var file: String { "\(folder)/\(PersistenceFile.name)" }

    func open() async throws -> Persistence {
        var configuration = Persistence.Configuration()
        configuration.path = folder
        configuration.ack = ack
        configuration.saveInterval = saveInterval
        let persistence = try await Persistence.open(
            configuration,
            parts: .init(
                store: store, reserved: reserved, keeper: keeper, registry: registry, logger: log.logger,
                time: time.source))
        guard let persistence else { throw NoteKeeper.NoNote() }
        return persistence
    }

    /// From the start to an orderly end.
    @discardableResult
    func run<T: Sendable>(_ body: @escaping @Sendable (Persistence) async throws -> T) async throws -> T {
        let persistence = try await open()
        return try await withRunning(persistence) { try await body(persistence) }
    }

    /// From the start to an end at once.
    func look() async throws { try await run { _ in } }

    /// Appends `notes`, applies those that are written, and answers what became of each.
    @discardableResult
    func push(_ notes: [String], to journal: Journal) async -> [Result<Void, JournalError>] {
        await withTaskGroup(of: (Int, Result<Void, JournalError>).self) { group in
            for (index, note) in notes.enumerated() {
                let record = ByteBuffer(string: note)
                let outcome = AsyncStream<Result<Void, JournalError>>.makeStream()
                journal.append(record) { result in
                    if case .success(let number) = result { try? keeper.apply(record, number: number) }
                    outcome.continuation.yield(result.map { _ in })
                    outcome.continuation.finish()
                }
                group.addTask {
                    for await result in outcome.stream { return (index, result) }
                    return (index, .failure(.ended))
                }
            }
            var results = [Result<Void, JournalError>](repeating: .failure(.ended), count: notes.count)
            for await (index, result) in group { results[index] = result }
            return results
        }
    }

    /// As the folder would be found after `kill -9`, now.
    func image(in copy: TemporaryFolder) throws -> DiskBench {
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: file + suffix) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: file + suffix))
            _ = try copy.write([UInt8](bytes), to: PersistenceFile.name + suffix)
        }
        return DiskBench(copy.path)
    }

    /// The names of what stands in the folder.
    func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
}

extension [Result<Void, JournalError>] {
    var successes: Int { count { if case .success = $0 { true } else { false } } }
    var failures: [JournalError] { compactMap { if case .failure(let error) = $0 { error } else { nil } } }
}

/// What was logged, one line each: `level: message`.
final class LogMessages: Sendable {
    private let lines = NIOLockedValueBox<[String]>([])

    var all: [String] { lines.withLockedValue { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self.lines) } }

    private struct Handler: LogHandler {
        let lines: NIOLockedValueBox<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.withLockedValue { $0.append("\(event.level): \(event.message)") }
        }
    }
}
