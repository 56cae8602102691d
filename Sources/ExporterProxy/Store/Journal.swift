import NIOConcurrencyHelpers
import NIOCore
import Synchronization

/// Keeps records on disk in the order in which they came, and hands them back after a restart.
///
/// What a record says is its ``JournalKeeper``'s affair. Whoever comes while others are being written waits for the
/// next write; nobody waits for company.
package final class Journal: Sendable {
    /// When a push is answered, as `[store] ack` says.
    package enum Ack: String, CaseIterable, Sendable {
        /// When its record has been handed to the system: it survives the end of the process, however that comes.
        case written
        /// Before it is written; nobody waits for the journal.
        case memory
        /// When the disk has it: it survives a power cut too.
        case fsync
    }

    /// Of records that wait to be written.
    package static let waitingBytesMax = 64 << 20

    struct Entry: Sendable {
        let number: UInt64
        /// `nil` where there was no room for it.
        let record: ByteBuffer?
        /// Then why.
        let refusal: JournalError
        let then: @Sendable (Result<UInt64, JournalError>) -> Void
    }

    /// What the writer's thread is to do.
    struct Work: Sendable {
        var entries: [Entry] = []
        var saves = false
        var isEnd = false
    }

    private struct State {
        var work = Work()
        var next: UInt64 = 1
        /// Of `work.entries` and of what the writer has in hand.
        var bytes = 0
        var writerSleeps = false
        var hasEnded = false
    }

    package let ack: Ack
    // One lock, held for a handful of assignments. The bell's own lock is never taken under it.
    private let state = Mutex(State())
    /// True when the writer is to wake up.
    private let bell = ConditionLock(value: false)
    private let refused: Counter

    init(ack: Ack, registry: InstrumentRegistry) {
        self.ack = ack
        refused = registry.counter(
            "exporter_proxy_store_records_refused_total",
            help: "Records of pushes for which there was no room among those that wait to be written.")
    }

    /// Gives `record` the next number, in the order of the calls, and returns at once; may be called from any thread.
    ///
    /// `then` is called once, on the writer's thread and in the order of the numbers: with its number after the record
    /// was written as ``ack`` asks for. A failure uses up a number too. After the end of the service `then` is called
    /// at once, and on the caller's thread.
    ///
    /// After a failure the record is not there after a restart, but for one case: where the system broke the write off
    /// at its very end, and the process dies before any other write has succeeded.
    @discardableResult
    package func append(
        _ record: ByteBuffer, then: @escaping @Sendable (Result<UInt64, JournalError>) -> Void
    ) -> UInt64 {
        let (number, hasEnded) = change { state in
            let number = state.next
            state.next &+= 1
            if state.hasEnded { return (number, true) }
            let fits = state.bytes + record.readableBytes <= Self.waitingBytesMax
            if fits { state.bytes += record.readableBytes } else { refused.increment() }
            let refusal = record.readableBytes > Self.waitingBytesMax ? JournalError.tooLarge : .full
            state.work.entries.append(
                Entry(number: number, record: fits ? record : nil, refusal: refusal, then: then))
            return (number, false)
        }
        if hasEnded { then(.failure(.ended)) }
        return number
    }

    /// Whether no record is taken any more.
    package var hasEnded: Bool { state.withLock { $0.hasEnded } }

    /// Has the writer look for snapshots that are to be saved.
    func requestSave() { change { $0.work.saves = true } }

    /// Has the writer save everything and come to its end; from now on no record is taken.
    func requestEnd() {
        change { state in
            state.work.isEnd = true
            state.hasEnded = true
        }
    }

    /// Makes a change and wakes the writer where it sleeps.
    private func change<T>(_ body: (inout State) -> T) -> T {
        let (result, writerSlept) = state.withLock { state in
            let result = body(&state)
            defer { state.writerSleeps = false }
            return (result, state.writerSleeps)
        }
        if writerSlept {
            bell.lock()
            bell.unlock(withValue: true)
        }
        return result
    }

    // MARK: The writer's side

    /// The number of the first record that comes.
    func begin(at number: UInt64) { state.withLock { $0.next = number } }

    /// All there is to do; where it is nothing, and `waits`, returns only when there is something.
    func take(waits: Bool) -> Work {
        while true {
            let work: Work? = state.withLock { state in
                let isIdle = state.work.entries.isEmpty && !state.work.saves && !state.work.isEnd
                if isIdle, waits {
                    state.writerSleeps = true
                    return nil
                }
                defer { state.work = Work() }
                return state.work
            }
            if let work { return work }
            bell.lock(whenValue: true)
            bell.unlock(withValue: false)
        }
    }

    /// Makes room: records of so many bytes are no longer in hand.
    func release(bytes: Int) { state.withLock { $0.bytes -= bytes } }
}

/// Why a record is not kept.
package enum JournalError: Error, Equatable, CustomStringConvertible {
    /// Too many bytes wait to be written.
    case full
    /// The record has more bytes than may wait: it never fits.
    case tooLarge
    /// What the disk said.
    case notWritten(String)
    case ended

    package var description: String {
        switch self {
        case .full: "too much waits to be written to disk"
        case .tooLarge: "it has more than \(Journal.waitingBytesMax) bytes, which is what the journal takes at once"
        case .notWritten(let reason): reason
        case .ended: "\(Version.name) is stopping"
        }
    }
}

/// Who knows what the records of a ``Journal`` mean, and can say their outcome shorter than they do.
///
/// After a restart it is given the parts that it has said, and then the records that came later, in order. All calls
/// come from the writer's thread, one at a time; those of ``restore(_:under:at:)`` and ``replay(_:number:at:)`` before
/// any door is open. What they throw costs that part or record only.
package protocol JournalKeeper: Sendable {
    func restore(_ part: ByteBuffer, under key: String, at now: Moment) throws
    func replay(_ record: ByteBuffer, number: UInt64, at now: Moment) throws

    /// The parts that differ from those it has said before; `nil` where there is no such part any more. All records up
    /// to `through` are in the parts said so far, so that they can go; none beyond may be in one.
    ///
    /// What is said counts as said, also where writing it fails: it is then written later.
    func changedParts() -> (parts: [(key: String, part: ByteBuffer?)], through: UInt64)
}
