/// One listener of a ``ReceiverLoop`` with the count of its connections.
///
/// Confined to the thread of its loop.
final class ReceiverDoor {
    enum State: Equatable {
        case accepting
        /// As many connections as are allowed; who comes now waits in the kernel's queue.
        case full
        /// Out of descriptors or memory: nothing is accepted until then.
        case pausedUntil(Moment)
    }

    /// No two doors of a loop, at any time, have the same.
    let number: UInt32
    let name: String
    let isUnix: Bool
    /// `nil` once the door is given up: then its connections end where they are between messages.
    private(set) var listener: ListeningSocket?
    let desk: ReceiverDesk
    var connectionsMax: Int
    var connections = 0 {
        didSet { desk.instruments.connectionsOpen.set(connections) }
    }
    var state = State.accepting
    /// Whether somebody has come while the door was full.
    var somebodyWaits = false
    private var pause = Duration.milliseconds(50)

    init(number: UInt32, listener: ListeningSocket, desk: ReceiverDesk, connectionsMax: Int) {
        self.number = number
        self.listener = listener
        name = listener.name
        isUnix = listener.isUnix
        self.desk = desk
        self.connectionsMax = connectionsMax
    }

    var isGivenUp: Bool { listener == nil }

    /// The listener's, for the kernel; -1 names none.
    var descriptor: Int32 { listener?.descriptor.raw ?? -1 }

    /// Nobody can connect from here on.
    func giveUp() { listener = nil }

    /// Each pause is twice as long as the last, up to a second.
    func nextPause() -> Duration {
        defer { pause = min(pause * 2, .seconds(1)) }
        return pause
    }

    func acceptedOne() {
        connections += 1
        pause = .milliseconds(50)
    }
}
