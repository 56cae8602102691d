import Exposition
import Testing

@testable import ExporterProxy

private func load(_ text: String) throws -> (rules: ExpositionRules, problems: [String]) {
    let problems = ConfigurationProblems()
    let root = RootConfiguration(try TOMLFile(text).values, problems)
    return (root.exposition, problems.all.map { "\($0.keyPath): \($0.reason)" })
}

@Test func expositionRules_HaveTheDefaultsThatAreDocumented() throws {
    let (rules, problems) = try load("[exposition]\n")
    #expect(problems.isEmpty && rules == ExpositionRules())
    #expect(rules.standard.onInvalid == .dropLine && rules.standard.timestamps == .pass)
    #expect(rules.standard.staleAfter == .seconds(300) && rules.duplicates == .first && rules.appLabel == nil)
    let limits = rules.standard.limits
    #expect(limits.bytes == 8_388_608 && limits.series == 50_000 && limits.families == 5000)
    #expect(limits.labels == 64 && limits.nameBytes == 256 && limits.valueBytes == 4096 && rules.seriesMax == 1_000_000)
}

@Test func expositionRules_AreReadWhole() throws {
    let (rules, problems) = try load(
        """
        [store]
        stale_after = "1m"
        [exposition]
        on_invalid = "reject"
        timestamps = "drop_old"
        bytes_max = 1
        series_max = 2
        families_max = 3
        labels_max = 0
        name_bytes_max = 4
        value_bytes_max = 5
        total_series_max = 6
        duplicates = "expose"
        app_label = "_app1"
        openmetrics = "auto"
        [[exposition.source]]
        name = "a*"
        stale_after = "2m"
        series_max = 7
        [[exposition.source]]
        name = "*b"
        on_invalid = "raw"
        """)
    #expect(problems.isEmpty)
    var expected = ExpositionRules()
    expected.standard.onInvalid = .reject
    expected.standard.timestamps = .dropOld
    expected.standard.staleAfter = .seconds(60)
    expected.standard.limits.bytes = 1
    expected.standard.limits.series = 2
    expected.standard.limits.families = 3
    expected.standard.limits.labels = 0
    expected.standard.limits.nameBytes = 4
    expected.standard.limits.valueBytes = 5
    expected.seriesMax = 6
    expected.duplicates = .expose
    expected.appLabel = "_app1"
    expected.openMetrics = .auto
    // Where an entry says nothing, [exposition] holds.
    expected.exceptions = ["a*", "*b"].map { .init(pattern: NamePattern($0), rules: expected.standard) }
    expected.exceptions[0].rules.staleAfter = .seconds(120)
    expected.exceptions[0].rules.limits.series = 7
    expected.exceptions[1].rules.onInvalid = .raw
    #expect(rules == expected)
    #expect(rules.rules(of: "ab").limits.series == 7, "the first entry that fits")
    #expect(rules.rules(of: "xb").onInvalid == .raw && rules.rules(of: "x").onInvalid == .reject)
}

@Test(arguments: SourceRules.InvalidPolicy.allCases)
func everyPolicy_HasItsWord(policy: SourceRules.InvalidPolicy) throws {
    #expect(try load("[exposition]\non_invalid = \"\(policy.rawValue)\"\n").rules.standard.onInvalid == policy)
}

@Test(arguments: [
    (
        "on_invalid = 'drop'",
        #"exposition.on_invalid: expected "drop_line", "keep_last_good", "drop_app", "reject" or "raw", found "drop""#
    ),
    ("timestamps = true", #"exposition.timestamps: expected "pass", "strip" or "drop_old", found true"#),
    ("duplicates = 'last'", #"exposition.duplicates: expected "first" or "expose", found "last""#),
    ("openmetrics = 'always'", #"exposition.openmetrics: expected "never" or "auto", found "always""#),
    ("bytes_max = 0", "exposition.bytes_max: expected an integer from 1 to 1073741824, found 0"),
    ("series_max = 100000001", "exposition.series_max: expected an integer from 1 to 100000000, found 100000001"),
    ("families_max = 0", "exposition.families_max: expected an integer from 1 to 10000000, found 0"),
    ("labels_max = 1025", "exposition.labels_max: expected an integer from 0 to 1024, found 1025"),
    ("name_bytes_max = 0", "exposition.name_bytes_max: expected an integer from 1 to 65536, found 0"),
    ("value_bytes_max = 0", "exposition.value_bytes_max: expected an integer from 1 to 16777216, found 0"),
    ("total_series_max = 0", "exposition.total_series_max: expected an integer from 1 to 1000000000, found 0"),
    ("on_invald = 'raw'", "exposition.on_invald: unknown key, did you mean 'on_invalid'?"),
    ("source = 1", "exposition.source: expected an array of tables ([[exposition.source]]), found an integer"),
    ("[[exposition.source]]", "exposition.source[0].name: is missing"),
    (
        "[[exposition.source]]\nname = 1",
        "exposition.source[0].name: expected a pattern of names: * is any text, ? one character, found 1"
    ),
    ("[[exposition.source]]\nname = 'a'\nduplicates = 'first'", "exposition.source[0].duplicates: unknown key"),
    (
        "[[exposition.source]]\nname = 'a'\nstale_after = 0",
        #"exposition.source[0].stale_after: expected a duration above 0, such as 5, "30s" or "1h", found 0"#
    ),
])
func expositionRules_RefuseWhatTheyDoNotKnow(line: String, problem: String) throws {
    #expect(try load("[exposition]\n\(line)\n").problems == [problem])
}

@Test(arguments: ["9a", "a-b", "a b", "é", "__name__", "le", "quantile", "a:b"])
func appLabel_IsALabelNameThatIsFree(name: String) throws {
    let (rules, problems) = try load("[exposition]\napp_label = \"\(name)\"\n")
    let expected = "exposition.app_label: expected a label name ([a-zA-Z_][a-zA-Z0-9_]*, not __name__, le or quantile)"
    #expect(problems == ["\(expected), found \"\(name)\""] && rules.appLabel == nil)
    let target = "[[poll_external.target]]\nurl = 'http://h:1/'\nlabels = { \"\(name)\" = 'x' }\n"
    #expect(try load(target).problems.count == 1)
}
