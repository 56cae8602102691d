/// What waits to be sent: messages as they are, and of the first of them the encrypted bytes.
///
/// Only what the transport asks for next is encrypted, so that no long message is there twice.
struct OutgoingMessages: Sendable {
    /// Short messages are encrypted together until there are so many bytes of them.
    static let portionBytes = 16 * 1024
    /// What a message takes beside its bytes.
    private static let messageOverheadBytes = 64

    private var messages = RingQueue<[UInt8]>()
    private var messageBytes = 0
    private var portion: [UInt8] = []
    /// How much of `portion` is gone.
    private var position = 0

    /// What it holds on to.
    var bytes: Int { messageBytes + portion.count - position }
    var isEmpty: Bool { messages.isEmpty && portion.isEmpty }
    var portionIsFull: Bool { portion.count >= Self.portionBytes }
    /// Encrypted, and not yet gone.
    var next: ArraySlice<UInt8> { portion[position...] }

    mutating func append(_ message: [UInt8]) {
        messages.append(message)
        messageBytes += message.count + Self.messageOverheadBytes
    }

    /// The next message, to be encrypted and given back to ``append(encrypted:)``.
    mutating func takeMessage() -> [UInt8]? {
        guard !messages.isEmpty else { return nil }
        let message = messages.removeFirst()
        messageBytes -= message.count + Self.messageOverheadBytes
        if messages.isEmpty { messages.removeAll() }
        return message
    }

    mutating func append(encrypted bytes: [UInt8]) {
        if portion.isEmpty { portion = bytes } else { portion += bytes }
    }

    /// The first `count` bytes of ``next`` have gone.
    mutating func took(_ count: Int) {
        position += max(min(count, portion.count - position), 0)
        if position == portion.count { (portion, position) = ([], 0) }
    }

    mutating func removeAll() { self = OutgoingMessages() }
}
