/// Questions under way: their numbers, when to repeat them, when to give up.
struct PendingRequests: Sendable {
    /// One question, whoever it is for.
    struct Question: Sendable {
        var to: IPv4Address
        var command: DHTCommand
        var target: Bytes32?
        var token: Bytes32?
        var value: [UInt8]?
        /// How often it is sent again.
        var retries = DHTWire.retries
        var purpose: Purpose
        /// Whether others have made us ask.
        var isForOthers = false

        var rank: Rank {
            if isForOthers { return .forOthers }
            switch purpose {
            case .keepAlive, .handshake, .holepunch, .probe: return .urgent
            default: return .own
            }
        }
    }

    /// Which questions go out first where not all can go at once.
    enum Rank: Int, CaseIterable, Sendable {
        /// Else a NAT closes, or a peer waits in vain.
        case urgent
        case own, forOthers
    }

    /// Who waits for the answer.
    enum Purpose: Hashable, Sendable {
        case query(Int)
        /// Whether a new node is there, before it is kept.
        case newcomer
        /// How somebody sees us.
        case mirror
        /// Whether a known node is still there; if not, there is room for another.
        case veteran(replacement: IPv4Address?)
        case keepAlive(server: Bytes32)
        case announce(server: Bytes32)
        /// For a token with which to withdraw an announcement.
        case withdrawal(server: Bytes32)
        case unannounce(server: Bytes32)
        case handshake(connect: Int)
        case probe(connect: Int)
        case holepunch(connect: Int)
    }

    fileprivate struct Pending {
        var question: Question
        var sendsLeft: Int
        var deadline: Int64
        var wasRepeated = false
        /// Of answers that turn out to be somebody else's.
        var foreignLeft = PendingRequests.foreignMax
    }

    /// A question that is not waited for any more, unless it is put back.
    struct Answered: Sendable {
        let tid: UInt16
        fileprivate var entry: Pending

        var question: Question { entry.question }
    }

    /// To look at one may cost something, and who guesses its number has to send some ten thousands for each.
    static let foreignMax = 8

    /// What is to happen now.
    struct Due {
        var send: [(tid: UInt16, question: Question)] = []
        /// Repeated for the first time.
        var slow: [Question] = []
        /// Nobody has answered.
        var failed: [Question] = []
        /// Nobody was asked: there are too many questions.
        var refused: [Question] = []
    }

    private let waitingMax: Int
    private var pending: [UInt16: Pending] = [:]
    /// By rank.
    private var waiting = [[Question]](repeating: [], count: Rank.allCases.count)
    private var refused: [Question] = []
    private var budget = SendBudget()

    init(waitingMax: Int) { self.waitingMax = waitingMax }

    var count: Int { pending.count + waiting.reduce(0) { $0 + $1.count } }

    /// Whether somebody waits with this purpose for this node.
    func contains(_ purpose: Purpose, to address: IPv4Address) -> Bool {
        pending.values.contains { $0.question.purpose == purpose && $0.question.to == address }
            || waiting.contains { $0.contains { $0.purpose == purpose && $0.to == address } }
    }

    /// Whether one more may be asked because others want it: few with this purpose at a time, and of one host one, if
    /// it is not our own.
    func mayAskForOthers(_ purpose: Purpose, _ address: IPv4Address, max: Int) -> Bool {
        let isOurs = address.scope == .loopback
        func isOfHost(_ question: Question) -> Bool {
            isOurs ? question.to == address : question.to.host == address.host
        }
        let asked = pending.values.lazy.map(\.question).filter { $0.purpose == purpose && $0.isForOthers }
        let inTheWay = asked + waiting[Rank.forOthers.rawValue].filter { $0.purpose == purpose }
        return inTheWay.count < max && !inTheWay.contains(where: isOfHost)
    }

    /// For each rank there is room for as many.
    mutating func ask(_ question: Question) {
        let rank = question.rank.rawValue
        if waiting[rank].count < waitingMax { waiting[rank].append(question) } else { refused.append(question) }
    }

    /// The question that `response` answers: its number, and where it went.
    mutating func answered(_ response: DHTResponse, from: IPv4Address, at now: Int64) -> Answered? {
        guard let entry = pending[response.tid], entry.question.to == from else { return nil }
        pending[response.tid] = nil
        budget.giveBack(isForOthers: entry.question.isForOthers, at: now)
        return Answered(tid: response.tid, entry: entry)
    }

    /// The answer was somebody else's, and the true one may still come. False where there were too many of them.
    mutating func putBack(_ answered: Answered, at now: Int64) -> Bool {
        guard answered.entry.foreignLeft > 0, pending[answered.tid] == nil else { return false }
        pending[answered.tid] = answered.entry
        pending[answered.tid]?.foreignLeft -= 1
        _ = budget.take(isForOthers: answered.question.isForOthers, at: now)
        return true
    }

    /// What is not wanted any more is neither repeated nor does it fail.
    mutating func forget(_ purpose: Purpose) {
        for rank in waiting.indices { waiting[rank].removeAll { $0.purpose == purpose } }
        for (tid, entry) in pending where entry.question.purpose == purpose { pending[tid] = nil }
    }

    mutating func poll(at now: Int64, numbers: inout Randomness) -> Due {
        var due = Due()
        swap(&due.refused, &refused)
        let late = pending.filter { $0.value.deadline <= now }.sorted { $0.key < $1.key }
        for rank in Rank.allCases {
            for (tid, entry) in late where entry.question.rank == rank { repeatOrFail(tid, entry, at: now, into: &due) }
            sendWaiting(rank.rawValue, at: now, numbers: &numbers, into: &due)
        }
        return due
    }

    private mutating func repeatOrFail(_ tid: UInt16, _ entry: Pending, at now: Int64, into due: inout Due) {
        guard entry.sendsLeft > 0 else {
            pending[tid] = nil
            due.failed.append(entry.question)
            return
        }
        guard budget.take(isForOthers: entry.question.isForOthers, at: now) else {
            pending[tid]?.deadline = now + SendBudget.slotTime / 3
            return
        }
        if !entry.wasRepeated { due.slow.append(entry.question) }
        pending[tid]?.wasRepeated = true
        pending[tid]?.sendsLeft -= 1
        pending[tid]?.deadline = now + DHTWire.requestTimeout
        due.send.append((tid, entry.question))
    }

    private mutating func sendWaiting(
        _ rank: Int, at now: Int64, numbers: inout Randomness, into due: inout Due
    ) {
        var sent = 0
        while sent < waiting[rank].count, let tid = freeNumber(&numbers),
            budget.take(isForOthers: waiting[rank][sent].isForOthers, at: now)
        {
            let question = waiting[rank][sent]
            pending[tid] = Pending(
                question: question, sendsLeft: question.retries, deadline: now + DHTWire.requestTimeout)
            due.send.append((tid, question))
            sent += 1
        }
        waiting[rank].removeFirst(sent)
    }

    /// By chance, so that nobody who cannot see the question can answer it.
    private func freeNumber(_ numbers: inout Randomness) -> UInt16? {
        for _ in 0..<16 {
            let tid = UInt16.random(in: 0...UInt16.max, using: &numbers)
            if pending[tid] == nil { return tid }
        }
        return nil
    }

    func nextDeadline(after now: Int64) -> Int64? {
        guard refused.isEmpty else { return now }
        let first = pending.values.lazy.map(\.deadline).min()
        guard !waiting.allSatisfy(\.isEmpty) else { return first }
        return min(first ?? .max, now + SendBudget.slotTime / 3)
    }
}
