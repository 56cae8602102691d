import NIOCore

/// The body of a connection's request while it comes and is worked on: one buffer, and its share of the budget.
struct HTTPBody {
    private let budget: HTTPBodyBudget
    private var bytes = ByteBuffer()
    /// Of the budget, until ``giveBack()``.
    private var heldBytes = 0

    /// What a client says that it will send costs nothing beyond this, until it has sent it.
    static let reservedBytesMax = 1024 * 1024

    init(_ budget: HTTPBodyBudget) { self.budget = budget }

    /// Answers false where there is no room for it. `declared` is the length of the whole, where it is known.
    mutating func append(_ part: ByteBuffer, declared: Int?, allocator: ByteBufferAllocator) -> Bool {
        let count = part.readableBytes
        guard budget.take(count) else { return false }
        heldBytes += count
        if bytes.storageCapacity == 0 {
            // The whole in one part is not copied.
            if declared == count {
                bytes = part
                return true
            }
            bytes = allocator.buffer(capacity: max(count, min(declared ?? 0, Self.reservedBytesMax)))
        }
        bytes.writeImmutableBuffer(part)
        return true
    }

    /// The bytes count as held all the same: somebody works on them.
    mutating func take() -> ByteBuffer {
        defer { bytes = ByteBuffer() }
        return bytes
    }

    mutating func giveBack() {
        bytes = ByteBuffer()
        budget.giveBack(heldBytes)
        heldBytes = 0
    }
}
