import Exposition
import Testing

@testable import ExporterProxy

/// Names that are in each other's way, and few series of each.
private func family(_ name: String, _ random: inout SeededGenerator) -> FamilyIndexModel.Family {
    let types: [MetricType?] = [nil, nil, .gauge, .histogram, .histogram, .summary]
    let type = types.randomElement(using: &random) ?? nil
    let suffixes =
        switch type {
        case .histogram: ["_bucket", "_sum", "_count"]
        case .summary: ["", "_sum", "_count"]
        default: [""]
        }
    let all = suffixes.flatMap { suffix in ["", "{x=\"1\"}", "{x=\"2\"}"].map { name + suffix + $0 } }
    let series = all.filter { _ in Int.random(in: 0..<3, using: &random) > 0 }
    let help = ["A.", "B.", nil, nil].randomElement(using: &random) ?? nil
    let isThere = type != nil || help != nil || !series.isEmpty
    return .init(name: name, type: type, help: help, series: isThere ? series : [name])
}

/// None of whose families is in another's way.
private func families(_ random: inout SeededGenerator) -> [FamilyIndexModel.Family] {
    let names = ["m", "m_sum", "m_count", "m_bucket", "m_sum_count", "n", "n_count"].shuffled(using: &random)
    var families: [FamilyIndexModel.Family] = []
    var taken: Set<String> = []
    for name in names.prefix(Int.random(in: 0...5, using: &random)) {
        let family = family(name, &random)
        let own = [name] + ["_bucket", "_sum", "_count"].map { name + $0 }
        let isFree = own.allSatisfy { !taken.contains($0) } && families.allSatisfy { !own.contains($0.name) }
        guard isFree else { continue }
        taken.formUnion(own)
        families.append(family)
    }
    return families
}

extension FamilyIndex {
    /// In the words of the model.
    fileprivate func answer(_ slot: Int, _ families: [FamilyIndexModel.Family], _ shape: ExpositionShape)
        -> FamilyIndexModel.Answer
    {
        var answer = FamilyIndexModel.Answer()
        for (place, family) in families.enumerated() { answer.places[family.name] = self.places(of: slot)[place] }
        for conflict in conflicts(of: slot) {
            if let family = conflict.family { answer.conflicts[family] = "\(conflict.kind) \(conflict.with)" }
        }
        let held = heldSeries(of: slot)
        for (series, number) in zip(families.flatMap(\.series), shape.series) where held.contains(number) {
            answer.held[series] = -1
        }
        return answer
    }

    fileprivate func counts(of slot: Int) -> [Int: Int] {
        let series = conflicts(of: slot).filter { $0.kind == .series }
        return Dictionary(series.map { ($0.with, $0.count) }) { $0 + $1 }
    }
}

/// A family or two come, go or change; a source comes back, goes or turns stale: index and model agree on all.
@Test(arguments: 0..<60)
func familyIndex_SaysWhatAModelSays_ThatBeginsAnewAfterEachChange(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var index = FamilyIndex(hasDistinctSeries: false)
    var model = FamilyIndexModel()
    var sources: [Int: (families: [FamilyIndexModel.Family], shape: ExpositionShape)] = [:]
    for step in 0..<80 {
        let slot = Int.random(in: 0..<5, using: &random)
        var dirty: Set<Int> = [slot]
        let before = model.answers
        switch Int.random(in: 0..<8, using: &random) {
        case 0:
            dirty = index.update([(slot, nil)])
            model.set(slot, nil)
            sources[slot] = nil
        case 1:
            guard let source = sources[slot] else { continue }
            dirty = index.demote(slot)
            model.set(slot, nil)
            model.set(slot, source.families)
        default:
            let families = families(&random)
            let shape = try ExpositionShape.of(families.map(\.text).joined())
            dirty = index.update([(slot, shape)])
            model.set(slot, families)
            sources[slot] = (families, shape)
        }
        let place: Comment = "seed \(seed), step \(step), slot \(slot)"
        for (slot, source) in sources {
            let expected = try #require(model.answers[slot])
            var said = index.answer(slot, source.families, source.shape)
            #expect(index.counts(of: slot) == Dictionary(expected.held.values.map { ($0, 1) }) { $0 + $1 }, place)
            for series in said.held.keys { said.held[series] = expected.held[series] }
            try #require(said == expected, place)
            #expect(expected == before[slot] || dirty.contains(slot), place)
        }
        let shared = index.sharedFamilies
        #expect(shared.map(\.name) == model.shared.keys.sorted(), place)
        for family in shared {
            #expect(model.shared[family.name].map { $0.type == family.type && $0.help == family.help } == true, place)
        }
    }
}
