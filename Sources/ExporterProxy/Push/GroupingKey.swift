import Exposition

/// The labels in the path of a push: together they name a group, and every series of the group carries them.
package struct GroupingKey: Hashable, Sendable {
    /// Sorted by name, each name once; with `job` where the path had one.
    package let labels: LabelSet

    /// Of labels that have been checked; of two with the same name the last holds.
    package init(_ labels: LabelSet) {
        if zip(labels, labels.dropFirst()).allSatisfy({ $0.name < $1.name }) {
            self.labels = labels
            return
        }
        var kept: [String: String] = [:]
        for label in labels { kept[label.name] = label.value }
        self.labels = kept.sorted { $0.key < $1.key }.map { Label($0.key, $0.value) }
    }

    package var job: String? { labels.first { $0.name == "job" }?.value }

    /// The same whatever the order of the path: `{instance="i",job="j"}`.
    package var text: String { "{" + LabelText.joined(labels) + "}" }

    /// The name of the group as a source: `push: {instance="i",job="j"}`.
    package var source: String { Self.sourcePrefix + text }

    /// Where it is pushed to: `/metrics/job/j/instance/i`. An empty value, and one of dots alone, is in base64.
    package var path: String {
        let first = labels.filter { $0.name == "job" } + labels.filter { $0.name != "job" }
        return first.reduce("/metrics") { path, label in
            let isPlain = label.value.contains { $0 != "." }
            if isPlain { return path + "/\(label.name)/\(PercentEncoding.encode(label.value))" }
            return path + "/\(label.name)@base64/\(Base64.encode(Array(label.value.utf8)))"
        }
    }

    /// Nobody else can be called so.
    package static let sourcePrefix = "push: "
}

/// How label values are written in text format 0.0.4.
package enum LabelText {
    /// As labels stand between the braces: `a="b",c="d"`.
    package static func joined(_ labels: LabelSet) -> String {
        labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    /// With `\\`, `\"` and `\n`.
    package static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
        var text: [UInt8] = []
        TextEscape.appendEscaped(value.utf8, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// What a value means that is written so; an escape that is none means itself.
    package static func meaning(_ written: UnsafeRawBufferPointer) -> String {
        guard written.contains(UInt8(ascii: "\\")) else { return String(decoding: written, as: UTF8.self) }
        return String(decoding: TextEscape.unescaped(written), as: UTF8.self)
    }
}
