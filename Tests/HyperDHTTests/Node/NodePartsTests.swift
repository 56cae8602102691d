import Testing

@testable import HyperDHT

private func address(_ number: Int) -> IPv4Address {
    IPv4Address(host: 0x5500_0000 &+ UInt32(truncatingIfNeeded: number), port: 5_000)
}

private func target(_ number: UInt64) -> Bytes32 {
    var numbers = Randomness(SeededNumbers(seed: number))
    return numbers.bytes32()
}

struct RoutingTableTests {
    @Test func nearestNodes_AreThoseOfAll() {
        for seed in UInt64(0)..<20 {
            var table = RoutingTable(ownID: target(seed))
            var kept: [IPv4Address] = []
            for number in 0..<400 where table.insert(address(number), at: 0) == .added { kept.append(address(number)) }
            #expect(table.count == kept.count && table.all.count == kept.count && kept.count > 80)
            for goal in UInt64(100)..<110 {
                let goal = goal == 100 ? table.ownID : target(goal)
                let nearest = kept.sorted { NodeID.of($0).distance(to: goal) < NodeID.of($1).distance(to: goal) }
                #expect(table.closest(to: goal).map(\.address) == Array(nearest.prefix(20)))
                #expect(table.closest(to: goal, limit: 1).map(\.address) == Array(nearest.prefix(1)))
            }
        }
    }

    @Test func fullRow_NamesTheNodeThatWasLookedAtLongestAgo() {
        var table = RoutingTable(ownID: target(1))
        let row0 = (0..<200).map(address).filter { NodeID.row(of: NodeID.of($0), seenFrom: table.ownID) == 0 }
        for (index, node) in row0.prefix(20).enumerated() {
            #expect(table.insert(node, at: Int64(index)) == .added)
        }
        #expect(table.insert(row0[0], at: 50) == .refreshed)
        guard case .full(let oldest) = table.insert(row0[20], at: 60) else {
            Issue.record("the row has 20 nodes")
            return
        }
        #expect(oldest.address == row0[1] && table.count == 20)
        table.pinged(row0[1], at: 70)
        #expect(table.oldest(2, notSince: 100).map(\.address) == [row0[2], row0[3]])
        table.remove(row0[2])
        #expect(!table.contains(row0[2]) && table.insert(row0[20], at: 80) == .added && table.contains(row0[20]))
        table.remove(row0[2])
        #expect(table.count == 20)
    }

    @Test func ownAddress_IsNoNeighbour() {
        var table = RoutingTable(ownID: NodeID.of(address(1)))
        #expect(table.insert(address(1), at: 0) == .own && table.count == 0)
        _ = table.insert(address(2), at: 0)
        table.move(to: NodeID.of(address(2)))
        #expect(table.count == 0 && table.all.isEmpty)
    }
}

struct RoundTripTokenTests {
    @Test func token_LivesBetweenOneAndTwoPeriods() {
        var numbers = Randomness(SeededNumbers(seed: 1))
        let period = RoundTripTokens.period
        for (age, isValid) in [
            (0, true), (period - 1, true), (period, true), (2 * period, false), (99 * period, false),
        ] {
            var tokens = RoundTripTokens(at: 0, numbers: &numbers)
            let token = tokens.give(to: address(1), at: period - 1)
            let now = period - 1 + age
            var other = address(1)
            other.port = 9
            #expect(tokens.isValid(token, of: other, at: now) == isValid, "\(age)")
            #expect(tokens.isValid(token, of: address(2), at: now) == false)
            let fresh = tokens.give(to: address(1), at: now)
            #expect(tokens.isValid(fresh, of: address(1), at: now + period) == true)
        }
    }
}

struct RateLimitTests {
    @Test func bucket_FillsSteadily() {
        var limit = RateLimit<Int>(RateLimitBounds(perSecond: 2, burst: 3), bucketsMax: 2)
        let taken = [0, 0, 0, 0, 500, 500, 1_500, 1_500, 1_500, 60_000, 60_000, 60_000, 60_000]
        let given = taken.map { limit.take(of: 1, at: Int64($0) * 1_000_000) }
        #expect(given == [true, true, true, false, true, false, true, true, false, true, true, true, false])
    }

    @Test func manyKeys_ShareWhatIsLeft() {
        var limit = RateLimit<Int>(RateLimitBounds(perSecond: 1, burst: 5), bucketsMax: 10)
        let given = (0..<1_000).count { limit.take(of: $0, at: 0) }
        #expect(given == 15 && limit.count == 10)
        // Who was known before keeps its own.
        #expect(limit.take(of: 3, at: 0) == true)
        // Full buckets make room.
        let later = (2_000..<2_010).count { limit.take(of: $0, at: 60_000_000_000) }
        #expect(later == 10 && limit.count == 10)
    }
}

struct PendingRequestsTests {
    private static func question(_ number: Int, retries: Int = 3) -> PendingRequests.Question {
        .init(to: address(number), command: .internal(.ping), retries: retries, purpose: .query(number))
    }

    @Test func question_IsRepeatedAndThenGivenUp() throws {
        var (pending, numbers) = (PendingRequests(waitingMax: 10), Randomness(SeededNumbers(seed: 1)))
        pending.ask(Self.question(1))
        var (sends, slow, failed, now): ([Int64], [Int64], [Int64], Int64) = ([], [], [], 0)
        while failed.isEmpty, now < 20_000_000_000 {
            let due = pending.poll(at: now, numbers: &numbers)
            if !due.send.isEmpty { sends.append(now / 1_000_000) }
            if !due.slow.isEmpty { slow.append(now / 1_000_000) }
            if !due.failed.isEmpty { failed.append(now / 1_000_000) }
            now = pending.nextDeadline(after: now) ?? .max
        }
        #expect(sends == [0, 1_000, 2_000, 3_000] && slow == [1_000] && failed == [4_000])
        #expect(pending.count == 0)
    }

    @Test func answer_IsTakenFromWhoWasAskedAlone() throws {
        var (pending, numbers) = (PendingRequests(waitingMax: 10), Randomness(SeededNumbers(seed: 2)))
        pending.ask(Self.question(1))
        let tid = try #require(pending.poll(at: 0, numbers: &numbers).send.first?.tid)
        let (right, wrong) = (DHTResponse(tid: tid, to: address(9)), DHTResponse(tid: tid &+ 1, to: address(9)))
        #expect(pending.answered(right, from: address(2), at: 1) == nil)
        #expect(pending.answered(wrong, from: address(1), at: 1) == nil)
        #expect(pending.answered(right, from: address(1), at: 1)?.purpose == .query(1))
        #expect(pending.answered(right, from: address(1), at: 1) == nil)
    }

    @Test func path_IsNotFlooded() {
        var (pending, numbers) = (PendingRequests(waitingMax: 500), Randomness(SeededNumbers(seed: 3)))
        for number in 0..<600 { pending.ask(Self.question(number, retries: 0)) }
        let first = pending.poll(at: 0, numbers: &numbers)
        #expect(first.send.count == 80 && first.failed.count == 100)
        #expect(Set(first.send.map(\.tid)).count == 80)
        #expect(pending.poll(at: SendBudget.slotTime, numbers: &numbers).send.count == 80)
        #expect(pending.poll(at: SendBudget.slotTime, numbers: &numbers).send.isEmpty)
        // An answer makes room for one.
        for sent in first.send.prefix(7) {
            _ = pending.answered(
                DHTResponse(tid: sent.tid, to: address(9)), from: sent.question.to, at: SendBudget.slotTime)
        }
        #expect(pending.poll(at: SendBudget.slotTime * 2, numbers: &numbers).send.count == 7)
        #expect(pending.poll(at: SendBudget.slotTime * 40, numbers: &numbers).send.count == 80)
    }

    @Test func forgottenQuestion_IsNotSentAgain() {
        var (pending, numbers) = (PendingRequests(waitingMax: 500), Randomness(SeededNumbers(seed: 4)))
        for number in 0..<100 { pending.ask(Self.question(number % 2)) }
        _ = pending.poll(at: 0, numbers: &numbers)
        pending.forget(.query(1))
        #expect(pending.count == 50)
        let later = pending.poll(at: 10_000_000_000, numbers: &numbers)
        #expect(!later.send.isEmpty && later.send.allSatisfy { $0.question.purpose == .query(0) })
    }
}

struct QueryTests {
    private static func reply(_ from: IPv4Address, named: Bool = true, error: UInt64 = 0) -> DHTReply {
        let response = DHTResponse(tid: 0, to: address(0), id: named ? NodeID.of(from) : nil, error: error)
        return DHTReply(response, from: from)
    }

    @Test func query_EndsAtTheNearest() {
        let all = (0..<500).map(address)
        for seed in UInt64(0)..<10 {
            let goal = target(seed)
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
        var query = Query(target: target(1), command: .internal(.findNode), from: [address(1), address(2), address(3)])
        for _ in 0..<3 { #expect(query.next() != nil) }
        query.answered(Self.reply(address(1), named: false), closerNodes: [address(4)])
        query.answered(Self.reply(address(2), error: 1), closerNodes: [address(5)])
        query.answered(Self.reply(address(9)), closerNodes: [address(6)])
        #expect(!query.isFinished)
        #expect(Set([query.next(), query.next(), query.next()]) == [address(4), address(5), nil])
        for number in [3, 4] { query.failed(address(number)) }
        query.answered(Self.reply(address(5)), closerNodes: [address(1), address(2)])
        #expect(query.isFinished && query.closest.map(\.from) == [address(5)])
    }

    @Test func nodesThatAreSlow_AreNotWaitedForWhenThereAreEnough() {
        let start = (0..<30).map(address)
        var query = Query(target: target(2), command: .internal(.findNode), from: start)
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
        var query = Query(target: target(3), command: .internal(.findNode), from: [address(0)])
        var (asked, invented) = (0, 1)
        while let next = query.next() {
            asked += 1
            let nodes = (invented..<(invented + 1_000)).map(address)
            invented += 1_000
            query.answered(Self.reply(next, named: false), closerNodes: nodes)
        }
        #expect(asked == Query.questionsMax && query.isFinished)
    }
}

struct StoredAnnouncementTests {
    @Test func announcements_AreBounded() {
        var configuration = DHTConfiguration()
        (configuration.forwardsMax, configuration.forwardsPerHostMax, configuration.topicsMax) = (30, 10, 5)
        var store = AnnouncementStore(configuration)
        let keys = (0..<100).map { PublicKey(target(UInt64($0))) }
        let kept = keys.enumerated().count { index, key in
            store.announce(.init(publicKey: key), under: key.target, from: address(index % 2), at: 0)
        }
        #expect(kept == 20 && store.forwardsCount == 20)
        // Again is not one more; from elsewhere it is one less there.
        #expect(store.announce(.init(publicKey: keys[0]), under: keys[0].target, from: address(2), at: 1) == true)
        #expect(store.announce(.init(publicKey: keys[50]), under: keys[50].target, from: address(0), at: 1) == true)
        #expect(store.forwardsCount == 21 && store.forward(to: keys[0].target, at: 1)?.address == address(2))
        let topics = keys.count { store.announce(.init(publicKey: $0), under: $0.bytes32, from: address(5), at: 0) }
        #expect(topics == 5 && store.topicsCount == 5)
        let perTopic = keys.count { store.announce(.init(publicKey: $0), under: target(0), from: address(5), at: 0) }
        #expect(perTopic == 16 && store.records(of: target(0), at: 0).count == 16)
        let late = DHTWire.announcementLifetime + 2
        #expect(store.records(of: target(0), at: late).isEmpty && store.forward(to: keys[0].target, at: late) == nil)
        #expect(store.announce(.init(publicKey: keys[1]), under: keys[1].target, from: address(0), at: late) == true)
        #expect(store.forwardsCount == 1 && store.topicsCount == 0)
        store.unannounce(keys[1], under: keys[1].target)
        #expect(store.forwardsCount == 0)
    }

    @Test func record_KeepsThreeRelays() {
        var store = AnnouncementStore(DHTConfiguration())
        let record = PeerRecord(publicKey: PublicKey(target(1)), relayAddresses: (0..<9).map(address))
        _ = store.announce(record, under: target(2), from: address(1), at: 0)
        #expect(store.records(of: target(2), at: 0).first?.relayAddresses == (0..<3).map(address))
    }
}

struct ReflexiveAddressTests {
    @Test(
        arguments: [
            ([], nil, NoisePayload.Firewall.unknown), ([1], 1, .unknown), ([1, 1, 1], 1, .consistent),
            ([1, 1, 1, 1, 1, 1, 2], 1, .consistent), ([1, 1, 2, 2], nil, .random), ([1, 2, 3], nil, .random),
        ] as [([UInt16], UInt16?, NoisePayload.Firewall)])
    func whatOthersSee_TellsWhichNATThereIs(ports: [UInt16], port: UInt16?, firewall: NoisePayload.Firewall) {
        var reflexive = ReflexiveAddress()
        for (index, port) in ports.enumerated() {
            reflexive.add(IPv4Address(host: 0x0909_0909, port: port), from: address(index))
            // Nobody counts twice.
            reflexive.add(IPv4Address(host: 0x0909_0909, port: port), from: address(index))
            reflexive.add(IPv4Address(host: 0x7F00_0001, port: port), from: address(index))
        }
        #expect(reflexive.address?.port == port && reflexive.firewall == firewall)
    }

    @Test func oldSamples_AreForgotten() {
        var reflexive = ReflexiveAddress()
        for index in 0..<100 { reflexive.add(IPv4Address(host: 9, port: index < 50 ? 1 : 2), from: address(index)) }
        for index in 0..<100 {
            reflexive.add(IPv4Address(host: 0x0909_0909, port: index < 68 ? 1 : 2), from: address(index))
        }
        #expect(reflexive.address?.port == 2)
    }
}
