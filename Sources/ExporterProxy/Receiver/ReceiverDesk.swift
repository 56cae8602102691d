import NIOCore

/// What all connections of one receiver share: where messages go, and the buffers they are read and decoded in.
///
/// Confined to the thread of its ``ReceiverLoop``.
final class ReceiverDesk {
    /// Reads are as large as this at least: several messages of a usual size, and still within a core's cache.
    static let readBytes = 64 * 1024

    /// A scratch buffer that has grown beyond is let go.
    static let scratchBytesMax = 256 * 1024

    let origin: Snapshot.Origin
    /// Whether each message is answered.
    var replies: Bool
    let instruments: ReceiverInstruments
    private let snapshots: SnapshotStore
    var reserved: ReservedNames
    var scratch = ByteBufferAllocator().buffer(capacity: 2 * ReceiverDesk.readBytes)
    /// For the JSON codec.
    var text = ByteBuffer()

    init(
        origin: Snapshot.Origin, replies: Bool, instruments: ReceiverInstruments, store: SnapshotStore,
        reserved: ReservedNames
    ) {
        self.origin = origin
        self.replies = replies
        self.instruments = instruments
        snapshots = store
        self.reserved = reserved
    }

    /// One large message must not cost its memory for ever.
    func releaseLargeText() {
        if text.capacity > 4 * Self.scratchBytesMax { text = ByteBuffer() }
    }

    /// Stores a message, or says why not; where the table gets full on the way, what came before stays stored.
    func store(_ submissions: [Submission], at now: Moment) -> (error: ReceiverError, app: String?)? {
        for submission in submissions where reserved.contains(submission.app) {
            return (.name(.reserved(submission.app)), submission.app)
        }
        for submission in submissions {
            let snapshot = Snapshot(
                source: submission.app, origin: origin, receivedAt: now, body: submission.body)
            guard snapshots.replace(with: snapshot) else {
                return (.tooManySources(limit: snapshots.sourcesMax), submission.app)
            }
        }
        instruments.messages.increment()
        return nil
    }
}
