/// Which of the files that have changed are taken: all together, or as many as go one after the other.
///
/// A user may move from one file to another, and a file that is in conflict with others keeps none of them out.
struct AccessSettlement: Sendable {
    private(set) var parts: AccessParts
    /// `nil` where nothing is taken.
    private(set) var list: AccessList?
    private(set) var taken: [AccessSource] = []
    /// Of the files, and of those that are not taken.
    private(set) var problems: [AccessSource: [String]]
    /// All problems, in the order of the files.
    private(set) var lines: [String] = []

    /// - Parameter mayOpen: whether nobody may have to log in: a file that is being written may be empty for a moment,
    ///   and lets nobody in by that.
    init(
        _ reading: AccessReading, over old: AccessParts, _ configuration: AccessControl.Configuration, mayOpen: Bool
    ) {
        parts = old
        problems = reading.problems
        defer { lines = configuration.sources.flatMap { problems[$0] ?? [] } }
        if reading.changed.isEmpty { return }
        if let list = try? Self.list(configuration, reading.parts, mayOpen) {
            (parts, self.list, taken) = (reading.parts, list, reading.changed)
            return
        }
        for source in reading.changed {
            var next = parts
            next[source] = reading.parts[source]
            do throws(AccessProblems) {
                list = try Self.list(configuration, next, mayOpen)
                parts = next
                taken.append(source)
            } catch {
                problems[source] = error.lines
            }
        }
    }

    private static func list(
        _ configuration: AccessControl.Configuration, _ parts: AccessParts, _ mayOpen: Bool
    ) throws(AccessProblems) -> AccessList {
        let list = try AccessList(configuration, parts)
        guard mayOpen || !list.protected.isEmpty else {
            throw AccessProblems(["web.config_file has no users any more: reload, if it is meant so"])
        }
        return list
    }
}
