import NIOCore

/// The page of targets.
package struct TargetsPageRoutes: Sendable {
    private let discovery: TargetDiscovery
    private let prefix: String

    /// - Parameter prefix: see ``DiscoveryRoutes``.
    package init(_ discovery: TargetDiscovery, prefix: String) {
        self.discovery = discovery
        self.prefix = prefix
    }

    package var all: [HTTPRoute] {
        Set(["", prefix]).sorted().map { prefix in
            HTTPRoute(.exactly(prefix + "/targets/-")) { _, _, loop in
                let overview = discovery.overview(on: loop)
                return .later(overview.map { Self.answer($0, base: prefix + "/targets/") })
            }
        }
    }

    private static func answer(_ overview: TargetsOverview, base: String) -> HTTPResponse {
        .text(
            .ok, TargetsPage(overview: overview, base: base).html, type: HTTPResponse.html,
            headers: [("Content-Security-Policy", PageRoutes.policy), ("Cache-Control", "no-cache")])
    }
}
