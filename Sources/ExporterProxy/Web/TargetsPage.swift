/// The page at `/targets/-/`: each path with its generators, and how they do. It needs no script.
struct TargetsPage {
    /// More are not shown: nobody reads on.
    private static let generatorsMax = 1000

    let overview: TargetsOverview
    /// The path of the lists, with a slash at its end.
    let base: String

    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Targets - \(Version.name)</title>
        <link rel="stylesheet" href="\(PageStyle.path)"/>
        </head>
        <body>
        <h1>Targets <small>\(Version.name) \(Version.number)</small></h1>
        <p><a href="/">all of the proxy</a> · \(link("-/apps", "its own sources as targets")) · \
        \(link("-/polls", "the exporters it polls"))</p>
        \(tree)
        <p><small>\(EscapedText.html(overview.now.wall.tableText))</small></p>
        </body>
        </html>

        """
    }

    private func link(_ path: String, _ text: String) -> String {
        let encoded = path.split(separator: "/", omittingEmptySubsequences: false).map {
            PercentEncoding.encode(String($0))
        }.joined(separator: "/")
        return "<a href=\"\(EscapedText.html(base + encoded))\">\(text)</a>"
    }

    // MARK: The tree

    private var tree: String {
        if let problem = overview.problem {
            return "<h2>No tree</h2>\n<p class=\"failing\">\(PageText.short(problem))</p>"
        }
        let generators = overview.folders.reduce(0) { $0 + $1.generators.count }
        let heading = "<h2>\(PageText.count(generators, "generator", "generators"))</h2>"
        if overview.folders.isEmpty { return heading + "\n<p>discovery.root is not set.</p>" }
        var left = Self.generatorsMax
        var rows: [String] = []
        for folder in overview.folders where left > 0 {
            rows.append(row(folder))
            rows += folder.generators.prefix(left).map(row)
            left -= max(1, folder.generators.count)
        }
        let more = left < 0 || left == 0 ? "\n<p>Not all of them are shown.</p>" : ""
        return """
            \(heading)
            <table>
            <thead><tr>\(Self.columns)</tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody>
            </table>\(more)
            \(ignored)
            """
    }

    private static let columns = ["Path", "State", "Targets", "Last run", "Took", "Age"].map {
        "<th>\($0)</th>"
    }.joined()

    private func row(_ folder: TargetsOverview.Folder) -> String {
        let name = folder.path.isEmpty ? "/" : "/\(folder.path)/"
        let path = folder.path.isEmpty ? "" : folder.path + "/"
        return "<tr><th colspan=\"6\">\(link(path, PageText.isolated(name)))</th></tr>"
    }

    private func row(_ generator: TargetsOverview.Generator) -> String {
        let file = generator.name.split(separator: "/").last.map(String.init) ?? generator.name
        let name = "<td>\(link(generator.name, PageText.isolated(file)))</td>"
        guard let entry = generator.entry else {
            return "<tr>\(name)<td colspan=\"5\">nobody has asked for it yet</td></tr>"
        }
        let state = Self.state(entry)
        let why = entry.failure.map { " <small>\(PageText.isolated($0.trouble.text))</small>" } ?? ""
        let age = entry.good.map { "\(Self.seconds(overview.now.elapsed(since: $0.at))) s" } ?? ""
        let numbers = [
            entry.good.map { "\($0.list.targetCount)" } ?? "", entry.ranAt?.wall.tableText ?? "",
            entry.ranAt.map { _ in "\(Self.seconds(.milliseconds(Int(entry.seconds * 1000)))) s" } ?? "", age,
        ].map { "<td class=\"number\">\(EscapedText.html($0))</td>" }.joined()
        return "<tr>\(name)<td><span class=\"\(state)\">\(state)</span>\(why)</td>\(numbers)</tr>"
    }

    private static func state(_ entry: CachedRuns.Entry) -> String {
        if entry.failure == nil { return entry.good == nil ? "stale" : "fresh" }
        return entry.good == nil ? "failing" : "stale"
    }

    private static func seconds(_ duration: Duration) -> String { "\(Double(duration.milliseconds) / 1000)" }

    private var ignored: String {
        if overview.ignored.isEmpty { return "" }
        let items = overview.ignored.prefix(100).map {
            "<li>\(PageText.isolated($0.path)): \(PageText.short($0.reason))</li>"
        }
        return "<h2>Not served</h2>\n<ul>\n\(items.joined(separator: "\n"))\n</ul>"
    }
}
