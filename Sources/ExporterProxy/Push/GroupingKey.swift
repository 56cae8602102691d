import Exposition

/// The labels in the path of a push: together they name a group, and every series of the group carries them.
package struct GroupingKey: Hashable, Sendable {
    /// Sorted by name, each name once; with `job` where the path had one.
    package let labels: LabelSet

    /// Of labels that have been checked; of two with the same name the last holds.
    package init(_ labels: LabelSet) {
        var kept: [String: String] = [:]
        for label in labels { kept[label.name] = label.value }
        self.labels = kept.sorted { $0.key < $1.key }.map { Label($0.key, $0.value) }
    }

    package var job: String? { labels.first { $0.name == "job" }?.value }

    /// The name of the group as a source, the same whatever the order of the path: `push: {instance="i",job="j"}`.
    package var source: String {
        let pairs = labels.map { "\($0.name)=\"\(LabelText.escaped($0.value))\"" }
        return Self.sourcePrefix + "{" + pairs.joined(separator: ",") + "}"
    }

    /// Nobody else can be called so.
    package static let sourcePrefix = "push: "
}

/// How label values are written in text format 0.0.4.
package enum LabelText {
    /// With `\\`, `\"` and `\n`.
    package static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
