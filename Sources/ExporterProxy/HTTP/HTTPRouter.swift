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

    package func answer(_ request: HTTPRequest, on loop: any EventLoop) -> HTTPReply {
        var allowed: [HTTPMethod] = []
        for route in routes {
            guard let rest = route.match(request.path) else { continue }
            if route.methods.contains(request.method == .HEAD ? .GET : request.method) {
                return route.handle(request, rest, loop)
            }
            allowed += route.methods
        }
        if allowed.isEmpty {
            return .now(.refusal(.notFound, "404 nothing at \(EscapedText.visible(request.path))"))
        }
        return .now(Self.notAllowed(request.method, allowed))
    }

    private static func notAllowed(_ method: HTTPMethod, _ allowed: [HTTPMethod]) -> HTTPResponse {
        let names = (allowed.contains(.GET) ? allowed + [.HEAD] : allowed).map(\.rawValue).joined(separator: ", ")
        return .refusal(
            .methodNotAllowed, "405 \(method.rawValue) is not possible here, only \(names)", headers: [("Allow", names)]
        )
    }
}
