/// The pushed groups as a table of the page. Readable as it is; the page's script adds search and deletion.
struct GroupsTable {
    private let list: GroupsList
    private let canWipe: Bool

    init(_ list: GroupsList, canWipe: Bool) {
        self.list = list
        self.canWipe = canWipe
    }

    var html: String {
        let heading = "<h2>\(PageText.count(list.total, "pushed group", "pushed groups"))</h2>"
        if list.total == 0 { return heading + "\n<p>Nobody has pushed anything.</p>" }
        let (rows, shown) = rows
        return """
            \(heading)
            \(tools)
            <p>\(shownText(shown))</p>
            <table>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(rows)</tbody>
            </table>
            """
    }

    // MARK: Around the table

    private var tools: String {
        let wipe = canWipe ? " <button type=\"button\" id=\"wipe\">Delete all groups</button>" : ""
        return "<p class=\"scripted\"><input type=\"search\" id=\"search\" autocomplete=\"off\" aria-label=\"search\""
            + " placeholder=\"labels and families\" value=\"\(EscapedText.html(list.search.text))\"/>"
            + " <small>Enter searches all groups</small>\(wipe)</p>\n<p><output id=\"said\"></output></p>"
    }

    private func shownText(_ shown: Int) -> String {
        var text = list.search.text.isEmpty ? "" : "\(list.found) found. "
        if shown < list.found { text += "The first \(shown) are shown, and \(list.found - shown) more are not." }
        if !list.search.text.isEmpty { text += " <a href=\"/\">All groups</a>" }
        return text
    }

    private var head: String {
        let failure = "<th>Last failure</th>"
        return column(.name, "Group") + column(.age, "Last push") + failure + "<th>Families</th><th>Series</th>"
            + column(.size, "Bytes") + "<th></th>"
    }

    private func column(_ order: GroupSearch.Order, _ title: String) -> String {
        let state = list.search.order != order ? "" : list.search.isReversed ? " class=\"up\"" : " class=\"down\""
        return "<th\(state)><a href=\"\(list.search.sorted(by: order).href)\">\(title)</a></th>"
    }

    // MARK: Rows

    private var rows: (html: String, shown: Int) {
        var html = ""
        var details = GroupDetails(list.limits, now: list.now)
        for (number, group) in list.groups.enumerated() {
            if html.utf8.count >= list.limits.bytes { return (html, number) }
            html += row(group, &details)
        }
        return (html, list.groups.count)
    }

    private func row(_ group: PushedGroupSummary, _ details: inout GroupDetails) -> String {
        let name = "<td>\(Self.labels(group.key))\(found(group))\(details.html(group))</td>"
        let push = "<td>\(time(group.lastPush))</td>"
        let failed = group.lastSucceeded ? "" : " <span class=\"failing\">last push failed</span>"
        let failure = "<td>\(time(group.lastFailure))\(failed)</td>"
        let numbers = [group.families.count, group.series, group.bytes].map { "<td class=\"number\">\($0)</td>" }
        return "<tr class=\"group\">\(name)\(push)\(failure)\(numbers.joined())<td>\(Self.delete(group))</td></tr>\n"
    }

    private static func labels(_ key: GroupingKey) -> String {
        if key.labels.isEmpty { return "<span class=\"label\">no labels</span>" }
        return key.labels.map { label in
            "<span class=\"label\">\(EscapedText.html(label.name))=\"\(PageText.isolated(label.value))\"</span>"
        }.joined(separator: " ")
    }

    private func time(_ moment: Moment?) -> String { moment.map { AgeText.html($0, at: list.now) } ?? "never" }

    /// What the scrape has left out of it.
    private func found(_ group: PushedGroupSummary) -> String {
        list.reports[ExactText(group.key.source)].map(ReportText.html) ?? ""
    }

    /// There is no path to a group without a job.
    private static func delete(_ group: PushedGroupSummary) -> String {
        guard group.key.job != nil else { return "" }
        return "<button type=\"button\" class=\"delete scripted\" data-path=\"\(EscapedText.html(group.key.path))\""
            + " data-name=\"\(PageText.short(group.key.text))\">Delete</button>"
    }
}
