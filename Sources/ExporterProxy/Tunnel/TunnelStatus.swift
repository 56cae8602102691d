import HyperDHT

/// How the tunnels do, for people: `exporter-proxy tunnel status`, and the log of nobody.
struct TunnelStatus {
    /// By name, `client` or `bridge`.
    var tunnels: [(name: String, snapshot: TunnelSnapshot)]
    var aliases: [AliasReport]
    /// Of ``Moment/monotonic``.
    var now: Int64

    var text: String {
        if tunnels.isEmpty { return "no tunnel is configured\n" }
        return tunnels.map { name, snapshot in
            ([name] + lines(snapshot).map { "  \($0)" }).joined(separator: "\n") + "\n"
        }.joined(separator: "\n")
    }

    private func lines(_ snapshot: TunnelSnapshot) -> [String] {
        switch snapshot.part {
        case .node: network(snapshot)
        case .client(let status, _): lines(status) + network(snapshot)
        case .bridge(_, let count, let key):
            ["public key  \(key.text(.hex))"] + network(snapshot) + ["aliases     \(count)"] + aliases.map(line)
        }
    }

    private func network(_ snapshot: TunnelSnapshot) -> [String] {
        guard snapshot.usesDHT else { return [] }
        let address = snapshot.publicAddress.map { ", seen as \($0)" } ?? ""
        let known = "\(snapshot.nodesKnown) nodes, \(snapshot.connections) connections"
        return ["DHT         \(known)\(address)\(trouble(snapshot))"]
    }

    private func trouble(_ snapshot: TunnelSnapshot) -> String {
        if snapshot.nodesKnown == 0 { return "; no node answers: see bootstrap, and whether UDP goes through" }
        guard snapshot.isBehindRandomNAT else { return "" }
        return "; the NAT gives each peer another port: only open peers are reached, or the bridge by bridge_url"
    }

    // MARK: Client

    private func lines(_ status: TunnelClientStatus) -> [String] {
        var lines = [
            "alias       \(EscapedText.visible(status.alias))", "public key  \(status.publicKey.text(.hex))",
            "bridge      \(status.bridge.text(.hex))", "registered  \(registration(status))",
        ]
        for connection in status.connections {
            lines.append(
                "connected   \(connection.role.rawValue), \(connection.address), for \(age(connection.since)), "
                    + "\(connection.scrapes) scrapes")
        }
        if status.connections.isEmpty {
            let again = status.nextDialAt.map { ", dialled again in \(age($0))" } ?? ""
            lines.append("connected   no\(again)")
        }
        lines.append("last scrape \(status.lastScrapeAt.map { "\(age($0)) ago" } ?? "none yet")")
        if let failure = status.lastScrapeFailure { lines.append("            \(failure)") }
        return lines
    }

    private func registration(_ status: TunnelClientStatus) -> String {
        let again = status.nextRegistrationAt.map { ", again in \(age($0))" } ?? ""
        switch status.registration {
        case .none: return status.isRegistering ? "not yet, being tried" : "not yet\(again)"
        case .registered(let at): return "\(age(at)) ago\(again)"
        case .failed(let failure, let at): return "failed \(age(at)) ago: \(failure)\(again)"
        }
    }

    // MARK: Bridge

    private func line(_ report: AliasReport) -> String {
        let way = report.transport.map { " over \($0.rawValue), \(report.address ?? "")" } ?? ""
        let scrape = report.lastScrapeAt.map { "scraped \(age($0)) ago" } ?? "not scraped yet"
        let error = report.lastError.map { ", \($0)" } ?? ""
        let name = EscapedText.visible(report.target.alias)
        return "  \(name): \(report.state.rawValue)\(way) for \(age(report.since)), "
            + "registered \(age(report.seenAt)) ago, \(scrape)\(error)"
    }

    /// Of a time before now or behind it.
    private func age(_ time: Int64) -> String {
        let nanoseconds = time > now ? time.subtractingReportingOverflow(now) : now.subtractingReportingOverflow(time)
        return AgeText.format(.nanoseconds(nanoseconds.overflow ? .max : nanoseconds.partialValue))
    }
}
