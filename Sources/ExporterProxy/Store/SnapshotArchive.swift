import NIOCore

/// Which snapshots are on disk, and what has to be written so that the newest are.
///
/// Only those of doors whose apps may not push again soon: what is polled comes by itself. Belongs to the writer's
/// thread.
struct SnapshotArchive {
    /// What one transaction writes at most, but for a single snapshot that is larger: pushes wait for it.
    static let stepBytesMax = 1 << 20
    static let stepChangesMax = 256

    enum Change {
        case save(Snapshot)
        case remove(String)

        fileprivate var bytes: Int {
            switch self {
            case .save(let snapshot): snapshot.body.readableBytes
            case .remove: 0
            }
        }
    }

    /// Does not keep a snapshot that nobody else keeps.
    private struct Saved {
        weak var snapshot: Snapshot?
    }

    private var saved: [ExactText: Saved] = [:]
    private var changes: ArraySlice<Change> = []
    private var generation: UInt64?

    /// Whether everything is written that was planned.
    var isIdle: Bool { changes.isEmpty }

    /// Plans what it takes to have on disk what is in `store`.
    mutating func plan(_ store: SnapshotStore) {
        guard generation != store.generation || !isIdle else { return }
        let view = store.view()
        generation = view.generation
        var gone = saved
        var changes: [Change] = []
        for entry in view.entries.compactMap({ $0 }) {
            guard let snapshot = entry.snapshot, Self.isMeant(snapshot) else { continue }
            if gone.removeValue(forKey: ExactText(entry.source))?.snapshot !== snapshot {
                changes.append(.save(snapshot))
            }
        }
        self.changes = gone.keys.map { .remove($0.text) } + changes[...]
    }

    /// What the next transaction is to write.
    func nextStep() -> [Change] {
        var bytes = 0
        let step = changes.prefix(Self.stepChangesMax).prefix { change in
            bytes += change.bytes
            return bytes <= Self.stepBytesMax
        }
        return Array(step.isEmpty ? changes.prefix(1) : step)
    }

    static func bytes(of step: [Change]) -> Int { step.reduce(0) { $0 + $1.bytes } }

    /// It is on disk.
    mutating func noteWritten(_ step: [Change]) {
        for change in step {
            switch change {
            case .save(let snapshot): saved[ExactText(snapshot.source)] = Saved(snapshot: snapshot)
            case .remove(let source): saved[ExactText(source)] = nil
            }
        }
        changes = changes.dropFirst(step.count)
        // A slice without elements still holds those of its array.
        if changes.isEmpty { changes = [] }
    }

    /// Writing it has failed: it is planned anew when it is time to save again.
    mutating func giveUp() {
        changes = []
        generation = nil
    }

    /// What is on disk of `source`; `nil` where that is not in the store.
    mutating func noteRestored(_ source: String, _ snapshot: Snapshot?) {
        saved[ExactText(source)] = Saved(snapshot: snapshot)
    }

    static func isMeant(_ snapshot: Snapshot) -> Bool {
        switch snapshot.origin.door {
        case .tcp, .unix: true
        case .poll, .push, .events, .own: false
        }
    }
}

extension Snapshot {
    /// As a row of ``PersistenceTable/snapshots``.
    var row: [DatabaseStatement.Value] {
        [
            .text(source), .text(origin.door.rawValue), .text(origin.address), .blob(Self.encoded(origin.labels)),
            .integer(receivedAt.wall.nanoseconds), .blob(body),
        ]
    }

    /// `nil` where the row is none. By the monotonic clock it is as old at `now` as it is by the wall's.
    convenience init?(row: [DatabaseStatement.Value], at now: Moment) {
        guard row.count == 6, let source = row[0].asText, SourceName.problem(source) == nil,
            let door = row[1].asText.flatMap(Origin.Door.init(rawValue:)), let address = row[2].asText,
            let labels = row[3].asBlob.flatMap(Self.labels), let received = row[4].asInteger, let body = row[5].asBlob
        else { return nil }
        let age = now.wall.nanoseconds.subtractingReportingOverflow(received)
        let monotonic = now.monotonic.subtractingReportingOverflow(age.overflow ? 0 : max(0, age.partialValue))
        self.init(
            source: source, origin: .init(door, address, labels: labels),
            receivedAt: Moment(
                wall: Timestamp(nanoseconds: received),
                monotonic: monotonic.overflow ? .min : monotonic.partialValue),
            body: body)
    }

    /// Names and values, each behind its length.
    private static func encoded(_ labels: [String: String]) -> ByteBuffer {
        var buffer = ByteBuffer()
        for text in labels.sorted(by: { $0.key < $1.key }).flatMap({ [$0.key, $0.value] }) {
            buffer.writeInteger(UInt32(clamping: text.utf8.count))
            buffer.writeString(text)
        }
        return buffer
    }

    private static func labels(_ encoded: ByteBuffer) -> [String: String]? {
        var encoded = encoded
        var labels: [String: String] = [:]
        func text() -> String? {
            encoded.readInteger(as: UInt32.self).flatMap { encoded.readString(length: Int($0)) }
        }
        while encoded.readableBytes > 0 {
            guard let name = text(), let value = text() else { return nil }
            labels[name] = value
        }
        return labels
    }
}
