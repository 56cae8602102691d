/// How many questions may be under way, so that we do not flood our own path: four slots of time, forgotten in turn. A
/// third of them at most is for what others have made us ask.
struct SendBudget: Sendable {
    static let slotTime: Int64 = 750_000_000
    static let perSlot = 80
    static let inAll = 160
    static let partOfOthers = 3

    private var slots = [0, 0, 0, 0]
    /// Of these, what others have made us ask.
    private var slotsOfOthers = [0, 0, 0, 0]
    private var current: Int64 = .min

    mutating func take(isForOthers: Bool = false, at now: Int64) -> Bool {
        advance(to: now)
        guard hasRoom(slots, part: 1), !isForOthers || hasRoom(slotsOfOthers, part: Self.partOfOthers) else {
            return false
        }
        slots[index] += 1
        if isForOthers { slotsOfOthers[index] += 1 }
        return true
    }

    private func hasRoom(_ slots: [Int], part: Int) -> Bool {
        slots[index] < Self.perSlot / part && slots.reduce(0, +) < Self.inAll / part
    }

    /// An answer came.
    mutating func giveBack(isForOthers: Bool = false, at now: Int64) {
        advance(to: now)
        giveBack(to: &slots)
        if isForOthers { giveBack(to: &slotsOfOthers) }
    }

    private func giveBack(to slots: inout [Int]) {
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
            slotsOfOthers = slots
        } else {
            for passed in (current + 1)...slot {
                slots[Int(passed & 3)] = 0
                slotsOfOthers[Int(passed & 3)] = 0
            }
        }
        current = slot
    }
}
