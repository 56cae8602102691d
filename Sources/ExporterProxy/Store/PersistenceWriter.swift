import Logging
import NIOCore

/// The one who reads and writes the state on disk, on a thread of his own.
///
/// In turn, for as long as there is something to do: the records that wait, in one transaction for each few megabytes;
/// some snapshots; and, when there are many records, the parts that stand for them. What fails is said to those who
/// wait for it and is not tried again; the next thing that is to be written tries.
final class PersistenceWriter {
    /// What one transaction writes at most, but for a single record that is larger.
    static let batchBytesMax = 4 << 20
    /// Records of fewer bytes are not worth writing parts for.
    static let foldBytesMin = 16 << 20
    /// At the end snapshots are saved for so long at most: the process has to end in time.
    static let lastSaveMax = Duration.seconds(2)

    private let journal: Journal
    private let parts: Persistence.Parts
    private let instruments: PersistenceInstruments
    private let path: String
    /// `nil` while it could not be opened again.
    private var file: PersistenceFile?
    /// There was a file at some time: then only that one is opened again, and never a new one in its place.
    private var isBegun: Bool
    private var archive = SnapshotArchive()
    private var partArchive = PartArchive()
    /// The last record that was written; later ones have failed.
    private var written: UInt64 = 0
    /// All records up to this are in parts that are written.
    private var through: UInt64 = 0
    /// Records have failed that nobody waited for: only parts can still save what they did.
    private var hasLostRecords = false
    private var recordBytes = 0
    private var recordBytesAtLastFold = 0
    private var partBytes = 0
    /// Parts that were said and are not written yet.
    private var unwritten: [ExactText: ByteBuffer?] = [:]
    /// Of what failed last, as far as a probe is to be as large.
    private var failedBytes = 0
    private var failing: [PersistenceInstruments.Kind: String] = [:]

    /// Opens the file in `folder`, and hands on what is in it.
    init(
        _ folder: PersistenceFolder, _ journal: Journal, _ parts: Persistence.Parts,
        _ instruments: PersistenceInstruments
    ) throws(PersistenceError) {
        self.instruments = instruments
        self.journal = journal
        self.parts = parts
        path = folder.file
        let opened = try PersistenceFile.open(folder.file, ack: journal.ack, at: parts.time())
        file = opened.file
        isBegun = opened.file != nil
        if let damage = opened.damage {
            parts.logger.error(
                "state on disk is damaged, set aside",
                metadata: [
                    "file": "\(damage.path)", "error": "\(damage.reason)", "rows_saved": "\(damage.rowsSaved)",
                ])
        }
        if let problem = opened.problem { note(problem, .journal) }
        if let file { restore(file, folder.path) }
    }

    // MARK: The start

    private struct Restored {
        var parts = 0
        var records = 0
        var snapshots = 0
        var unreadable = 0
        var firstError: String?
    }

    private func restore(_ file: PersistenceFile, _ folder: String) {
        var restored = Restored()
        let now = parts.time()
        do throws(DatabaseError) {
            through = try file.through()
            written = through
            recordBytes = try file.records.bytes()
            partBytes = try file.parts.bytes()
            try restoreRecords(file, after: through, now, &restored)
            // They could not be read, and their numbers are given again.
            try file.removeRecords(after: written)
            try restoreSnapshots(file, now, &restored)
        } catch {
            restored.unreadable += 1
            restored.firstError = restored.firstError ?? error.description
            written = max(written, (try? file.lastRecord()) ?? 0)
        }
        journal.begin(at: written &+ 1)
        instruments.journalBytes.set(recordBytes)
        tell(restored, folder)
    }

    private func restoreRecords(
        _ file: PersistenceFile, after through: UInt64, _ now: Moment, _ restored: inout Restored
    ) throws(DatabaseError) {
        try restoreParts(file, now, &restored)
        try file.records.eachRow(after: Int64(clamping: through)) { number, row in
            read(.journal, &restored) { restored in
                guard let record = row?.last?.asBlob else { throw Unreadable.changed }
                written = max(written, UInt64(clamping: number))
                try parts.keeper?.replay(record, number: UInt64(clamping: number), at: now)
                restored.records += 1
            }
        }
    }

    private func restoreParts(
        _ file: PersistenceFile, _ now: Moment, _ restored: inout Restored
    ) throws(DatabaseError) {
        try file.parts.eachRow { _, row in
            read(.journal, &restored) { restored in
                guard let key = row?.first?.asText, let part = row?.last?.asBlob else { throw Unreadable.changed }
                if let keeper = parts.partKeepers.first(where: { $0.owns(key) }) {
                    try keeper.restore(part, under: key, at: now)
                } else {
                    try parts.keeper?.restore(part, under: key, at: now)
                }
                restored.parts += 1
            }
        }
    }

    private func restoreSnapshots(
        _ file: PersistenceFile, _ now: Moment, _ restored: inout Restored
    ) throws(DatabaseError) {
        try file.snapshots.eachRow { _, row in
            read(.snapshots, &restored) { restored in
                guard let row, let snapshot = Snapshot(row: row, at: now), SnapshotArchive.isMeant(snapshot) else {
                    throw Unreadable.changed
                }
                let isTaken = !parts.reserved.contains(snapshot.source) && parts.store.replace(with: snapshot)
                archive.noteRestored(snapshot.source, isTaken ? snapshot : nil)
                if isTaken { restored.snapshots += 1 }
            }
        }
    }

    private enum Unreadable: Error, CustomStringConvertible {
        case changed

        var description: String { "a row is not as it was written" }
    }

    private func read(
        _ kind: PersistenceInstruments.Kind, _ restored: inout Restored, _ body: (inout Restored) throws -> Void
    ) -> Bool {
        do {
            try body(&restored)
        } catch {
            instruments.unreadable(kind)
            restored.unreadable += 1
            restored.firstError = restored.firstError ?? "\(error)"
        }
        return true
    }

    private func tell(_ restored: Restored, _ folder: String) {
        parts.logger.info(
            "state is kept on disk",
            metadata: [
                "path": "\(folder)", "ack": "\(journal.ack.rawValue)", "parts": "\(restored.parts)",
                "records": "\(restored.records)", "snapshots": "\(restored.snapshots)",
            ])
        guard let error = restored.firstError else { return }
        parts.logger.error(
            "state on disk was not read whole", metadata: ["rows": "\(restored.unreadable)", "error": "\(error)"])
    }

    // MARK: The work

    /// Returns after the end has been asked for, and everything is written.
    func run() {
        while true {
            let work = journal.take(waits: isIdle)
            write(work.entries)
            if work.saves || work.isEnd { plan() }
            if work.isEnd { break }
            if work.saves, !failing.isEmpty, work.entries.isEmpty, isIdle { probe() }
            saveSome()
            if isFoldDue { fold() }
        }
        let began = parts.time()
        while !isIdle, parts.time().elapsed(since: began) < Self.lastSaveMax { saveSome() }
        if recordBytes > 0 || !unwritten.isEmpty || hasLostRecords { fold() }
        file = nil
    }

    private var isIdle: Bool { archive.isIdle && partArchive.isIdle }

    private func plan() {
        archive.plan(parts.store)
        partArchive.plan(parts.partKeepers, at: parts.time())
    }

    private func write(_ entries: [Journal.Entry]) {
        var rest = entries[...]
        while !rest.isEmpty {
            var bytes = 0
            let batch = rest.prefix { entry in
                let isFirst = bytes == 0
                bytes += entry.record?.readableBytes ?? 0
                return isFirst || bytes <= Self.batchBytesMax
            }
            write(batch)
            rest = rest.dropFirst(batch.count)
        }
    }

    private func write(_ batch: ArraySlice<Journal.Entry>) {
        let bytes = batch.reduce(0) { $0 + ($1.record?.readableBytes ?? 0) }
        let began = parts.time()
        let result = attempt(.journal, bytes: bytes) { file throws(DatabaseError) in
            try file.database.transaction { () throws(DatabaseError) in
                for entry in batch {
                    guard let record = entry.record else { continue }
                    try file.records.put([.integer(Int64(clamping: entry.number)), .blob(record)])
                }
            }
        }
        if case .success = result {
            written = batch.last?.number ?? written
            recordBytes += bytes
            instruments.journalBytes.set(recordBytes)
            instruments.commits.observe(parts.time().elapsed(since: began) / .seconds(1))
        }
        // Such a record was applied, and answered, before.
        if journal.ack == .memory, result.isFailure || batch.contains(where: { $0.record == nil }) {
            hasLostRecords = true
        }
        for entry in batch { entry.then(entry.record == nil ? .failure(entry.refusal) : result.map { entry.number }) }
        journal.release(bytes: bytes)
    }

    private func saveSome() {
        saveSomeSnapshots()
        saveSomeParts()
    }

    private func saveSomeParts() {
        let step = partArchive.nextStep()
        guard !step.isEmpty else { return }
        let result = attempt(.parts, bytes: PartArchive.bytes(of: step)) { file throws(DatabaseError) in
            try file.database.transaction { () throws(DatabaseError) in
                for (key, part) in step { try file.putPart(part, under: key) }
            }
        }
        if case .success = result { partArchive.noteWritten(step) } else { partArchive.noteFailed(step) }
    }

    private func saveSomeSnapshots() {
        let step = archive.nextStep()
        guard !step.isEmpty else { return }
        let result = attempt(.snapshots, bytes: SnapshotArchive.bytes(of: step)) { file throws(DatabaseError) in
            try file.database.transaction { () throws(DatabaseError) in
                for change in step {
                    switch change {
                    case .save(let snapshot): try file.snapshots.put(snapshot.row)
                    case .remove(let source): try file.snapshots.remove(.text(source))
                    }
                }
            }
        }
        if case .success = result { archive.noteWritten(step) } else { archive.giveUp() }
    }

    // MARK: Parts

    private var isFoldDue: Bool {
        hasLostRecords && failing.isEmpty
            || recordBytes > max(Self.foldBytesMin, partBytes)
                && recordBytes - recordBytesAtLastFold > Self.batchBytesMax
    }

    /// Writes what the records have come to, and removes them.
    private func fold() {
        guard let keeper = parts.keeper else { return }
        let (changed, said) = keeper.changedParts()
        // After a start without records the keeper knows of none.
        let through = max(through, said)
        for (key, part) in changed { unwritten.updateValue(part, forKey: ExactText(key)) }
        let result = attempt(.journal, bytes: Self.batchBytesMax) { file throws(DatabaseError) in
            try file.database.transaction { () throws(DatabaseError) in
                for (key, part) in unwritten { try file.putPart(part, under: key.text) }
                try file.setThrough(through)
                try file.removeRecords(through: through)
            }
            self.through = through
            hasLostRecords = false
            unwritten = [:]
            recordBytes = try file.records.bytes()
            partBytes = try file.parts.bytes()
        }
        if case .success = result { instruments.journalBytes.set(recordBytes) }
        recordBytesAtLastFold = recordBytes
    }

    // MARK: Failures

    /// Finds out whether what has failed would succeed now, so that it is known also when nobody pushes.
    private func probe() {
        let result = attempt(.journal, bytes: failedBytes) { file throws(DatabaseError) in
            // No record has this number, and none with it is ever read.
            try file.records.put([.integer(0), .blob(ByteBuffer(repeating: 0, count: failedBytes))])
            try file.removeRecords(through: 0)
        }
        if case .success = result { for kind in [PersistenceInstruments.Kind.snapshots, .parts] { noteSuccess(kind) } }
    }

    private func attempt(
        _ kind: PersistenceInstruments.Kind, bytes: Int, _ body: (PersistenceFile) throws(DatabaseError) -> Void
    ) -> Result<Void, JournalError> {
        do throws(DatabaseError) {
            try body(try usableFile())
        } catch {
            failedBytes = min(bytes, Self.batchBytesMax)
            note(error, kind)
            recover(from: error)
            return .failure(.notWritten("cannot write \(path): \(error)"))
        }
        noteSuccess(kind)
        return .success(())
    }

    /// The file that is open, or opened again.
    private func usableFile() throws(DatabaseError) -> PersistenceFile {
        if let file { return file }
        let opened = try PersistenceFile(path, creates: !isBegun, ack: journal.ack)
        // What a commit that failed has left in the log is read as if it had succeeded.
        try opened.removeRecords(after: written)
        file = opened
        isBegun = true
        return opened
    }

    private func recover(from error: DatabaseError) {
        // Its records are in the log, perhaps whole, and after a crash they would be found.
        if error.wasCommit, !error.isFull { try? file?.writeOverTheEnd(at: parts.time()) }
        // Everything but a full disk may be better on another descriptor.
        if !error.isFull { file = nil }
    }

    private func note(_ error: DatabaseError, _ kind: PersistenceInstruments.Kind) {
        instruments.failure(kind)
        let wasWell = failing.isEmpty
        failing[kind] = error.description
        guard wasWell else { return }
        instruments.degraded.set(1)
        parts.logger.error("state cannot be written to disk", metadata: ["file": "\(path)", "error": "\(error)"])
    }

    private func noteSuccess(_ kind: PersistenceInstruments.Kind) {
        guard failing.removeValue(forKey: kind) != nil, failing.isEmpty else { return }
        instruments.degraded.set(0)
        parts.logger.notice("state is written to disk again", metadata: ["file": "\(path)"])
    }
}

extension PersistenceFile {
    /// `nil` where there is none any more.
    fileprivate func putPart(_ part: ByteBuffer?, under key: String) throws(DatabaseError) {
        if let part { try parts.put([.text(key), .blob(part)]) } else { try parts.remove(.text(key)) }
    }
}

extension Result {
    fileprivate var isFailure: Bool { if case .failure = self { true } else { false } }
}
