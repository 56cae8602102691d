/// How many questions may be under way, so that we do not flood our own path: four slots of time, forgotten in turn.
struct SendBudget: Sendable {
    static let slotTime: Int64 = 750_000_000
    static let perSlot = 80
    static let inAll = 160

    private var slots = [0, 0, 0, 0]
    private var current: Int64 = .min

    mutating func take(at now: Int64) -> Bool {
        advance(to: now)
        guard slots[index] < Self.perSlot, slots.reduce(0, +) < Self.inAll else { return false }
        slots[index] += 1
        return true
    }

    /// An answer came.
    mutating func giveBack(at now: Int64) {
        advance(to: now)
        // The oldest first: those are the questions that are answered.
        for offset in 1...4 {
            let slot = (index + offset) % 4
            if slots[slot] > 0 {
                slots[slot] -= 1
                return
            }
        }
    }

    private var index: Int { Int(current & 3) }

    private mutating func advance(to now: Int64) {
        let slot = now / Self.slotTime
        guard slot > current else { return }
        if slot - 4 >= current || current == .min {
            slots = [0, 0, 0, 0]
        } else {
            for passed in (current + 1)...slot { slots[Int(passed & 3)] = 0 }
        }
        current = slot
    }
}
