/// The nodes that we know, many of them near to us and few far away.
package struct RoutingTable: Sendable {
    package struct Node: Equatable, Sendable {
        package let address: IPv4Address
        package let id: Bytes32
        /// When it last said anything.
        package var seenAt: Int64
        /// When we last looked whether it is there.
        package var pingedAt: Int64

        package init(_ address: IPv4Address, at now: Int64) {
            (self.address, id) = (address, NodeID.of(address))
            (seenAt, pingedAt) = (now, now)
        }
    }

    package enum Outcome: Equatable, Sendable {
        case added, refreshed
        /// There is room only if this node is gone.
        case full(Node)
        /// It is ourselves.
        case own
    }

    package private(set) var ownID: Bytes32
    private var rows: [Int: [Node]] = [:]
    package private(set) var count = 0

    package init(ownID: Bytes32) { self.ownID = ownID }

    package var all: [Node] { rows.keys.sorted().flatMap { rows[$0] ?? [] } }

    package func contains(_ address: IPv4Address) -> Bool { place(of: address) != nil }

    /// Of a node that has just shown that it is there.
    package mutating func insert(_ address: IPv4Address, at now: Int64) -> Outcome {
        let node = Node(address, at: now)
        guard node.id != ownID else { return .own }
        if let (row, index) = place(of: address) {
            rows[row]?[index].seenAt = now
            rows[row]?[index].pingedAt = now
            return .refreshed
        }
        return insert(node)
    }

    private mutating func insert(_ node: Node) -> Outcome {
        let row = NodeID.row(of: node.id, seenFrom: ownID)
        let nodes = rows[row] ?? []
        if nodes.count >= DHTWire.k, let oldest = nodes.min(by: { $0.pingedAt < $1.pingedAt }) { return .full(oldest) }
        rows[row, default: []].append(node)
        count += 1
        return .added
    }

    package mutating func remove(_ address: IPv4Address) {
        guard let (row, index) = place(of: address) else { return }
        rows[row]?.remove(at: index)
        count -= 1
    }

    /// We are about to look whether it is there.
    package mutating func pinged(_ address: IPv4Address, at now: Int64) {
        guard let (row, index) = place(of: address) else { return }
        rows[row]?[index].pingedAt = now
    }

    /// Those we have not looked at for longest.
    package func oldest(_ limit: Int, notSince: Int64) -> [Node] {
        Array(all.filter { $0.pingedAt < notSince }.sorted { $0.pingedAt < $1.pingedAt }.prefix(limit))
    }

    /// The nearest first. Of what we know none is nearer than these.
    package func closest(to target: Bytes32, limit: Int = DHTWire.k) -> [Node] {
        let row = NodeID.row(of: target, seenFrom: ownID)
        var nodes: [Node] = []
        // Who shares more bits with the target than we do, then who shares as many, then who shares fewer.
        let groups = [[row], rows.keys.filter { $0 > row }] + rows.keys.filter { $0 < row }.sorted(by: >).map { [$0] }
        for group in groups where nodes.count < limit {
            nodes += group.flatMap { rows[$0] ?? [] }.sorted {
                $0.id.distance(to: target) < $1.id.distance(to: target)
            }
        }
        return Array(nodes.prefix(limit))
    }

    /// The same nodes, seen from elsewhere. Those without room there are forgotten.
    package mutating func move(to ownID: Bytes32) {
        guard ownID != self.ownID else { return }
        let nodes = all
        (self.ownID, rows, count) = (ownID, [:], 0)
        for node in nodes where node.id != ownID { _ = insert(node) }
    }

    private func place(of address: IPv4Address) -> (row: Int, index: Int)? {
        let row = NodeID.row(of: NodeID.of(address), seenFrom: ownID)
        guard let index = rows[row]?.firstIndex(where: { $0.address == address }) else { return nil }
        return (row, index)
    }
}
