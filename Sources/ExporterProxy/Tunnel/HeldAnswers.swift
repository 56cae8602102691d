import HyperDHT

/// A request to register an alias, by what is needed to answer it.
struct RegistrationQuestion: Sendable {
    let link: TunnelLink
    let channel: Mux.Channel
    let id: UInt64
}

/// Answers to registrations that wait until the list of targets that they have changed is on disk.
struct HeldAnswers: Sendable {
    struct Answer: Sendable {
        let question: RegistrationQuestion
        let isNew: Bool
    }

    /// Whoever comes when there are so many is refused.
    private static let countMax = 4_096

    /// For the list that is being written, and for the one that will be next.
    private var current: [Answer] = []
    private var next: [Answer] = []
    private(set) var isWriting = false

    var count: Int { current.count + next.count }
    var isFull: Bool { count >= Self.countMax }

    /// - Parameter isForNext: whether the list has changed since the one that is being written.
    mutating func hold(_ answer: Answer, isForNext: Bool) {
        if isForNext { next.append(answer) } else { current.append(answer) }
    }

    /// The list that is next is being written.
    mutating func begin() {
        isWriting = true
        current += next
        next = []
    }

    /// It is not being written any more; gives those that have waited for it.
    mutating func end() -> [Answer] {
        defer { (current, isWriting) = ([], false) }
        return current
    }
}
