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

    let listener: ListeningSocket
    let desk: ReceiverDesk
    let connectionsMax: Int
    var connections = 0 {
        didSet { desk.instruments.connectionsOpen.set(connections) }
    }
    var state = State.accepting
    /// Whether somebody has come while the door was full.
    var somebodyWaits = false
    private var pause = Duration.milliseconds(50)

    init(listener: ListeningSocket, desk: ReceiverDesk, connectionsMax: Int) {
        self.listener = listener
        self.desk = desk
        self.connectionsMax = connectionsMax
    }

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
