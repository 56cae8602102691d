import Testing

@testable import HyperDHT

struct VisitorsTests {
    private static func visitor(_ origin: Visitor.Origin, at now: Int64 = 0) throws -> Visitor {
        let (caller, server) = (KeyPair.random(), KeyPair.random())
        let initiator = try NoiseInitiator(identity: caller, remote: server.publicKey, payload: [])
        let responder = try NoiseResponder(identity: server, message: initiator.message[...]) { _ in true }
        return Visitor(
            server: server.publicKey, session: try responder.finish(payload: []).1, remoteStreamID: 1, origin: origin,
            hole: nil, at: now)
    }

    private static func known(_ host: UInt32) -> Visitor.Origin { .init(host: host, isKnown: true) }
    private static func stranger(_ host: UInt32) -> Visitor.Origin { .init(host: host, isKnown: false) }

    /// Each of `origins` in turn, and then who has to go for the last; its number is its place.
    @Test(
        arguments: [
            ([], known(1), nil),
            ([known(1), known(1), known(1)], known(2), nil),
            // The oldest of who has most.
            ([known(2), known(1), known(1), known(3)], known(4), 1),
            ([stranger(2), stranger(1), stranger(1), stranger(1)], stranger(2), 1),
            // What one half leaves free the others may use, until it is wanted.
            ([known(1), known(2), known(2), known(3)], stranger(9), 1),
            ([stranger(1), stranger(2), stranger(2), stranger(3)], known(9), 1),
            ([stranger(2), stranger(2), stranger(2), known(3)], known(9), 0),
            // Where each has its half, nobody takes of the other.
            ([known(1), known(2), stranger(5), stranger(5)], known(1), 0),
            ([known(1), known(1), stranger(5), stranger(6)], stranger(5), 2),
        ] as [([Visitor.Origin], Visitor.Origin, UInt32?)])
    func newest_TakesTheOldestPlaceOfWhoHasMost(origins: [Visitor.Origin], last: Visitor.Origin, gone: UInt32?) throws {
        var visitors = Visitors(max: 4)
        for (number, origin) in origins.enumerated() { visitors.add(try Self.visitor(origin), as: UInt32(number)) }
        guard let found = visitors.inTheWay(of: last) else {
            #expect(gone == nil)
            return
        }
        // Of hosts that have the same either will do.
        let shares = Dictionary(grouping: origins, by: \.self).mapValues(\.count)
        #expect(found == gone || shares[origins[Int(found)]] == gone.flatMap { shares[origins[Int($0)]] })
        #expect(visitors.remove(found)?.origin == origins[Int(found)])
        #expect(visitors.inTheWay(of: last) == nil)
    }

    @Test func whoHasGone_LeavesNothingBehind() throws {
        var visitors = Visitors(max: 8)
        for number in UInt32(0)..<8 {
            let origin = Visitor.Origin(host: number % 3, isKnown: number % 2 == 0)
            visitors.add(try Self.visitor(origin, at: Int64(number)), as: number)
        }
        #expect(visitors.nextDueAt == DHTWire.handshakeLifetime)
        visitors[0]?.remember(until: 2 * DHTWire.handshakeLifetime)
        #expect(visitors.nextDueAt == DHTWire.handshakeLifetime + 1)
        for number in UInt32(1)..<8 { #expect(visitors.remove(number) != nil) }
        #expect(visitors.remove(1) == nil && visitors.count == 1)
        #expect(visitors.takeDue(at: 2 * DHTWire.handshakeLifetime - 1).isEmpty)
        #expect(visitors.takeDue(at: 2 * DHTWire.handshakeLifetime) == [0])
        #expect(visitors.remove(0) != nil && visitors.isEmpty && visitors.nextDueAt == nil)
        #expect(visitors.inTheWay(of: Self.known(1)) == nil)
    }

    @Test func answeredHandshakes_AreTheLastOnes() {
        var answered = AnsweredHandshakes(max: 3)
        for number in UInt64(1)...5 { answered.keep(.silence, to: nodeTarget(number), at: Int64(number)) }
        let known = (UInt64(1)...5).map { answered.answer(to: nodeTarget($0), at: 5) != nil }
        #expect(known == [false, false, true, true, true] && answered.count == 3)
        #expect(answered.answer(to: nodeTarget(3), at: DHTWire.handshakeLifetime + 3) == nil && answered.count == 2)
    }
}
