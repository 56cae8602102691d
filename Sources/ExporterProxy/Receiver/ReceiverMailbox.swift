import Synchronization

/// What others tell the receiver's thread. One lock, held for a copy; the wake-up makes the thread look.
final class ReceiverMailbox: Sendable {
    let wakeUp: WakeUp
    private let changes = Mutex<[SocketReceiver.Change]>([])

    init() throws(SystemError) { wakeUp = try WakeUp() }

    func post(_ change: SocketReceiver.Change) {
        changes.withLock { $0.append(change) }
        wakeUp.wake()
    }

    /// In the order of posting. One at a time: a change keeps its listeners open, and is to be let go before the next
    /// one is said to hold.
    func takeNext() -> SocketReceiver.Change? {
        changes.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}
