import Exposition

/// Targets that share labels: one group of a list in the format of Prometheus' `http_sd`.
package struct TargetGroup: Equatable, Sendable {
    /// Each `host:port`, as a rule.
    package let targets: [String]
    /// By name, each name once; `nil` where nothing is said of labels.
    package let labels: [Label]?

    package init(targets: [String], labels: [Label]? = nil) {
        self.targets = targets
        self.labels = labels?.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}

/// A list of groups that Prometheus takes.
package struct TargetList: Equatable, Sendable {
    package var groups: [TargetGroup]

    package init(groups: [TargetGroup] = []) { self.groups = groups }

    package var targetCount: Int { groups.reduce(0) { $0 + $1.targets.count } }

    /// The groups as JSON, with commas between them and without brackets around, so that lists are joined as they are.
    /// The same list is the same bytes.
    package var json: [UInt8] {
        var json: [UInt8] = []
        for group in groups {
            if !json.isEmpty { json.append(UInt8(ascii: ",")) }
            Self.append(group, to: &json)
        }
        return json
    }

    private static func append(_ group: TargetGroup, to json: inout [UInt8]) {
        json += #"{"targets":["#.utf8
        for (place, target) in group.targets.enumerated() {
            if place > 0 { json.append(UInt8(ascii: ",")) }
            append(target, to: &json)
        }
        guard let labels = group.labels else {
            json += "]}".utf8
            return
        }
        json += #"],"labels":{"#.utf8
        for (place, label) in labels.enumerated() {
            if place > 0 { json.append(UInt8(ascii: ",")) }
            append(label.name, to: &json)
            json.append(UInt8(ascii: ":"))
            append(label.value, to: &json)
        }
        json += "}}".utf8
    }

    private static func append(_ text: String, to json: inout [UInt8]) {
        // Nearly all of it stands for itself.
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F }
        guard isPlain else {
            json += EscapedText.json(text).utf8
            return
        }
        json.append(UInt8(ascii: "\""))
        json += text.utf8
        json.append(UInt8(ascii: "\""))
    }
}
