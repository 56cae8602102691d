import Testing

@testable import ExporterProxy

private func plans(_ text: String) throws -> [String: PollPlan] {
    let problems = ConfigurationProblems()
    let section = ConfigurationSection("poll_external", try TOMLFile(text).values, problems)
    let configuration = Poller.Configuration(reading: section)
    #expect(problems.all.isEmpty)
    return configuration.plans
}

private func target(_ name: String, _ more: String = "") -> String {
    "[[target]]\nname = '\(name)'\nurl = 'http://h/\(name)'\n\(more)\n"
}

@Test(arguments: [
    // What stays, in whatever order, is left alone.
    (target("a") + target("b"), target("b") + target("a"), "", ""),
    ("", target("a"), "", "a"),
    (target("a"), "", "a", ""),
    (target("a") + target("b"), target("b") + target("c"), "a", "c"),
    // Every key of a target counts.
    (target("a"), target("a", "interval = 9"), "a", "a"),
    (target("a"), target("a", "timeout = 9"), "a", "a"),
    (target("a"), target("a", "labels = { x = 'y' }"), "a", "a"),
    (target("a"), target("a", "headers = { x = 'y' }"), "a", "a"),
    (target("a"), target("a", "bearer_token_file = '/t'"), "a", "a"),
    (target("a"), target("a", "ca_file = '/t'"), "a", "a"),
    (target("a"), "[[target]]\nname = 'a'\nurl = 'http://other/'\n", "a", "a"),
    // So do those of the section, where they count for the target.
    (
        target("a") + target("b", "interval = 5"), "poll_interval = 7\n" + target("a") + target("b", "interval = 5"),
        "a", "a"
    ),
    (target("a") + target("b"), "follow_redirects = true\n" + target("a") + target("b"), "a b", "a b"),
    (target("a"), "body_bytes_max = 2048\n" + target("a"), "a", "a"),
    (target("a"), "poll_other_scrape_endpoints = false\n" + target("a"), "a", ""),
])
func whatDiffers_IsPolledAnew(old: String, new: String, ending: String, beginning: String) throws {
    let (old, new) = (try plans(old), try plans(new))
    let changes = PollChanges(from: old, to: new)
    #expect(changes.ending.joined(separator: " ") == ending)
    #expect(changes.beginning.map(\.target.name).joined(separator: " ") == beginning)
    #expect(changes.removed == changes.ending.filter { new[$0] == nil })
    #expect(changes.added == changes.beginning.map(\.target.name).filter { old[$0] == nil })
}
