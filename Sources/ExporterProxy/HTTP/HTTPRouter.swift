import NIOCore
import NIOHTTP1

/// Answers requests on an event loop. At once, or later where something slow is to be done elsewhere.
package enum HTTPReply: Sendable {
    case now(HTTPResponse)
    case later(EventLoopFuture<HTTPResponse>)

    func future(on loop: any EventLoop) -> EventLoopFuture<HTTPResponse> {
        switch self {
        case .now(let response): loop.makeSucceededFuture(response)
        case .later(let future): future.hop(to: loop)
        }
    }
}

/// One path, or one family of paths, of the window.
package struct HTTPRoute: Sendable {
    package enum Path: Sendable {
        /// This path, with or without a slash at its end.
        case exactly(String)
        /// Whatever lies between, not empty, still percent-encoded.
        case between(String, String)
        /// Whatever follows, slashes at any place, empty as well, still percent-encoded.
        case below(String)

        /// As the `route` label of our metrics shows it.
        var pattern: String {
            switch self {
            case .exactly(let path): path
            case .between(let prefix, let suffix): "\(prefix)*\(suffix)"
            case .below(let prefix): "\(prefix)*"
            }
        }

        /// What lies between or below where the path is ours; empty for an exact path.
        func match(_ path: String) -> String? {
            switch self {
            case .exactly(let own):
                if path == own { return "" }
                guard own != "/", path.utf8.count == own.utf8.count + 1, path.utf8.last == UInt8(ascii: "/") else {
                    return nil
                }
                return path.utf8.starts(with: own.utf8) ? "" : nil
            case .between(let prefix, let suffix):
                guard path.hasPrefix(prefix), path.hasSuffix(suffix) else { return nil }
                guard path.utf8.count > prefix.utf8.count + suffix.utf8.count else { return nil }
                return String(path.dropFirst(prefix.count).dropLast(suffix.count))
            case .below(let prefix):
                guard path.utf8.starts(with: prefix.utf8) else { return nil }
                return String(Substring(path.utf8.dropFirst(prefix.utf8.count)))
            }
        }
    }

    package typealias Handler = @Sendable (_ request: HTTPRequest, _ rest: String, _ loop: any EventLoop) -> HTTPReply
    package typealias Right = @Sendable (_ request: HTTPRequest, _ rest: String) -> HTTPRight

    package var path: Path
    /// GET answers HEAD as well.
    package var methods: [HTTPMethod]
    /// What the gate is asked for; of the request there is only the head.
    package var right: Right
    /// Asked for each request; without it the route takes no body, and what comes is read away.
    package var bodyLimit: (@Sendable () -> HTTPBodyLimit)?
    package var handle: Handler

    package init(
        _ path: Path, methods: [HTTPMethod] = [.GET], right: @escaping Right = always(.scrape),
        bodyLimit: (@Sendable () -> HTTPBodyLimit)? = nil, handle: @escaping Handler
    ) {
        self.path = path
        self.methods = methods
        self.right = right
        self.bodyLimit = bodyLimit
        self.handle = handle
    }

    /// The same right for all of the route's requests.
    package static func always(_ right: HTTPRight) -> Right { { _, _ in right } }
}

/// Finds the route of a request, and asks the gate whether it may be taken.
package struct HTTPRouter: Sendable {
    private let routes: [HTTPRoute]
    private let limit: HTTPLimit
    private let gate: HTTPGate
    let headers: Headers

    /// Headers for answers that have none of the name; asked for each answer.
    package typealias Headers = @Sendable () -> [(name: String, value: String)]

    package init(
        _ routes: [HTTPRoute], limit: @escaping HTTPLimit = { nil },
        gate: @escaping HTTPGate = { _, _, _ in .admitted }, headers: @escaping Headers = { [] }
    ) {
        self.routes = routes
        self.limit = limit
        self.gate = gate
        self.headers = headers
    }

    /// Of the routes, in their order; the last one stands for requests that no route knows.
    var patterns: [String] { routes.map(\.path.pattern) + ["none"] }

    /// The place among ``patterns`` of what no route knows.
    var nowhere: Int { routes.count }

    /// Where a request leads to.
    enum Destination: Sendable {
        case route(HTTPRoute, rest: String)
        /// Nowhere.
        case refusal(HTTPResponse)
    }

    /// The destination, and the place of its route among ``patterns``. Once for each request: it asks the limit of all.
    func find(_ request: HTTPRequest) -> (place: Int, destination: Destination) {
        let found = look(for: request)
        return limit().map { (found.place, .refusal($0)) } ?? found
    }

    private func look(for request: HTTPRequest) -> (place: Int, destination: Destination) {
        var allowed: [HTTPMethod] = []
        var known = nowhere
        for place in routes.indices {
            guard let rest = routes[place].path.match(request.path) else { continue }
            let route = routes[place]
            if route.methods.contains(request.method == .HEAD ? .GET : request.method) {
                return (place, .route(route, rest: rest))
            }
            allowed += route.methods
            known = place
        }
        if allowed.isEmpty {
            return (known, .refusal(.refusal(.notFound, "404 nothing at \(EscapedText.visible(request.path))")))
        }
        return (known, .refusal(Self.notAllowed(request.method, allowed)))
    }

    func admits(
        _ request: HTTPRequest, to route: HTTPRoute, rest: String, on loop: any EventLoop
    ) -> HTTPGateAnswer {
        gate(request, route.right(request, rest), loop)
    }

    /// The answer to a request that is there with its body.
    package func answer(_ request: HTTPRequest, on loop: any EventLoop) -> HTTPReply {
        switch find(request).destination {
        case .refusal(let response): return .now(response)
        case .route(let route, let rest):
            switch admits(request, to: route, rest: rest, on: loop) {
            case .admitted: return route.handle(request, rest, loop)
            case .refused(let response): return .now(response)
            case .later(let verdict):
                let answer = verdict.hop(to: loop).flatMap { refusal in
                    if let refusal { return loop.makeSucceededFuture(refusal) }
                    return route.handle(request, rest, loop).future(on: loop)
                }
                return .later(answer)
            }
        }
    }

    private static func notAllowed(_ method: HTTPMethod, _ allowed: [HTTPMethod]) -> HTTPResponse {
        let names = (allowed.contains(.GET) ? allowed + [.HEAD] : allowed).map(\.rawValue).joined(separator: ", ")
        return .refusal(
            .methodNotAllowed, "405 \(method.rawValue) is not possible here, only \(names)", headers: [("Allow", names)]
        )
    }
}
