import Exposition

/// Makes groups of a tree of values, and problems of all that is none.
struct TargetListReader {
    static let problemsMax = 1000

    private let format: TargetList.Format
    private(set) var groups: [TargetGroup] = []
    private(set) var isRefused = false
    private var found: [TargetProblem] = []
    private var dropped = 0
    /// Of the group that is being read, from 1.
    private var group: Int?

    init(_ format: TargetList.Format) { self.format = format }

    /// As many as there is room for, and how many more there are.
    var problems: [TargetProblem] {
        if dropped == 0 { return found }
        let more = TargetProblem(
            isRefused ? .refused : .doubtful, reason: "there are \(dropped) more problems", consequence: "")
        return found + [more]
    }

    private mutating func report(_ problem: TargetProblem, _ line: Int, index: Int? = nil) {
        if problem.severity == .refused { isRefused = true }
        guard found.count < Self.problemsMax else {
            dropped += 1
            return
        }
        var problem = problem
        (problem.line, problem.group, problem.index) = (line, group, index)
        found.append(problem)
    }

    private func value(_ node: DocumentNode) -> TargetValue { TargetValue(node, format) }

    mutating func read(_ root: DocumentNode) {
        switch root.content {
        case .sequence(let elements):
            for (place, element) in elements.enumerated() { read(group: element, number: place + 1) }
        case .mapping: read(group: root, number: 1)
        case .scalar:
            let value = value(root)
            report(value.kind == .nothing ? .nothing("it is null") : .noList(value), root.line)
        }
    }

    // MARK: Groups

    private mutating func read(group node: DocumentNode, number: Int) {
        group = number
        guard case .mapping(let entries) = node.content else { return report(.noGroup(value(node)), node.line) }
        var targets: [String]?
        var labels: [Label]?
        for entry in entries {
            switch entry.key.lowercased() {
            case "targets":
                if targets != nil { report(.twice(entry.key), entry.line) }
                targets = read(targets: entry.value)
            case "labels":
                if labels != nil { report(.twice(entry.key), entry.line) }
                labels = read(labels: entry.value)
            default: report(.unknownKey(entry.key), entry.line)
            }
        }
        if targets == nil { report(.noTargets, node.line) }
        groups.append(TargetGroup(targets: targets ?? [], labels: labels))
    }

    private mutating func read(targets node: DocumentNode) -> [String] {
        guard case .sequence(let elements) = node.content else {
            let value = value(node)
            report(value.kind == .nothing ? .nullTargets : .targetsOfOtherType(value), node.line)
            return []
        }
        return elements.enumerated().compactMap { place, element in read(target: element, index: place + 1) }
    }

    private mutating func read(target node: DocumentNode, index: Int) -> String? {
        let value = value(node)
        switch value.kind {
        case .text(let target) where !target.isEmpty:
            if let doubt = TargetAddress(target).doubt { report(.target(doubt), node.line, index: index) }
            return target
        case .text, .nothing: report(.emptyTarget, node.line, index: index)
        default: report(.targetOfOtherType(value), node.line, index: index)
        }
        return nil
    }

    // MARK: Labels

    private mutating func read(labels node: DocumentNode) -> [Label] {
        guard case .mapping(let entries) = node.content else {
            let value = value(node)
            if value.kind != .nothing { report(.labelsOfOtherType(value), node.line) }
            return []
        }
        var values: [String: String] = [:]
        var known: Set<String> = []
        for entry in entries {
            if !known.insert(entry.key).inserted { report(.twice(entry.key), entry.line) }
            judge(name: entry)
            values[entry.key] = read(label: entry)
        }
        return values.map { Label($0.key, $0.value) }
    }

    private mutating func judge(name entry: DocumentNode.Entry) {
        guard LabelName.isValid(entry.key) || entry.key == "__name__" else {
            return report(.labelName(entry.key), entry.line)
        }
        if entry.isPlain, YAMLScalar(plain: entry.key) != .text { report(.labelNameOfOtherType(entry.key), entry.line) }
    }

    /// `nil` of nothing, which is the same to Prometheus as no label at all.
    private mutating func read(label entry: DocumentNode.Entry) -> String? {
        let value = value(entry.value)
        switch value.kind {
        case .text(let text):
            if entry.key == "__scheme__", !["http", "https"].contains(text) { report(.scheme(text), entry.value.line) }
            return text
        case .nothing: return nil
        default:
            report(.labelOfOtherType(entry.key, value), entry.value.line)
            return nil
        }
    }
}
