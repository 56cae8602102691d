/// Collects every problem of one file.
final class WebConfigProblems {
    let path: String
    private(set) var lines: [String] = []
    /// What is taken, and not done as it says.
    private(set) var notes: [String] = []

    init(path: String) { self.path = path }

    func report(_ line: Int, _ key: String, _ reason: String) { lines.append("\(path):\(line): \(key): \(reason)") }

    func note(_ line: Int, _ key: String, _ reason: String) { notes.append("\(path):\(line): \(key): \(reason)") }
}

/// One mapping of the file while its keys are read: what does not fit is reported, and counts as absent.
final class WebConfigTable {
    let entries: [DocumentNode.Entry]
    let line: Int
    private let name: String
    private let problems: WebConfigProblems
    private var known: [String] = []

    /// A `node` that is no mapping is reported, and has no entries.
    init(_ name: String, _ node: DocumentNode?, _ problems: WebConfigProblems) {
        self.name = name
        self.problems = problems
        line = node?.line ?? 1
        entries = node?.asMapping ?? []
        if let node, node.asMapping == nil {
            problems.report(node.line, name.isEmpty ? "the file" : name, "expected a mapping, found \(node.typeName)")
        }
    }

    var path: String { problems.path }

    func table(_ key: String) -> WebConfigTable { WebConfigTable(keyPath(key), node(key), problems) }

    func string(_ key: String) -> String? { value(key, "text") { $0.asString } }

    func boolean(_ key: String) -> Bool? { value(key, "true or false") { $0.asBoolean } }

    func integer(_ key: String) -> Int? { value(key, "an integer") { $0.asInteger } }

    func strings(_ key: String) -> [String]? {
        value(key, "a list of texts") { node in
            guard let elements = node.asSequence else { return nil }
            let texts = elements.compactMap(\.asString)
            return texts.count == elements.count ? texts : nil
        }
    }

    /// With a unit, except 0: a bare number is nanoseconds to others. Too short is not the same as 0.
    func duration(_ key: String, max: Duration) -> Duration? {
        value(key, "a duration of 1ms to \(DurationText.format(max)), such as 1s or 250ms, or 0") { node in
            guard let text = node.asString, text == "0" || Double(text) == nil,
                let duration = DurationText.parse(text), duration <= max
            else { return nil }
            let isZero = !text.utf8.contains { (0x31...0x39).contains($0) }
            return duration == .zero && !isZero ? nil : duration
        }
    }

    func report(_ key: String, _ reason: String) {
        report(key, entries.first { $0.key == key }?.line ?? line, reason)
    }

    func report(_ key: String, _ line: Int, _ reason: String) { problems.report(line, keyPath(key), reason) }

    func note(_ key: String, _ reason: String) {
        problems.note(entries.first { $0.key == key }?.line ?? line, keyPath(key), reason)
    }

    /// Reports every key that was not asked for.
    func finish() {
        for entry in entries where !known.contains(entry.key) {
            let advice = nearestName(to: entry.key, in: known).map { ", did you mean '\($0)'?" } ?? ""
            report(entry.key, entry.line, "unknown key\(advice)")
        }
    }

    private func value<T>(_ key: String, _ expected: String, _ read: (DocumentNode) -> T?) -> T? {
        guard let node = node(key), !node.isNull else { return nil }
        if let value = read(node) { return value }
        report(key, node.line, "expected \(expected), found \(node.typeName)")
        return nil
    }

    private func node(_ key: String) -> DocumentNode? {
        known.append(key)
        return entries.first { $0.key == key }?.value
    }

    private func keyPath(_ key: String) -> String {
        let key = EscapedText.visible(key)
        return name.isEmpty ? key : "\(name).\(key)"
    }
}
