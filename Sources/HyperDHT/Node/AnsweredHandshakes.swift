/// What was answered to handshakes of the last seconds.
///
/// A message 1 that comes again, through another relay or by loss, gets the same bytes again, and costs nothing.
struct AnsweredHandshakes: Sendable {
    enum Answer: Equatable, Sendable {
        case message([UInt8])
        /// Its caller gets none.
        case silence
    }

    private let max: Int
    private var answers: [Bytes32: Answer] = [:]
    /// In the order in which they are forgotten.
    private var order: [(name: Bytes32, until: Int64)] = []

    init(max: Int) { self.max = max }

    var count: Int { answers.count }

    static func name(of message: [UInt8]) -> Bytes32 { Blake2b.hash32(message) }

    mutating func answer(to name: Bytes32, at now: Int64) -> Answer? {
        forget(at: now)
        return answers[name]
    }

    /// Whether one more can be remembered.
    mutating func hasRoom(at now: Int64) -> Bool {
        forget(at: now)
        return answers.count < max
    }

    mutating func keep(_ answer: Answer, to name: Bytes32, at now: Int64) {
        guard answers.updateValue(answer, forKey: name) == nil else { return }
        order.append((name, now + DHTWire.handshakeLifetime))
    }

    private mutating func forget(at now: Int64) {
        guard let first = order.first, first.until <= now else { return }
        let stale = order.prefix { $0.until <= now }
        for entry in stale { answers[entry.name] = nil }
        order.removeFirst(stale.count)
    }
}
