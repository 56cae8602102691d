import Testing

@testable import HyperDHT

struct RoutingTableTests {
    @Test func nearestNodes_AreThoseOfAll() {
        for seed in UInt64(0)..<20 {
            var table = RoutingTable(ownID: nodeTarget(seed))
            var kept: [IPv4Address] = []
            for number in 0..<400 where table.insert(nodeAddress(number), at: 0) == .added {
                kept.append(nodeAddress(number))
            }
            #expect(table.count == kept.count && table.all.count == kept.count && kept.count > 80)
            for goal in UInt64(100)..<110 {
                let goal = goal == 100 ? table.ownID : nodeTarget(goal)
                let nearest = kept.sorted { NodeID.of($0).distance(to: goal) < NodeID.of($1).distance(to: goal) }
                #expect(table.closest(to: goal).map(\.address) == Array(nearest.prefix(20)))
                #expect(table.closest(to: goal, limit: 1).map(\.address) == Array(nearest.prefix(1)))
            }
        }
    }

    @Test func fullRow_NamesTheNodeThatWasLookedAtLongestAgo() {
        var table = RoutingTable(ownID: nodeTarget(1))
        let row0 = (0..<200).map(nodeAddress).filter { NodeID.row(of: NodeID.of($0), seenFrom: table.ownID) == 0 }
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
        var table = RoutingTable(ownID: NodeID.of(nodeAddress(1)))
        #expect(table.insert(nodeAddress(1), at: 0) == .own && table.count == 0)
        _ = table.insert(nodeAddress(2), at: 0)
        table.move(to: NodeID.of(nodeAddress(2)))
        #expect(table.count == 0 && table.all.isEmpty)
    }
}
