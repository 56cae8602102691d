/// The page at `/`: what this is, where everything else is, and how each source does. No script, nothing loaded.
package enum HomePage {
    package static func html(_ list: AppsList) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(Version.name)</title>
        <style>\(style)</style>
        </head>
        <body>
        <h1>\(Version.name) <small>\(Version.number)</small></h1>
        <p>\(links)</p>
        <h2>\(list.apps.count) \(list.apps.count == 1 ? "source" : "sources")</h2>
        \(table(list))
        <p><small>\(EscapedText.html(list.now.wall.tableText))</small></p>
        </body>
        </html>

        """
    }

    private static let links = [
        ("/metrics", "metrics of all sources"), ("/apps", "table of sources"),
        ("/apps?format=json", "the same as JSON"), ("/-/metrics", "metrics of the proxy itself"),
        ("/-/healthy", "health"), ("/-/ready", "readiness"),
    ].map { "<a href=\"\($0)\">\($1)</a>" }.joined(separator: " · ")

    private static let style = """
        body{font-family:system-ui,sans-serif;margin:2rem;color:#222;background:#fff}\
        table{border-collapse:collapse}th,td{text-align:left;padding:.3rem .8rem;border-bottom:1px solid #ddd}\
        td.number{text-align:right;font-variant-numeric:tabular-nums}small{color:#666;font-weight:normal}\
        ul{margin:.2rem 0;padding-left:1rem}\
        .fresh{color:#176b2c}.stale{color:#8a5a00}.failing{color:#a01818}
        """

    private static func table(_ list: AppsList) -> String {
        if list.apps.isEmpty { return "<p>Nobody has sent anything yet.</p>" }
        let rows = list.apps.map { row($0, list) }.joined(separator: "\n")
        return """
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
