/// What has come of running every generator once.
package struct TargetsReport: Sendable {
    package struct Entry: Sendable {
        package var path: String
        package var targetCount: Int
        package var seconds: Double
        /// Why it did not come to a list.
        package var trouble: GeneratorTrouble?
        /// What is wrong with the list.
        package var problems: [TargetProblem]

        package var isFine: Bool { trouble == nil && problems.isEmpty }
    }

    package var entries: [Entry] = []
    package var ignored: [TargetTree.Ignored] = []
    /// Left out because the user wanted it so.
    package var leftOutCount = 0

    /// Nothing to check is no good sign: it may be another folder.
    package var isFine: Bool { !entries.isEmpty && entries.allSatisfy(\.isFine) }

    private var failedCount: Int { entries.count { !$0.isFine } }
    private var targetCount: Int { entries.reduce(0) { $0 + $1.targetCount } }

    // MARK: Text

    package var text: String {
        let lines = entries.flatMap(Self.lines) + ignored.map(Self.line)
        return (lines + [sentence]).joined(separator: "\n") + "\n"
    }

    private var sentence: String {
        let leftOut = leftOutCount > 0 ? ", \(leftOutCount) left out" : ""
        if entries.isEmpty { return "there is no generator\(leftOut)" }
        let failed = failedCount == 0 ? "all are well" : "\(failedCount) failed"
        return "\(entries.count) generators, \(targetCount) targets\(leftOut): \(failed)"
    }

    private static func lines(_ entry: Entry) -> [String] {
        let word = entry.isFine ? "PASS" : "FAIL"
        let path = EscapedText.visible(entry.path)
        var lines = ["\(word) \(path): \(entry.targetCount) targets in \(seconds(entry.seconds)) s"]
        if let trouble = entry.trouble {
            lines.append("  \(EscapedText.visible(trouble.text))")
            lines += trouble.details.split(separator: "\n").map { "    " + EscapedText.visible(String($0)) }
        }
        return lines + entry.problems.map { "  \(EscapedText.visible($0.description))" }
    }

    private static func line(_ ignored: TargetTree.Ignored) -> String {
        "NOTE \(EscapedText.visible(ignored.path)): not served: \(ignored.reason)"
    }

    private static func seconds(_ seconds: Double) -> String {
        "\((seconds * 1000).rounded() / 1000)"
    }

    // MARK: JSON

    package var json: String {
        let entries = entries.map(Self.json).joined(separator: ",\n    ")
        let ignored = ignored.map {
            "{\"path\": \(EscapedText.json($0.path)), \"reason\": \(EscapedText.json($0.reason))}"
        }.joined(separator: ",\n    ")
        return """
            {
              "ok": \(isFine),
              "targets": \(targetCount),
              "generators": [\(entries)],
              "not_served": [\(ignored)]
            }

            """
    }

    private static func json(_ entry: Entry) -> String {
        let problems = entry.problems.map { problem in
            object([
                ("group", problem.group.map { "\($0)" }), ("target", problem.index.map { "\($0)" }),
                ("line", problem.line.map { "\($0)" }), ("severity", "\"\(problem.severity.rawValue)\""),
                ("reason", EscapedText.json(problem.reason)), ("prometheus", EscapedText.json(problem.consequence)),
                ("advice", EscapedText.json(problem.advice)),
            ])
        }
        return object([
            ("path", EscapedText.json(entry.path)), ("ok", "\(entry.isFine)"), ("targets", "\(entry.targetCount)"),
            ("seconds", seconds(entry.seconds)), ("error", entry.trouble.map { EscapedText.json($0.text) }),
            ("details", entry.trouble.map { EscapedText.json($0.details) }),
            ("problems", "[\(problems.joined(separator: ", "))]"),
        ])
    }

    private static func object(_ members: [(String, String?)]) -> String {
        "{" + members.compactMap { name, value in value.map { "\"\(name)\": \($0)" } }.joined(separator: ", ") + "}"
    }
}
