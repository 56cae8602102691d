extension TargetList {
    package enum Format: String, Sendable { case json, yaml }

    /// Of groups, targets, labels and keys all together.
    package static let valuesMax = 1_000_000
    private static let depthMax = 32

    /// Judges as Prometheus 2.42 does, and more strictly where it would silently take no targets, or half of them.
    ///
    /// A single group is a list of one. `problems` are in the order of the file; there is no list where one of them is
    /// ``TargetProblem/Severity/refused``.
    package static func read(
        _ bytes: [UInt8], _ format: Format
    ) -> (list: TargetList?, problems: [TargetProblem]) {
        let limits = DocumentLimits(bytes: max(bytes.count, 1024), nodes: valuesMax, depth: depthMax)
        let root: DocumentNode?
        do throws(DocumentError) {
            switch format {
            case .json: root = try JSONDocument.read(bytes, limits: limits)
            case .yaml: root = try YAMLDocument.read(bytes, limits: limits, expandsAliases: true)
            }
        } catch {
            return (nil, [.unreadable(error, format, isEmpty: bytes.allSatisfy { $0 <= 0x20 })])
        }
        guard let root else { return (nil, [.nothing("there is nothing in it")]) }
        var reader = TargetListReader(format)
        reader.read(root)
        return (reader.isRefused ? nil : TargetList(groups: reader.groups), reader.problems)
    }
}
