import Testing

@testable import HyperDHT

/// What an endpoint is made of.
struct EndpointPartsTests {
    @Test(arguments: 0..<20) func deadlines_ComeInTheirOrder(seed: UInt64) {
        var numbers = SeededNumbers(seed: seed)
        var (heap, known) = (DueTimes<Int>(), [Int: Int64]())
        for step in 0..<2_000 {
            let slot = Int.random(in: 0..<40, using: &numbers)
            let deadline = numbers.share() < 0.2 ? nil : Int64.random(in: 0..<1_000, using: &numbers)
            heap.set(slot, at: deadline)
            known[slot] = deadline
            #expect(heap.next == known.values.min() && heap.count == known.count)
            guard step % 7 == 0 else { continue }
            let now = Int64.random(in: 0..<200, using: &numbers)
            while let due = heap.popDue(at: now) {
                let deadline = known.removeValue(forKey: due)
                #expect(deadline.map { $0 <= now && $0 <= known.values.min() ?? .max } == true)
            }
            #expect(known.values.allSatisfy { $0 > now })
        }
    }

    @Test func hosts_AreForgottenWithTheirLastShare() {
        var shares = HostShares()
        for host: UInt32 in [1, 1, 2] { shares.add(host) }
        #expect(shares[1] == 2 && shares[2] == 1 && shares[3] == 0 && shares.count == 2)
        for host: UInt32 in [1, 2, 1, 3] { shares.remove(host) }
        #expect(shares.count == 0 && shares[1] == 0)
    }

    @Test func copiesOfDatagrams_AreNoCopiesOfAll() {
        var datagrams = OutgoingDatagrams()
        let bytes = [UInt8](repeating: 7, count: 1_000)
        // There is room for more than what follows.
        for _ in 0..<100 { datagrams.append(DHTOutgoing(to: IPv4Address(host: 1, port: 1), bytes: bytes)) }
        datagrams.removeAll()
        for _ in 0..<10 { datagrams.append(DHTOutgoing(to: IPv4Address(host: 1, port: 1), bytes: bytes)) }
        var places = [datagrams.withUnsafeBytes { all, _ in all.baseAddress }]
        for index in 0..<30 {
            datagrams.append(
                copiesOf: index % 10..<index % 10 + 1, to: IPv4Address(host: 2, port: UInt16(2 + index / 10)))
            places.append(datagrams.withUnsafeBytes { all, _ in all.baseAddress })
        }
        #expect(datagrams.count == 40 && datagrams.allSatisfy { Array($0.bytes) == bytes })
        #expect(datagrams.map(\.to.port) == [1, 2, 3, 4].flatMap { [UInt16](repeating: $0, count: 10) })
        #expect(Set(places).count == 1)
    }

    @Test func datagrams_LieBehindEachOtherWithTheirAddresses() {
        let (one, other) = (IPv4Address(host: 1, port: 1), IPv4Address(host: 2, port: 2))
        var datagrams = OutgoingDatagrams()
        #expect(datagrams.isEmpty && datagrams.bytesCount == 0)
        datagrams.append(DHTOutgoing(to: one, bytes: [1, 2], timeToLive: 5))
        datagrams.append(to: other) { batch in
            batch.append { $0 += [3] }
            batch.append { $0 += [4, 5, 6] }
        }
        datagrams.append(to: nil) { _ in }
        #expect(datagrams.map(\.to) == [one, other, other] && datagrams.map(\.timeToLive) == [5, nil, nil])
        #expect(datagrams.map { Array($0.bytes) } == [[1, 2], [3], [4, 5, 6]] && datagrams.bytesCount == 6)
        let third = datagrams.withUnsafeBytes { bytes, range in Array(bytes[range(2)]) }
        #expect(third == [4, 5, 6] && datagrams.address(of: 2) == other && datagrams.timeToLive(of: 2) == nil)
        datagrams.removeAll()
        #expect(datagrams.isEmpty && datagrams.bytesCount == 0)
    }

    @Test func ends_AreCountedByTheirKind() {
        let ends: [HyperDHT.PeerEnd] = [
            .tooMany, .unreachable(.notFound), .notDialled(""), .over(.ended), .over(.truncated), .over(.destroyed),
            .over(.reset), .over(.timedOut), .over(.notConfirmed), .over(.endTimedOut), .over(.unread(bytes: 1)),
            .over(.badHandshake("")), .over(.noise(.badKey)), .over(.stream(.notThePeer)),
            .over(.mux(.tooManyChannels(max: 1))),
        ]
        let kinds = HyperDHT.PeerEnd.Kind.allCases
        #expect(Set(ends.map(\.kind)) == Set(kinds) && ends.count == kinds.count)
    }
}
