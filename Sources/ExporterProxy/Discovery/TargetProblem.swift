/// What is wrong with a list of targets: where, what Prometheus makes of it, and how to mend it.
package struct TargetProblem: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Severity: String, Sendable {
        /// The list is not served.
        case refused
        /// The list is served, as Prometheus takes it; `check` objects.
        case doubtful
    }

    package var severity: Severity
    /// Of the list, counted from 1.
    package var group: Int?
    /// Of the target in its group, counted from 1.
    package var index: Int?
    /// Of the file.
    package var line: Int?
    /// What is wrong, with the value, short and safe to show.
    package var reason: String
    /// What Prometheus would say or do.
    package var consequence: String
    /// How to mend it; empty where there is nothing to say.
    package var advice: String

    package init(
        _ severity: Severity = .refused, group: Int? = nil, index: Int? = nil, line: Int? = nil, reason: String,
        consequence: String, advice: String = ""
    ) {
        self.severity = severity
        self.group = group
        self.index = index
        self.line = line
        self.reason = reason
        self.consequence = consequence
        self.advice = advice
    }

    /// Such as `line 3, group 1, target 2`; empty where it is about all of it.
    package var place: String {
        let parts = [("line", line), ("group", group), ("target", index)]
        return parts.compactMap { name, number in number.map { "\(name) \($0)" } }.joined(separator: ", ")
    }

    /// All of it in one line.
    package var description: String {
        let sentences = [reason, consequence, advice].filter { !$0.isEmpty }.joined(separator: "; ")
        return place.isEmpty ? sentences : "\(place): \(sentences)"
    }
}
