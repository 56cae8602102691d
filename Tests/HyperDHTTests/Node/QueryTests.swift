import Testing

@testable import HyperDHT

struct QueryTests {
    private static func reply(_ from: IPv4Address, named: Bool = true, error: UInt64 = 0) -> DHTReply {
        let response = DHTResponse(tid: 0, to: nodeAddress(0), id: named ? NodeID.of(from) : nil, error: error)
        return DHTReply(response, from: from)
    }

    @Test func query_EndsAtTheNearest() {
        let all = (0..<500).map(nodeAddress)
        for seed in UInt64(0)..<10 {
            let goal = nodeTarget(seed)
            let nearest = all.sorted { NodeID.of($0).distance(to: goal) < NodeID.of($1).distance(to: goal) }
            var query = Query(target: goal, command: .external(.findPeer), from: [all[3]])
            var asked = 0
            while let next = query.next() {
                asked += 1
                // A node knows some of its neighbours, and a few of the target's.
                let rank = nearest.firstIndex(of: next) ?? 0
                query.answered(Self.reply(next), closerNodes: Array(nearest[(rank / 3)..<min(500, rank / 3 + 20)]))
            }
            #expect(query.isFinished && query.closest.map(\.from) == Array(nearest.prefix(20)))
            #expect(asked < 60)
        }
    }

    @Test func nodesWithoutANameOrWithAnError_HelpAndDoNotCount() {
        var query = Query(
            target: nodeTarget(1), command: .internal(.findNode),
            from: [nodeAddress(1), nodeAddress(2), nodeAddress(3)])
        for _ in 0..<3 { #expect(query.next() != nil) }
        query.answered(Self.reply(nodeAddress(1), named: false), closerNodes: [nodeAddress(4)])
        query.answered(Self.reply(nodeAddress(2), error: 1), closerNodes: [nodeAddress(5)])
        query.answered(Self.reply(nodeAddress(9)), closerNodes: [nodeAddress(6)])
        #expect(!query.isFinished)
        #expect(Set([query.next(), query.next(), query.next()]) == [nodeAddress(4), nodeAddress(5), nil])
        for number in [3, 4] { query.failed(nodeAddress(number)) }
        query.answered(Self.reply(nodeAddress(5)), closerNodes: [nodeAddress(1), nodeAddress(2)])
        #expect(query.isFinished && query.closest.map(\.from) == [nodeAddress(5)])
    }

    @Test func nodesThatAreSlow_AreNotWaitedForWhenThereAreEnough() {
        let start = (0..<30).map(nodeAddress)
        var query = Query(target: nodeTarget(2), command: .internal(.findNode), from: start)
        var slow: IPv4Address?
        for _ in 0..<30 {
            guard let next = query.next() else { break }
            if slow == nil { slow = next } else { query.answered(Self.reply(next), closerNodes: []) }
        }
        #expect(query.closest.count == 20 && !query.isFinished)
        if let slow { query.repeated(slow) }
        #expect(query.isFinished)
    }

    @Test func inventedNodes_AreNotAskedForEver() {
        var query = Query(target: nodeTarget(3), command: .internal(.findNode), from: [nodeAddress(0)])
        var (asked, invented) = (0, 1)
        while let next = query.next() {
            asked += 1
            let nodes = (invented..<(invented + 1_000)).map(nodeAddress)
            invented += 1_000
            query.answered(Self.reply(next, named: false), closerNodes: nodes)
        }
        #expect(asked == Query.questionsMax && query.isFinished)
    }
}
