/// What one node said.
package struct DHTReply: Equatable, Sendable {
    package var from: IPv4Address
    /// How the node sees us.
    package var to: IPv4Address
    /// Only where it is the one that follows from the node's address.
    package var id: Bytes32?
    package var token: Bytes32?
    package var error: UInt64
    package var value: [UInt8]?

    init(_ response: DHTResponse, from: IPv4Address) {
        (self.from, to, token) = (from, response.to, response.token)
        (error, value) = (response.error, response.value)
        id = response.id == NodeID.of(from) ? response.id : nil
    }
}

/// Asks ever nearer nodes until nobody knows one that is nearer.
///
/// It decides whom to ask next; somebody else asks.
struct Query: Sendable {
    /// No network is so large that more are needed; who names nodes that are not there shall not keep us busy.
    static let questionsMax = 256
    static let candidatesMax = 128

    private struct Candidate {
        var address: IPv4Address
        var distance: Bytes32
    }

    let target: Bytes32
    let command: DHTCommand
    /// The nearest first.
    private var candidates: [Candidate] = []
    private var seen: Set<IPv4Address> = []
    /// And whether it had to be asked again.
    private var inFlight: [IPv4Address: Bool] = [:]
    private var asked = 0
    /// Of nodes with a name and without an error, the nearest first.
    private(set) var closest: [DHTReply] = []

    init(target: Bytes32, command: DHTCommand, from start: [IPv4Address]) {
        (self.target, self.command) = (target, command)
        for address in start { add(address) }
    }

    /// Whom to ask now.
    mutating func next() -> IPv4Address? {
        guard inFlight.count < DHTWire.parallelQuestions, asked < Self.questionsMax, let first = candidates.first else {
            return nil
        }
        guard isUseful(first.distance) else {
            candidates = []
            return nil
        }
        candidates.removeFirst()
        inFlight[first.address] = false
        asked += 1
        return first.address
    }

    mutating func answered(_ reply: DHTReply, closerNodes: [IPv4Address]) {
        guard inFlight.removeValue(forKey: reply.from) != nil else { return }
        if reply.id != nil, reply.error == 0 { keep(reply) }
        // Who names a thousand nodes is not heard out.
        for address in closerNodes.prefix(DHTWire.k) where address.isPlausible(from: reply.from) { add(address) }
    }

    mutating func failed(_ address: IPv4Address) { inFlight[address] = nil }

    mutating func repeated(_ address: IPv4Address) { if inFlight[address] != nil { inFlight[address] = true } }

    var isFinished: Bool {
        if inFlight.isEmpty {
            guard let first = candidates.first, asked < Self.questionsMax else { return true }
            return !isUseful(first.distance)
        }
        return closest.count >= DHTWire.k && inFlight.values.allSatisfy { $0 } && !hasUsefulCandidate
    }

    private var hasUsefulCandidate: Bool { candidates.first.map { isUseful($0.distance) } ?? false }

    private mutating func add(_ address: IPv4Address) {
        guard address.scope != nil, !seen.contains(address) else { return }
        let distance = NodeID.of(address).distance(to: target)
        guard isUseful(distance) else { return }
        seen.insert(address)
        let place = candidates.firstIndex { distance < $0.distance } ?? candidates.endIndex
        candidates.insert(Candidate(address: address, distance: distance), at: place)
        if candidates.count > Self.candidatesMax { candidates.removeLast() }
    }

    private mutating func keep(_ reply: DHTReply) {
        let distance = distance(of: reply)
        let place = closest.firstIndex { distance < self.distance(of: $0) } ?? closest.endIndex
        closest.insert(reply, at: place)
        if closest.count > DHTWire.k { closest.removeLast() }
    }

    private func isUseful(_ distance: Bytes32) -> Bool {
        guard closest.count >= DHTWire.k, let last = closest.last else { return true }
        return distance < self.distance(of: last)
    }

    private func distance(of reply: DHTReply) -> Bytes32 { (reply.id ?? .zero).distance(to: target) }
}
