import Exposition

/// What stands where on the merged page, without a byte of it: first the families that several sources have, by
/// name, then the families of each source alone, by source, and last the sources that are served raw.
///
/// Changes only where a source comes, goes or changes its shape.
struct PageLayout {
    enum Part: Hashable {
        /// HELP and TYPE of a shared family.
        case header(String)
        /// The samples of one source in a shared family.
        case samples(slot: Int, family: Int)
        /// All families that a source has alone.
        case own(slot: Int)
        case raw(slot: Int)

        var slot: Int? {
            switch self {
            case .header: nil
            case .samples(let slot, _), .own(let slot), .raw(let slot): slot
            }
        }
    }

    /// The parts of each block.
    var blocks: [[Part]] = []

    /// A block of shared families ends where it gets as large as this: large enough to compress well, and small
    /// enough that one source's change does not cost the compression of all.
    private static let blockBytes = 16 * 1024

    /// - Parameter order: slots by name of their sources.
    init(
        order: [Int], index: FamilyIndex, header: (FamilyIndex.SharedFamily) -> String, sources: [CheckedSnapshot?]
    ) {
        var rank: [Int: Int] = [:]
        for (position, slot) in order.enumerated() { rank[slot] = position }
        addShared(index.sharedFamilies, rank, header, sources)
        for slot in order {
            guard let source = sources[slot], source.index != nil else { continue }
            blocks.append([.own(slot: slot)])
        }
        for slot in order {
            guard let source = sources[slot], source.index == nil else { continue }
            blocks.append([.raw(slot: slot)])
        }
    }

    private mutating func addShared(
        _ families: [FamilyIndex.SharedFamily], _ rank: [Int: Int],
        _ header: (FamilyIndex.SharedFamily) -> String, _ sources: [CheckedSnapshot?]
    ) {
        var block: [Part] = []
        var bytes = 0
        for family in families {
            let header = header(family)
            if !header.isEmpty { block.append(.header(header)) }
            let members = family.members.sorted { left, right in
                (rank[left.slot] ?? 0, left.family) < (rank[right.slot] ?? 0, right.family)
            }
            for member in members {
                guard let extents = sources[member.slot]?.index?.extents, extents.indices.contains(member.family) else {
                    continue
                }
                block.append(.samples(slot: member.slot, family: member.family))
                bytes &+= extents[member.family].end &- extents[member.family].samples
                if bytes >= Self.blockBytes {
                    blocks.append(block)
                    (block, bytes) = ([], 0)
                }
            }
        }
        if !block.isEmpty { blocks.append(block) }
    }
}
