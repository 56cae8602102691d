/// Numbers that are already well mixed, in one flat table without a hash function of its own.
struct HashSet {
    private var slots: [UInt64]
    private var mask: Int
    private var count = 0
    // Zero marks an empty slot.
    private var hasZero = false

    init(capacity: Int) {
        var size = 16
        while size < capacity &* 2 { size &*= 2 }
        slots = [UInt64](repeating: 0, count: size)
        mask = size &- 1
    }

    /// False where the number was there.
    @inline(__always)
    mutating func insert(_ number: UInt64) -> Bool {
        if number == 0 {
            defer { hasZero = true }
            return !hasZero
        }
        var slot = Int(truncatingIfNeeded: number) & mask
        while slots[slot] != 0 {
            if slots[slot] == number { return false }
            slot = (slot &+ 1) & mask
        }
        slots[slot] = number
        count &+= 1
        if count &* 2 > mask { grow() }
        return true
    }

    func contains(_ number: UInt64) -> Bool {
        if number == 0 { return hasZero }
        var slot = Int(truncatingIfNeeded: number) & mask
        while slots[slot] != 0, slots[slot] != number { slot = (slot &+ 1) & mask }
        return slots[slot] == number
    }

    @inline(never)
    private mutating func grow() {
        var larger = HashSet(capacity: slots.count)
        for number in slots where number != 0 { _ = larger.insert(number) }
        larger.hasZero = hasZero
        self = larger
    }
}
