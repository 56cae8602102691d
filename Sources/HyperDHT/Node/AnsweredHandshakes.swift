/// What was answered to handshakes of the last seconds.
///
/// A message 1 that comes again, through another relay or by loss, gets the same bytes again, and costs nothing. Where
/// there are too many of them the oldest is forgotten.
struct AnsweredHandshakes: Sendable {
    enum Answer: Equatable, Sendable {
        case message([UInt8])
        /// Its caller gets none.
        case silence
    }

    private let max: Int
    private var answers: [Bytes32: Answer] = [:]
    /// In the order in which they are forgotten.
    private var order = RingQueue<Turn>()

    private struct Turn {
        let name: Bytes32
        let until: Int64
    }

    init(max: Int) { self.max = max }

    var count: Int { answers.count }

    static func name(of message: [UInt8]) -> Bytes32 { Blake2b.hash32(message) }

    mutating func answer(to name: Bytes32, at now: Int64) -> Answer? {
        forget(at: now)
        return answers[name]
    }

    mutating func keep(_ answer: Answer, to name: Bytes32, at now: Int64) {
        guard answers.updateValue(answer, forKey: name) == nil else { return }
        order.append(Turn(name: name, until: now + DHTWire.handshakeLifetime))
        while order.count > max { forgetFirst() }
    }

    private mutating func forget(at now: Int64) {
        while let first = order.first, first.until <= now { forgetFirst() }
    }

    private mutating func forgetFirst() { answers[order.removeFirst().name] = nil }
}
