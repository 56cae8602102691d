/// An exporter that we poll, as Prometheus would ask it itself.
package struct PolledExporter: Equatable, Sendable {
    /// Of the source.
    package let name: String
    /// Of the source, as `/apps` shows it.
    package let address: String
    package let hostPort: HostPort
    private let scheme: String
    private let question: Result<Question, Obstacle>
    /// What configuration adds to its samples.
    private let labels: [String: String]

    /// What it is asked for, not encoded.
    private struct Question: Equatable, Sendable {
        var path: String
        var parameters: [Parameter]
    }

    private struct Parameter: Equatable, Sendable {
        var name: String
        var value: String
    }

    private struct Obstacle: Error, Equatable {
        var sentence: String

        init(_ sentence: String) { self.sentence = sentence }
    }

    /// - Parameter pathAndQuery: as they are asked for, percent-encoded; empty for `/`.
    package init(
        name: String, address: String, hostPort: HostPort, isSecure: Bool, pathAndQuery: String,
        labels: [String: String] = [:]
    ) {
        self.name = name
        self.address = address
        self.hostPort = hostPort
        self.labels = labels
        scheme = isSecure ? "https" : "http"
        let mark = pathAndQuery.firstIndex(of: "?") ?? pathAndQuery.endIndex
        question = Result { () throws(Obstacle) in
            Question(
                path: try Self.path(pathAndQuery[..<mark]),
                parameters: try Self.parameters(pathAndQuery[mark...].dropFirst()))
        }
    }

    /// Why it cannot be a target: labels cannot say its URL.
    package var obstacle: String? {
        if case .failure(let obstacle) = question { obstacle.sentence } else { nil }
    }

    /// `nil` where there is an ``obstacle``.
    var target: OwnTarget? {
        guard case .success(let question) = question else { return nil }
        let own = [("__metrics_path__", question.path), ("__scheme__", scheme), ("app", name)]
        let parameters = question.parameters.map { ("__param_" + $0.name, $0.value) }
        let others = labels.filter { !$0.key.hasPrefix("__") && $0.key != "app" }.map { ($0.key, $0.value) }
        return OwnTarget(address: hostPort, labels: own + parameters + others)
    }
}

extension PolledExporter {
    /// Prometheus encodes a path itself, and would not encode the slash.
    private static func path(_ encoded: Substring) throws(Obstacle) -> String {
        guard let path = PercentEncoding.decode(encoded) else { throw Obstacle("its path is not UTF-8") }
        guard path.utf8.count(where: isSlash) == encoded.utf8.count(where: isSlash) else {
            throw Obstacle("its path has an encoded slash")
        }
        return path.isEmpty ? "/" : path
    }

    private static func isSlash(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "/") }

    /// One label for each name; what has no value is no label.
    private static func parameters(_ query: Substring) throws(Obstacle) -> [Parameter] {
        var parameters: [Parameter] = []
        for pair in query.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(sides[0], plusIsSpace: true),
                let value = PercentEncoding.decode(sides.dropFirst().first ?? "", plusIsSpace: true)
            else { throw Obstacle("its query is not UTF-8") }
            guard !name.isEmpty, name.utf8.allSatisfy(isNameByte) else {
                throw Obstacle("the name of its parameter '\(EscapedText.visible(name))' is not one of a label")
            }
            guard !value.isEmpty else { throw Obstacle("its parameter '\(name)' has no value") }
            guard !parameters.contains(where: { $0.name == name }) else {
                throw Obstacle("its parameter '\(name)' comes more than once")
            }
            parameters.append(Parameter(name: name, value: value))
        }
        return parameters
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
    }
}
