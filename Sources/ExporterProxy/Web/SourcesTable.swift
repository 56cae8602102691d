/// The sources as a table of the page, without what was pushed over HTTP.
enum SourcesTable {
    static func html(_ list: AppsList) -> String {
        let apps = list.apps.filter { $0.origin.door != .push }
        let heading = "<h2>\(PageText.count(apps.count, "source", "sources"))</h2>"
        if apps.isEmpty { return heading + "\n<p>Nobody has sent anything yet.</p>" }
        let rows = apps.map { row($0, list) }.joined(separator: "\n")
        return """
            \(heading)
            <table>
            <thead><tr><th>App</th><th>State</th><th>Age</th><th>Series</th><th>Bytes</th><th>Source</th></tr></thead>
            <tbody>
            \(rows)
            </tbody>
            </table>
            """
    }

    private static func row(_ app: AppsList.App, _ list: AppsList) -> String {
        let age = app.receivedAt.map { "\(list.age($0)) s" } ?? "never"
        let why = app.failure.map { " <small>\(EscapedText.html($0.reason))</small>" } ?? ""
        let validity = app.report?.verdict.isValid == false ? " <span class=\"failing\">invalid</span>" : ""
        let found = app.report.map(ReportText.html) ?? ""
        let series = app.report.map { "\($0.series)" } ?? ""
        let path = "/apps/\(PercentEncoding.encode(app.name))/metrics"
        return "<tr><td><a href=\"\(path)\">\(EscapedText.html(app.name))</a></td>"
            + "<td><span class=\"\(app.state.rawValue)\">\(app.state.rawValue)</span>\(validity)\(why)\(found)</td>"
            + "<td class=\"number\">\(age)</td><td class=\"number\">\(series)</td>"
            + "<td class=\"number\">\(app.body.readableBytes)</td>"
            + "<td>\(EscapedText.html(app.origin.address))</td></tr>"
    }
}
