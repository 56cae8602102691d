import Synchronization

/// The bytes of bodies that all connections together may hold.
final class HTTPBodyBudget: Sendable {
    private let held = Atomic(0)
    private let limit: Atomic<Int>

    init(_ limit: Int) { self.limit = Atomic(limit) }

    var heldBytes: Int { held.load(ordering: .relaxed) }
    var bytesLeft: Int { max(0, limit.load(ordering: .relaxed) - heldBytes) }

    func resize(to limit: Int) { self.limit.store(limit, ordering: .relaxed) }

    /// Answers false, and takes nothing, where there is no room for so many.
    func take(_ bytes: Int) -> Bool {
        let held = held.wrappingAdd(bytes, ordering: .relaxed).newValue
        guard held > limit.load(ordering: .relaxed) else { return true }
        giveBack(bytes)
        return false
    }

    func giveBack(_ bytes: Int) { held.wrappingSubtract(bytes, ordering: .relaxed) }
}
