/// Why a generator has no list.
package struct GeneratorTrouble: Error, Equatable, Sendable {
    /// One word, for metrics.
    package var reason: String
    /// One sentence.
    package var text: String
    /// What else is known: the end of standard error, or every problem of a list, a line each; bounded.
    package var details: String

    package init(reason: String, text: String, details: String = "") {
        self.reason = reason
        self.text = text
        self.details = details
    }

    package static let notRunYet = GeneratorTrouble(reason: "not_run", text: "it has not run yet")

    package init(_ failure: GeneratorFailure) {
        self.init(reason: failure.reason.rawValue, text: failure.text, details: failure.details)
    }

    package init(_ error: TreeError) { self.init(reason: "file", text: error.description) }

    private static let problemsMax = 20

    /// - Parameter problems: those for which Prometheus would refuse the list, or lose targets; not empty.
    package init(_ problems: [TargetProblem]) {
        let lines = problems.prefix(Self.problemsMax).map(\.description)
        let rest = problems.count - lines.count
        let more = problems.count > 1 ? " (and \(problems.count - 1) more)" : ""
        self.init(
            reason: "list", text: (lines.first ?? "the list is not one") + more,
            details: (lines + (rest > 0 ? ["and \(rest) more"] : [])).joined(separator: "\n"))
    }
}
