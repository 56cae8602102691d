import NIOCore

/// Where Prometheus asks what to scrape: prometheus-http-sd's paths.
package struct DiscoveryRoutes: Sendable {
    private let discovery: TargetDiscovery
    private let prefix: String

    /// - Parameter prefix: `""`, or a path without a slash at its end, below which everything is served as well.
    package init(_ discovery: TargetDiscovery, prefix: String) {
        self.discovery = discovery
        self.prefix = prefix
    }

    package var all: [HTTPRoute] {
        Set(["", prefix]).sorted().flatMap { prefix in
            [
                HTTPRoute(.exactly(prefix + "/targets"), right: Self.right) { request, _, loop in
                    answer(request, "", loop)
                },
                HTTPRoute(.below(prefix + "/targets/"), right: Self.right) { request, rest, loop in
                    answer(request, rest, loop)
                },
                HTTPRoute(.below(prefix + "/scrape_configs/")) { request, rest, loop in
                    .later(discovery.scrapeConfigs(rest, request, on: loop))
                },
            ]
        }
    }

    /// To have generators run at will is the administrator's, and so is what they say when they fail.
    private static func right(_ request: HTTPRequest, _ rest: String) -> HTTPRight {
        TargetsQuery.reloads(request) || request.queryValue("debug") == "true" ? .admin : .scrape
    }

    private func answer(_ request: HTTPRequest, _ rest: String, _ loop: any EventLoop) -> HTTPReply {
        if request.query.isEmpty, let ready = discovery.ready(rest) {
            ready.path?.success.increment()
            return .now(TargetsAnswer.response(ready.targets, age: nil, to: request))
        }
        do throws(TreeError) {
            let path = try TreePath(encoded: rest)
            // Below "-" is what we say of ourselves.
            if path.segments.first == "-" { return .now(TargetsAnswer.notFound(path.text).response(to: request)) }
            let query = TargetsQuery(request, path: path)
            let standing = query.isAboutRuns || query.reloads || !request.query.isEmpty ? nil : rest
            let answer = discovery.answer(query, standingAt: standing, on: loop)
            return .later(answer.map { $0.response(to: request) })
        } catch {
            if case .notFound = error { return .now(TargetsAnswer.notFound(rest).response(to: request)) }
            return .now(TargetsAnswer.refused(error.description).response(to: request))
        }
    }
}
