/// What the pushes of the last minutes were answered, by the keys they came with.
struct IdempotencyKeys: Sendable {
    struct Key: Hashable, Sendable {
        var group: GroupingKey
        var key: String
    }

    struct Answer: Sendable {
        var outcome: PushOutcome
        /// On the monotonic clock.
        var at: Int64
    }

    private var limit: Int
    private var life: Int64
    private(set) var answers: [Key: Answer] = [:]
    /// The oldest first, from `head` on.
    private var order: [Key] = []
    private var head = 0
    /// One for each key, and one for each reason that is remembered with it.
    private var weight = 0
    /// Something is other than when this was set to false.
    var hasChanged = false

    init(_ limits: PushLimits) {
        limit = limits.idempotencyKeys
        life = Lifetime.nanoseconds(limits.idempotencyLife)
    }

    mutating func adopt(_ limits: PushLimits) {
        limit = limits.idempotencyKeys
        life = Lifetime.nanoseconds(limits.idempotencyLife)
    }

    mutating func answer(to key: Key, at time: Int64) -> PushOutcome? {
        while head < order.count, let oldest = answers[order[head]], time &- oldest.at >= life { dropOldest() }
        return answers[key]?.outcome
    }

    /// A key that is known keeps its answer.
    mutating func remember(_ outcome: PushOutcome, for key: Key, at time: Int64) {
        guard limit > 0, answers[key] == nil else { return }
        answers[key] = Answer(outcome: outcome, at: time)
        order.append(key)
        weight += Self.weight(of: outcome)
        hasChanged = true
        while weight > limit, head < order.count { dropOldest() }
    }

    private mutating func dropOldest() {
        if let gone = answers.removeValue(forKey: order[head]) { weight -= Self.weight(of: gone.outcome) }
        head += 1
        hasChanged = true
        guard head > 1024, head > order.count / 2 else { return }
        order.removeFirst(head)
        head = 0
    }

    private static func weight(of outcome: PushOutcome) -> Int {
        guard case .refused(let conflicts) = outcome else { return 1 }
        return 1 + conflicts.count
    }

    /// The oldest first.
    var all: [(key: Key, answer: Answer)] {
        order[head...].compactMap { key in answers[key].map { (key, $0) } }
    }
}
