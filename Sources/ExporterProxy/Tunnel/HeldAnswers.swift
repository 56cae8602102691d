import HyperDHT

/// A request to register an alias, by what is needed to answer it.
struct RegistrationQuestion: Sendable {
    let link: TunnelLink
    let channel: Mux.Channel
    let id: UInt64
    let peer: HyperDHT.Peer
}

/// Answers to registrations that wait until the list of targets that they have changed is on disk.
struct HeldAnswers: Sendable {
    struct Answer: Sendable {
        let question: RegistrationQuestion
        let alias: String
        let isNew: Bool
    }

    enum Outlook: Sendable {
        /// The alias is in the file as it is.
        case written
        case isToBe
        /// The last write has failed.
        case doubtful
    }

    /// Whoever comes when there are so many is refused.
    private static let countMax = 4_096

    /// Aliases that are otherwise than in the file, and who waits for that: in the list that is being written, and in
    /// the one that will be next.
    private var current: (aliases: Set<ExactText>, answers: [Answer]) = ([], [])
    private var next: (aliases: Set<ExactText>, answers: [Answer]) = ([], [])
    private var hasFailed = false

    mutating func changed(_ alias: String) { next.aliases.insert(ExactText(alias)) }

    func outlook(_ alias: String) -> Outlook {
        let name = ExactText(alias)
        guard next.aliases.contains(name) || current.aliases.contains(name) else { return .written }
        return hasFailed || current.answers.count + next.answers.count >= Self.countMax ? .doubtful : .isToBe
    }

    mutating func hold(_ answer: Answer) {
        if next.aliases.contains(ExactText(answer.alias)) {
            next.answers.append(answer)
        } else {
            current.answers.append(answer)
        }
    }

    /// The list that is next is being written.
    mutating func begin() {
        current = (current.aliases.union(next.aliases), current.answers + next.answers)
        next = ([], [])
    }

    /// It is, or could not be; gives those that have waited for it.
    mutating func end(isWritten: Bool) -> [Answer] {
        defer { current = ([], []) }
        hasFailed = !isWritten
        if !isWritten { next.aliases.formUnion(current.aliases) }
        return current.answers
    }
}
