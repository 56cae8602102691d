import NIOCore

/// What one source last said: an exposition, when it came, and through which door.
///
/// Never changes once made, so whoever holds one may keep it for as long as it likes.
package final class Snapshot: Sendable {
    /// The name the source is known by, in one namespace over all doors.
    package let source: String
    package let origin: Origin
    package let receivedAt: Moment
    /// Empty, or ended by exactly one newline: see ``ExpositionBody``.
    package let body: ByteBuffer

    package init(source: String, origin: Origin, receivedAt: Moment, body: ByteBuffer) {
        self.source = source
        self.origin = origin
        self.receivedAt = receivedAt
        self.body = body
    }

    /// Where a snapshot came in.
    package struct Origin: Equatable, Sendable {
        package enum Door: String, Sendable {
            case tcp, unix, poll, push, events
            /// The proxy itself.
            case own
        }

        package var door: Door

        /// Whether silence says that something is wrong: a job that has pushed has nothing more to say,
        /// nor has one that has sent its packets.
        package var turnsStale: Bool { !isOurText }

        /// Whether the text was written by a room of ours, of what it has checked: nothing of it is left out.
        var isOurText: Bool { door == .push || door == .events }

        /// The source column of `/apps`: the listening address or path, or the polled target.
        package var address: String
        /// What configuration says of the source: added to each of its samples.
        package var labels: [String: String]

        package init(_ door: Door, _ address: String, labels: [String: String] = [:]) {
            self.door = door
            self.address = address
            self.labels = labels
        }
    }
}
