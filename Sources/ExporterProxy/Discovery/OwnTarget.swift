/// One target of a list that is made here, a group of its own.
struct OwnTarget: Sendable {
    var address: HostPort
    /// By name; no name twice.
    let labels: [(name: String, value: String)]

    init(address: HostPort, labels: [(String, String)]) {
        self.address = address
        self.labels = labels.sorted { $0.0 < $1.0 }.map { (name: $0.0, value: $0.1) }
    }

    /// A list as Prometheus takes it, with a line for each.
    static func json(_ targets: [OwnTarget]) -> String {
        var text = "["
        for (index, target) in targets.enumerated() {
            if index > 0 { text += ",\n " }
            text += "{\"targets\": [\(EscapedText.json(target.address.description))], \"labels\": {"
            text += target.labels.map { "\"\($0.name)\": \(EscapedText.json($0.value))" }.joined(separator: ", ")
            text += "}}"
        }
        return text + "]\n"
    }
}
