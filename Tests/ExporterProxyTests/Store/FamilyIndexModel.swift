import Exposition

@testable import ExporterProxy

/// What ``FamilyIndex`` should say, worked out anew after each change from a list of who has what since when.
struct FamilyIndexModel {
    struct Family: Equatable {
        var name: String
        var type: MetricType?
        var help: String?
        /// As they are written.
        var series: [String]

        var text: String {
            (help.map { "# HELP \(name) \($0)\n" } ?? "") + (type.map { "# TYPE \(name) \($0.rawValue)\n" } ?? "")
                + series.map { "\($0) 1\n" }.joined()
        }
    }

    private struct Hold {
        var slot: Int
        var since: Int
        var family: Family
    }

    private struct Entry: Equatable {
        var series: String
        var slot: Int
    }

    struct Answer: Equatable {
        var places: [String: FamilyIndex.Place] = [:]
        /// The slot that is in the way of each family, with the kind of the conflict.
        var conflicts: [String: String] = [:]
        /// The owner of each series that is held back.
        var held: [String: Int] = [:]
    }

    private var holds: [Hold] = []
    private var next = 0
    /// Series of those who are served together, in the order in which they came.
    private var entered: [Entry] = []
    private(set) var answers: [Int: Answer] = [:]
    private(set) var shared: [String: (type: MetricType?, help: String?)] = [:]

    mutating func set(_ slot: Int, _ families: [Family]?) {
        let old = holds.filter { $0.slot == slot }
        holds.removeAll { $0.slot == slot }
        for family in families ?? [] {
            let since = old.first { $0.family.name == family.name }?.since
            if since == nil { next += 1 }
            holds.append(Hold(slot: slot, since: since ?? next, family: family))
        }
        holds.sort { $0.since < $1.since }
        answers[slot] = families == nil ? nil : Answer()
        workOut()
    }

    // MARK: From scratch

    private mutating func workOut() {
        var owners: [String: Hold] = [:]
        var obstacles: [Int: Int] = [:]
        for hold in holds where hold.family.type != nil {
            if let slot = obstacle(hold, owners) {
                obstacles[hold.since] = slot
            } else if owners[hold.family.name] == nil {
                owners[hold.family.name] = hold
            }
        }
        for hold in holds where hold.family.type == nil {
            if let owner = owners[hold.family.name], owner.family.type == .histogram {
                obstacles[hold.since] = owner.slot
            }
        }
        for slot in answers.keys { answers[slot] = Answer() }
        shared = [:]
        let served = holds.filter { obstacles[$0.since] == nil }
        for hold in holds where obstacles[hold.since] != nil {
            answers[hold.slot]?.places[hold.family.name] = .held
            answers[hold.slot]?.conflicts[hold.family.name] = obstacles[hold.since].map { "type \($0)" }
        }
        for hold in served { place(hold, served, owners) }
        workOutSeries(served)
    }

    private func obstacle(_ hold: Hold, _ owners: [String: Hold]) -> Int? {
        let name = hold.family.name
        if let owner = owners[name] { return owner.family.type == hold.family.type ? nil : owner.slot }
        for (base, owner) in owners where parts(of: owner.family).contains(name) && base != name { return owner.slot }
        let rivals = parts(of: hold.family).compactMap { owners[$0] }.sorted { $0.since < $1.since }
        if let rival = rivals.first { return rival.slot }
        guard hold.family.type == .histogram else { return nil }
        return holds.first { $0.family.name == name && $0.family.type == nil && $0.since < hold.since }?.slot
    }

    private func parts(of family: Family) -> [String] {
        switch family.type {
        case .histogram: ["_bucket", "_sum", "_count"].map { family.name + $0 }
        case .summary: ["_sum", "_count"].map { family.name + $0 }
        default: []
        }
    }

    private mutating func place(_ hold: Hold, _ served: [Hold], _ owners: [String: Hold]) {
        let name = hold.family.name
        let members = served.filter { $0.family.name == name }
        let parent = hold.family.type == nil ? owners.first { parts(of: $1.family).contains(name) }?.key : nil
        let hasParts = owners[name].map { owner in
            served.contains { $0.family.type == nil && parts(of: owner.family).contains($0.family.name) }
        }
        let isShared = members.count > 1 || parent != nil || hasParts == true
        answers[hold.slot]?.places[name] = isShared ? .shared : .own
        let helper = members.first { $0.family.help != nil }
        if let helper, let help = hold.family.help, help != helper.family.help {
            answers[hold.slot]?.conflicts[name] = "help \(helper.slot)"
        }
        if isShared, parent == nil { shared[name] = (owners[name]?.family.type, helper?.family.help) }
    }

    private mutating func workOutSeries(_ served: [Hold]) {
        let together = served.filter { answers[$0.slot]?.places[$0.family.name] == .shared }
        let all = together.flatMap { hold in hold.family.series.map { Entry(series: $0, slot: hold.slot) } }
        entered = entered.filter(all.contains)
        entered += all.filter { !entered.contains($0) }
        for entry in entered {
            let owner = entered.first { $0.series == entry.series }?.slot ?? entry.slot
            if owner != entry.slot { answers[entry.slot]?.held[entry.series] = owner }
        }
    }
}
