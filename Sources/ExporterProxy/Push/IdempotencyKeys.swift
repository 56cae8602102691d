/// What the pushes of the last minutes were answered, by the keys they came with.
struct IdempotencyKeys: Sendable {
    struct Key: Hashable, Sendable {
        var group: GroupingKey
        var key: ExactText
    }

    struct Answer: Sendable {
        var outcome: PushOutcome
        /// On the monotonic clock.
        var at: Int64
    }

    /// What all of them have together, whatever number of them is allowed.
    static let bytesMax = 16 << 20

    private var limit: Int
    private var life: Int64
    private(set) var answers: [Key: Answer] = [:]
    /// The oldest first, from `head` on.
    private var order: [Key] = []
    private var head = 0
    /// Bytes of keys with their groups, and of what was answered.
    private var bytes = 0
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
        dropOld(at: time)
        return answers[key]?.outcome
    }

    /// Forgets those whose time is over.
    mutating func dropOld(at time: Int64) {
        while head < order.count, let oldest = answers[order[head]], time &- oldest.at >= life { dropOldest() }
    }

    /// A key that is known keeps its answer.
    mutating func remember(_ outcome: PushOutcome, for key: Key, at time: Int64) {
        guard limit > 0, answers[key] == nil else { return }
        answers[key] = Answer(outcome: outcome, at: time)
        order.append(key)
        bytes += Self.bytes(of: key, outcome)
        hasChanged = true
        while answers.count > limit || bytes > Self.bytesMax, head < order.count { dropOldest() }
    }

    private mutating func dropOldest() {
        if let gone = answers.removeValue(forKey: order[head]) { bytes -= Self.bytes(of: order[head], gone.outcome) }
        head += 1
        hasChanged = true
        guard head > 1024, head > order.count / 2 else { return }
        order.removeFirst(head)
        head = 0
    }

    private static func bytes(of key: Key, _ outcome: PushOutcome) -> Int {
        let own = key.group.labels.reduce(64 + key.key.text.utf8.count) {
            $0 + 32 + $1.name.utf8.count + $1.value.utf8.count
        }
        guard case .refused(let conflicts) = outcome else { return own }
        return conflicts.reduce(own) { $0 + 32 + $1.description.utf8.count }
    }

    /// The oldest first.
    var all: [(key: Key, answer: Answer)] {
        order[head...].compactMap { key in answers[key].map { (key, $0) } }
    }
}
