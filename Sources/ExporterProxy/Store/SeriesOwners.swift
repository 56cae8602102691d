/// The source that each series belongs to, and who waits for it.
struct SeriesOwners {
    private var owners: [UInt64: Int] = [:]
    /// The oldest first.
    private var waiting: [UInt64: [Int]] = [:]

    func owner(of number: UInt64) -> Int? { owners[number] }

    func waiting(for number: UInt64) -> [Int] { waiting[number] ?? [] }

    /// Whether the series is the source's; else it waits.
    mutating func enter(_ number: UInt64, _ slot: Int) -> Bool {
        guard let owner = owners[number] else {
            owners[number] = slot
            return true
        }
        if owner == slot { return true }
        if waiting[number]?.contains(slot) != true { waiting[number, default: []].append(slot) }
        return false
    }

    /// The series is now the source's; its owner waits before all others.
    mutating func take(_ number: UInt64, from owner: Int, for slot: Int) {
        owners[number] = slot
        waiting[number]?.removeAll { $0 == slot }
        waiting[number, default: []].insert(owner, at: 0)
    }

    /// Lets go of a series, or of waiting for it; answers who has it now instead.
    mutating func forget(_ number: UInt64, _ slot: Int) -> Int? {
        if owners[number] != slot {
            waiting[number]?.removeAll { $0 == slot }
            if waiting[number]?.isEmpty == true { waiting[number] = nil }
            return nil
        }
        guard let heir = waiting[number]?.first else {
            owners[number] = nil
            return nil
        }
        owners[number] = heir
        waiting[number]?.removeFirst()
        if waiting[number]?.isEmpty == true { waiting[number] = nil }
        return heir
    }
}
