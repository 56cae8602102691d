import NIOCore

/// The sources as `/apps` and the page show them, in order of name.
package struct AppsList: Sendable {
    package enum State: String, Sendable {
        /// What it said last is served, and it is well.
        case fresh
        /// What it said last is still served, but it has failed or been silent since.
        case stale
        /// Nothing of it is served.
        case failing
    }

    package struct App: Sendable {
        package var name: String
        package var origin: Snapshot.Origin
        package var state: State
        package var receivedAt: Moment?
        /// As it came.
        package var body: ByteBuffer
        package var failure: SnapshotStore.Failure?
        /// What was found in it; `nil` where nothing has ever come.
        package var report: SourceReport?
    }

    package var apps: [App]
    package var now: Moment
    /// Why the page is text for those who prefer OpenMetrics.
    package var obstacles: [OpenMetricsObstacle]
    /// Those whom a bridge scrapes.
    package var aliases: [AliasReport]

    /// - Parameter composition: not older than what `store` holds.
    package init(
        _ store: SnapshotStore, _ composition: Composition, obstacles: [OpenMetricsObstacle] = [],
        aliases: [AliasReport] = [], now: Moment
    ) {
        self.now = now
        self.aliases = aliases
        self.obstacles = obstacles
        apps = store.view().entries.compactMap { $0 }.sorted { $0.source < $1.source }.compactMap { entry in
            App(entry, composition.report(of: entry.source), now: now)
        }
    }

    package var table: String {
        let rows = apps.map { app in
            AppsTable.Row(name: app.name, lastUpdate: Self.lastUpdate(app), source: app.origin.address)
        }
        return AppsTable.draw(rows + aliases.map(row), at: now.wall)
    }

    /// When it was scraped last, and how it is connected.
    private func row(_ alias: AliasReport) -> AppsTable.Row {
        let scrape = alias.lastScrapeAt.map { moment(of: $0).wall.tableText } ?? "never"
        let address = alias.address.map { " (\($0))" } ?? ""
        return AppsTable.Row(
            name: alias.target.alias, lastUpdate: "\(scrape) (\(alias.state.rawValue))",
            source: "tunnel: \(alias.target.hostname)\(address)")
    }

    /// Of a time by the monotonic clock.
    private func moment(of monotonic: Int64) -> Moment {
        now.advanced(by: .nanoseconds(monotonic &- now.monotonic))
    }

    /// A list of its own: `/apps/<name>/metrics` has none of them.
    private var aliasesJSON: String {
        if aliases.isEmpty { return "" }
        let list = aliases.map { alias in
            ReportText.object([
                ("alias", EscapedText.json(alias.target.alias)), ("state", "\"\(alias.state.rawValue)\""),
                ("key", "\"\(alias.key)\""), ("hostname", EscapedText.json(alias.target.hostname)),
                ("service", EscapedText.json(alias.target.service)),
                ("transport", alias.transport.map { "\"\($0.rawValue)\"" } ?? "null"),
                ("address", alias.address.map(EscapedText.json) ?? "null"),
                ("registered", "\"\(moment(of: alias.seenAt).wall.rfc3339)\""),
                ("last_scrape", alias.lastScrapeAt.map { "\"\(moment(of: $0).wall.rfc3339)\"" } ?? "null"),
                ("last_error", alias.lastError.map(EscapedText.json) ?? "null"),
            ])
        }
        return ",\n  \"aliases\": [\n    \(list.joined(separator: ",\n    "))\n  ]"
    }

    private static func lastUpdate(_ app: App) -> String {
        guard let receivedAt = app.receivedAt else { return "never (\(app.failure?.reason ?? "failing"))" }
        let isInvalid = app.report?.verdict.isValid == false
        let marks = [app.state == .stale ? "stale" : nil, isInvalid ? "invalid" : nil].compactMap { $0 }
        return receivedAt.wall.tableText + (marks.isEmpty ? "" : " (\(marks.joined(separator: ", ")))")
    }

    package var json: String {
        let list = apps.map { "    " + json($0) }.joined(separator: ",\n")
        let obstacles = self.obstacles.map { obstacle in
            ReportText.object([
                ("app", obstacle.source.map(EscapedText.json) ?? "null"), ("reason", EscapedText.json(obstacle.reason)),
            ])
        }
        let notOpenMetrics =
            obstacles.isEmpty ? "" : ",\n  \"openmetrics_obstacles\": [\(obstacles.joined(separator: ", "))]"
        let rows = list.isEmpty ? "" : "\n\(list)\n  "
        return "{\n  \"time\": \"\(now.wall.rfc3339)\"\(notOpenMetrics),\n  \"apps\": [\(rows)]\(aliasesJSON)\n}\n"
    }

    private func json(_ app: App) -> String {
        var fields: [(String, String)] = [
            ("name", EscapedText.json(app.name)), ("state", "\"\(app.state.rawValue)\""),
            ("door", "\"\(app.origin.door.rawValue)\""), ("source", EscapedText.json(app.origin.address)),
        ]
        if let receivedAt = app.receivedAt {
            fields.append(("last_update", "\"\(receivedAt.wall.rfc3339)\""))
            fields.append(("age_seconds", "\(age(receivedAt))"))
        } else {
            fields += [("last_update", "null"), ("age_seconds", "null")]
        }
        fields += [("bytes", "\(app.body.readableBytes)"), ("lines", "\(Self.lines(app.body))")]
        if !app.origin.labels.isEmpty {
            let pairs = app.origin.labels.sorted { $0.key < $1.key }
            let labels = pairs.map { "\(EscapedText.json($0.key)): \(EscapedText.json($0.value))" }
            fields.append(("labels", "{\(labels.joined(separator: ", "))}"))
        }
        if let report = app.report { fields += ReportText.json(report, now: now) }
        if let failure = app.failure {
            fields += [
                ("failed_at", "\"\(failure.at.wall.rfc3339)\""), ("failure", EscapedText.json(failure.reason)),
            ]
        }
        return "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
    }

    /// Seconds with milliseconds.
    package func age(_ moment: Moment) -> Double {
        Double(now.elapsed(since: moment).milliseconds) / 1000
    }

    package static func lines(_ body: ByteBuffer) -> Int {
        body.withUnsafeReadableBytes { bytes in
            bytes.reduce(0) { $0 &+ ($1 == UInt8(ascii: "\n") ? 1 : 0) }
        }
    }
}

extension AppsList.App {
    init?(_ entry: SnapshotStore.Entry, _ report: SourceReport?, now: Moment) {
        guard let origin = entry.snapshot?.origin ?? entry.failure?.origin else { return nil }
        name = entry.source
        self.origin = origin
        receivedAt = entry.snapshot?.receivedAt
        body = entry.snapshot?.body ?? ByteBuffer()
        failure = entry.failure
        self.report = report
        state = Self.state(entry, report, now)
    }

    /// The source of this name, if there is one.
    init?(_ name: String, _ store: SnapshotStore, _ composition: Composition, now: Moment) {
        guard let entry = store.entry(of: name) else { return nil }
        self.init(entry, composition.report(of: name), now: now)
    }

    private static func state(
        _ entry: SnapshotStore.Entry, _ report: SourceReport?, _ now: Moment
    ) -> AppsList.State {
        if entry.snapshot == nil { return .failing }
        guard let staleAfter = report?.staleAfter else { return entry.failure == nil ? .fresh : .stale }
        return entry.isStale(at: now, after: staleAfter) ? .stale : .fresh
    }

    /// Why a scrape of this source alone fails; `nil` where it succeeds.
    package var reasonToBeDown: String? {
        switch state {
        case .failing: return failure?.reason ?? "nothing has come yet"
        case .stale: return failure?.reason ?? "nothing has come for longer than store.stale_after"
        case .fresh: break
        }
        guard let report else { return "it has not been read yet" }
        if let limit = report.verdict.limit { return limit.sentence }
        if let finding = report.verdict.findings.first(where: { $0.reason.outcome == .dropped }) {
            return ReportText.sentence(finding)
        }
        return report.verdict.isValid ? nil : "\(report.verdict.linesDropped) lines are invalid"
    }
}
