import NIOCore
import NIOHTTP1

/// Answers requests on an event loop. At once, or later where something slow is to be done elsewhere.
package enum HTTPReply: Sendable {
    case now(HTTPResponse)
    case later(EventLoopFuture<HTTPResponse>)
}

/// One path, or one family of paths, of the window.
package struct HTTPRoute: Sendable {
    package enum Path: Sendable {
        /// This path, with or without a slash at its end.
        case exactly(String)
        /// Whatever lies between, not empty, still percent-encoded.
        case between(String, String)

        /// As the `route` label of our metrics shows it.
        var pattern: String {
            switch self {
            case .exactly(let path): path
            case .between(let prefix, let suffix): "\(prefix)*\(suffix)"
            }
        }
    }

    package typealias Handler = @Sendable (_ request: HTTPRequest, _ rest: String, _ loop: any EventLoop) -> HTTPReply

    package var path: Path
    /// GET answers HEAD as well.
    package var methods: [HTTPMethod]
    package var handle: Handler

    package init(_ path: Path, methods: [HTTPMethod] = [.GET], handle: @escaping Handler) {
        self.path = path
        self.methods = methods
        self.handle = handle
    }

    /// What lies between where the path is ours; empty for an exact path.
    func match(_ path: String) -> String? {
        switch self.path {
        case .exactly(let own):
            return path == own || (own != "/" && path == own + "/") ? "" : nil
        case .between(let prefix, let suffix):
            guard path.hasPrefix(prefix), path.hasSuffix(suffix) else { return nil }
            guard path.utf8.count > prefix.utf8.count + suffix.utf8.count else { return nil }
            return String(path.dropFirst(prefix.count).dropLast(suffix.count))
        }
    }
}

/// Finds the route of a request.
package struct HTTPRouter: Sendable {
    private let routes: [HTTPRoute]

    package init(_ routes: [HTTPRoute]) { self.routes = routes }

    /// Of the routes, in their order; the last one stands for requests that no route knows.
    var patterns: [String] { routes.map(\.path.pattern) + ["none"] }

    /// The place among ``patterns`` of what no route knows.
    var nowhere: Int { routes.count }

    package func answer(_ request: HTTPRequest, on loop: any EventLoop) -> HTTPReply {
        find(request, on: loop).reply
    }

    /// The reply, and the place of its route among ``patterns``.
    func find(_ request: HTTPRequest, on loop: any EventLoop) -> (place: Int, reply: HTTPReply) {
        var allowed: [HTTPMethod] = []
        var known = nowhere
        for (place, route) in routes.enumerated() {
            guard let rest = route.match(request.path) else { continue }
            if route.methods.contains(request.method == .HEAD ? .GET : request.method) {
                return (place, route.handle(request, rest, loop))
            }
            allowed += route.methods
            known = place
        }
        if allowed.isEmpty {
            return (known, .now(.refusal(.notFound, "404 nothing at \(EscapedText.visible(request.path))")))
        }
        return (known, .now(Self.notAllowed(request.method, allowed)))
    }

    private static func notAllowed(_ method: HTTPMethod, _ allowed: [HTTPMethod]) -> HTTPResponse {
        let names = (allowed.contains(.GET) ? allowed + [.HEAD] : allowed).map(\.rawValue).joined(separator: ", ")
        return .refusal(
            .methodNotAllowed, "405 \(method.rawValue) is not possible here, only \(names)", headers: [("Allow", names)]
        )
    }
}
