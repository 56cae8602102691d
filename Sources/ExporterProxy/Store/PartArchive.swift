import NIOCore

/// Which parts of the ``PartKeeper``s are still to be written. Belongs to the writer's thread.
struct PartArchive {
    typealias Part = (key: String, part: ByteBuffer?)

    private var unwritten: [ExactText: ByteBuffer?] = [:]
    /// It is the time to write: else what has failed would be tried without an end.
    private var isDue = false

    var isIdle: Bool { !isDue || unwritten.isEmpty }

    /// Asks for what has changed.
    mutating func plan(_ keepers: [any PartKeeper], at now: Moment) {
        isDue = true
        for (key, part) in keepers.flatMap({ $0.changedParts(at: now) }) {
            unwritten.updateValue(part, forKey: ExactText(key))
        }
    }

    /// What the next transaction is to write: as much as one of snapshots, since pushes wait for it.
    func nextStep() -> [Part] {
        guard isDue else { return [] }
        var (step, bytes): ([Part], Int) = ([], 0)
        for (key, part) in unwritten {
            bytes += part?.readableBytes ?? 0
            if !step.isEmpty, bytes > SnapshotArchive.stepBytesMax || step.count == SnapshotArchive.stepChangesMax {
                break
            }
            step.append((key.text, part))
        }
        return step
    }

    static func bytes(of step: [Part]) -> Int { step.reduce(0) { $0 + ($1.part?.readableBytes ?? 0) } }

    mutating func noteWritten(_ step: [Part]) { for (key, _) in step { unwritten[ExactText(key)] = nil } }

    /// Writing has failed: it is tried again when it is time to save again.
    mutating func giveUp() { isDue = false }
}
