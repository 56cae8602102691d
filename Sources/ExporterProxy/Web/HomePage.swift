/// The page at `/`: what this is, where everything else is, how each source does, and what was pushed.
///
/// All of it can be read without script. Script and style are files of their own, so that nothing that stands in the
/// page is ever run.
package struct HomePage {
    private let sources: AppsList
    private let groups: GroupsList
    private let status: PageStatus

    /// - Parameter sources: with groups among them or not.
    package init(_ sources: AppsList, _ groups: GroupsList, _ status: PageStatus) {
        self.sources = sources
        self.groups = groups
        self.status = status
    }

    package var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(Version.name)</title>
        <link rel="stylesheet" href="\(PageStyle.path)"/>
        <script src="\(PageScript.path)" defer="defer"></script>
        </head>
        <body>
        <h1>\(Version.name) <small>\(Version.number)</small></h1>
        <p>\(Self.links)</p>
        \(status.html(groups))
        \(SourcesTable.html(sources))
        \(GroupsTable(groups, canWipe: status.current.hasAdminAPI).html)
        <p><small>\(EscapedText.html(groups.now.wall.tableText))</small></p>
        </body>
        </html>

        """
    }

    private static let links = [
        ("/metrics", "metrics of all sources"), ("/apps", "table of sources"),
        ("/apps?format=json", "the same as JSON"), ("/api/v1/metrics", "pushed groups as JSON"),
        ("/targets/-/", "targets"), ("/-/metrics", "metrics of the proxy itself"), ("/-/healthy", "health"),
        ("/-/ready", "readiness"),
    ].map { "<a href=\"\($0)\">\($1)</a>" }.joined(separator: " · ")
}
