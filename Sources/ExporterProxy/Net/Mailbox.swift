import Synchronization

/// What others tell a thread that waits in a ``ReadinessQueue``. One lock, held for a copy; the wake-up makes the
/// thread look.
package final class Mailbox<Message: Sendable>: Sendable {
    package let wakeUp: WakeUp
    private let messages = Mutex<[Message]>([])

    package init() throws(SystemError) { wakeUp = try WakeUp() }

    package func post(_ message: Message) {
        messages.withLock { $0.append(message) }
        wakeUp.wake()
    }

    /// In the order of posting. One at a time: a message may keep listeners open, and is to be let go before the next
    /// one is said to hold.
    package func takeNext() -> Message? {
        messages.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }
}
