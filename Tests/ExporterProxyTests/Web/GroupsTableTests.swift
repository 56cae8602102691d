import Testing

@testable import ExporterProxy

@Test func groupsTable_ShowsWhatWasPushed() throws {
    let page = PushedPage()
    try page.push(
        [("job", "backup"), ("instance", "db1")], "# HELP b_total Runs.\n# TYPE b_total counter\nb_total 3\n")
    page.time.advance(by: .seconds(3))
    page.fail(job: "mail")
    page.time.advance(by: .seconds(130))
    let html = page.table()
    #expect(html.hasPrefix("<h2>2 pushed groups</h2>\n"))
    #expect(texts(ofClass: "label", in: html) == ["instance=\"db1\"", "job=\"backup\"", "job=\"mail\""])
    #expect(html.contains("<td>2 min ago <small><time datetime=\"2026-11-21T02:55:35.156Z\">"))
    #expect(html.contains("<td>never</td><td>2 min ago") && html.contains("last push failed"))
    #expect(html.split(separator: "last push failed").count == 2, "of one group only")
    #expect(html.contains("<td class=\"number\">1</td><td class=\"number\">1</td><td class=\"number\">"))
    #expect(html.contains("<small>counter · <bdi>Runs.</bdi> · pushed 2 min ago"))
    #expect(
        html.contains(
            "<li><bdi>b_total</bdi>{<bdi>instance</bdi>=\"<bdi>db1</bdi>\",<bdi>job</bdi>=\"<bdi>backup</bdi>\"} 3</li>"
        ))
    #expect(html.contains("data-path=\"/metrics/job/backup/instance/db1\""))
}

@Test func groupsTable_SaysSo_WhenNobodyHasPushed() {
    #expect(PushedPage().table() == "<h2>0 pushed groups</h2>\n<p>Nobody has pushed anything.</p>")
}

private let hostile = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onclick='alert(1)", "&lt;b&gt;", "</td></table>",
    "\u{202e}gnp.exe", "a\nb\u{0}", "\"\u{301}<b>", "-->", "\\", "{{x}}",
]

@Test(arguments: hostile)
func groupsTable_IsText_WhateverWasPushed(text: String) throws {
    let page = PushedPage()
    try page.push(
        [("job", text), ("other", text)],
        "# HELP m \(LabelText.escaped(text))\n# TYPE m gauge\nm{x=\"\(LabelText.escaped(text))\"} 1\n")
    let html = page.table(GroupSearch(text: "other"))
    let tags: Set = [
        "h2", "p", "small", "output", "table", "thead", "tr", "th", "a", "tbody", "td", "span", "bdi", "details",
        "summary", "h3", "ul", "li", "button", "time", "input",
    ]
    for tag in html.matches(of: /<\/?([^\s>\/]*)([^>]*)>/) {
        #expect(tags.contains(String(tag.1)), "\(tag.0)")
        // Names of attributes are ours, each value has its quotes, and there is nothing between.
        let attributes = tag.2.replacing(/\ [a-z-]+="[^"]*"/, with: "")
        #expect(attributes == "" || attributes == "/", "\(tag.0)")
    }
    #expect(html.split(separator: EscapedText.html(text)).count > 4, "labels, help and value of a label")
}

@Test func longTexts_AreCut() throws {
    let page = PushedPage()
    let long = String(repeating: "é", count: 1000)
    try page.push(job: "j", "# HELP m \(long)\nm{x=\"\(long)\"} 1\n")
    let html = page.table()
    #expect(html.split(separator: String(repeating: "é", count: 300) + "…</bdi>").count == 3)
    #expect(!html.contains(String(repeating: "é", count: 301)))
}

@Test func aGroupWithoutAJob_HasNoPathToBeDeletedAt() throws {
    let page = PushedPage()
    try page.push([], "m 1\n")
    #expect(texts(ofClass: "label", in: page.table()) == ["no labels"])
    #expect(!page.table().contains("<button"))
}

@Test func wipe_IsOffered_WhereItIsSwitchedOn() throws {
    for isOn in [false, true] {
        let page = PushedPage(hasAdminAPI: isOn)
        try page.push(job: "j", "m 1\n")
        #expect(page.table().contains("id=\"wipe\"") == isOn)
    }
}

// MARK: Bounds

@Test func groupsTable_ShowsTheFirstGroups_AndSaysHowManyMore() throws {
    let page = PushedPage()
    for number in 10..<40 { try page.push(job: "j\(number)", "m 1\n") }
    var limits = GroupsList.Limits()
    limits.groups = 5
    let html = page.table(GroupSearch(isReversed: true), limits)
    #expect(texts(ofClass: "label", in: html) == (35..<40).reversed().map { "job=\"j\($0)\"" })
    #expect(html.contains("<h2>30 pushed groups</h2>"))
    #expect(html.contains("<p>The first 5 are shown, and 25 more are not.</p>"))
    let found = page.table(GroupSearch(text: "J2"), limits)
    #expect(found.contains("<p>10 found. The first 5 are shown, and 5 more are not. <a href=\"/\">All groups</a></p>"))
    limits.groups = 100
    limits.bytes = 1
    #expect(page.table(GroupSearch(), limits).contains("The first 1 are shown, and 29 more are not."))
}

@Test func aGroup_ShowsItsFirstSamples_AndSaysHowManyMore() throws {
    let page = PushedPage()
    let lines = ["a", "b", "c"].flatMap { name in (0..<4).map { "\(name){x=\"\($0)\"} 1\n" } }
    try page.push(job: "j", lines.joined())
    var limits = GroupsList.Limits()
    for (count, more) in [(12, nil), (11, "1 more sample"), (6, "6 more samples")] as [(Int, String?)] {
        limits.samplesOfGroup = count
        let html = page.table(GroupSearch(), limits)
        #expect(html.split(separator: "<li>").count == count + 1)
        #expect(html.contains("more sample") == (more != nil))
        if let more { #expect(html.contains("<p>and \(more)</p>")) }
        #expect(texts(ofClass: "family", in: html) == ["a", "b", "c"], "families are there without samples")
    }
}

@Test func groupsBeyondTheRoomForDetails_HaveALinkToThem() throws {
    let page = PushedPage()
    for job in ["a&b", "c"] { try page.push(job: job, "m{x=\"1\"} 1\nn 1\n") }
    var limits = GroupsList.Limits()
    limits.detailBytes = 1
    let html = page.table(GroupSearch(), limits)
    #expect(texts(ofClass: "family", in: html) == ["m"])
    #expect(html.contains("<p>and 1 more family</p>") && html.contains("<p>and 1 more sample</p>"))
    let link = try #require(html.firstMatch(of: /href="([^"]*)">show what is in it/)).1
    #expect(link == "/?sort=name&amp;q=%7Bjob%3D%22c%22%7D")
    limits.detailBytes = 0
    #expect(page.table(GroupSearch(), limits).contains("q=%7Bjob%3D%22a%26b%22%7D\">show what is in it"))
}

/// As large as it gets: one page is not to keep the thread busy for long.
@Test func tenThousandGroups_MakeAPageOfBoundedSize() throws {
    let page = PushedPage()
    for number in 0..<9900 { try page.push(job: "job-\(number)", "m{path=\"/some/where/\(number)\"} \(number)\n") }
    let large = (0..<300).map { "large{path=\"/some/where/\($0)\"} \($0)\n" }.joined()
    for number in 0..<100 { try page.push(job: "a-\(number)", large) }
    // The sources themselves are not looked at: to put so many together takes long without optimization.
    let others = PushedPage()
    let sources = AppsList(others.store, others.merged.composition(), now: .example)
    let html = GroupsTable(GroupsList(page.gateway, GroupSearch(), sources), canWipe: false).html
    #expect(html.split(separator: "<tr class=\"group\">").count == 1001)
    #expect(html.contains("The first 1000 are shown, and 9000 more are not."))
    #expect(html.contains("<p>and 100 more samples</p>") && html.contains("show what is in it"))
    #expect(html.utf8.count < 3 * 1024 * 1024)
}

@Test func aSearch_LooksForItsFirstSixteenDifferentWords() throws {
    let page = PushedPage()
    try page.push(job: (1...17).map { "w\($0)x" }.joined(), "a 1\n")
    func found(_ words: [String]) -> Int { page.list(GroupSearch(text: words.joined(separator: " "))).found }
    let known = (1...16).map { "w\($0)x" }
    #expect(found(known) == 1 && found(known.dropLast() + ["none"]) == 0)
    #expect(found(known + ["none"]) == 1, "the seventeenth does not count")
    #expect(found(known.map { _ in "w1x" } + ["none"]) == 0, "the same word counts once")
}
