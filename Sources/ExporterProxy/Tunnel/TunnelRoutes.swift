import HyperDHT
import NIOCore

/// What a bridge answers over HTTP: `/scrape/<alias>/metrics` and `/targets/-/aliases`.
struct TunnelRoutes: Sendable {
    /// Hands a message to the bridge.
    typealias Post = @Sendable (BridgeRole.Message) -> Void

    private static let textFormat = "text/plain; version=0.0.4; charset=utf-8"

    private let post: Post
    private let requestTimeout: Duration
    private let prefix: String
    private let time: TimeSource

    /// - Parameter prefix: in front of `/targets/-/aliases`, where it is served as well.
    init(prefix: String, requestTimeout: Duration, time: @escaping TimeSource, post: @escaping Post) {
        (self.post, self.requestTimeout, self.prefix, self.time) = (post, requestTimeout, prefix, time)
    }

    var all: [HTTPRoute] {
        let lists = Set(["", prefix]).sorted().map { prefix in
            HTTPRoute(.exactly("\(prefix)/targets/-/aliases")) { request, _, loop in aliases(request, loop) }
        }
        return lists + [
            HTTPRoute(.between("/scrape/", "/metrics")) { request, alias, loop in scrape(alias, request, loop) }
        ]
    }

    // MARK: Scrapes

    private func scrape(_ encodedAlias: String, _ request: HTTPRequest, _ loop: any EventLoop) -> HTTPReply {
        guard let alias = PercentEncoding.decode(encodedAlias) else {
            return .now(.refusal(.badRequest, "400 the alias in the path is not percent-encoded UTF-8"))
        }
        let answer = OwedAnswer<BridgeScrapeOutcome>(.unavailable(.givenUp), loop)
        let future = answer.future.map(Self.response)
        post(.scrape(alias, deadline: time().advanced(by: timeout(request)).monotonic, answer))
        return .later(future)
    }

    /// Prometheus says how long it waits; whoever has gone by then needs no answer.
    private func timeout(_ request: HTTPRequest) -> Duration {
        let header = request.headers["x-prometheus-scrape-timeout-seconds"].first.flatMap(Double.init)
        guard let seconds = header, seconds > 0, seconds < 3600 else { return requestTimeout }
        return min(requestTimeout, .seconds(seconds))
    }

    private static func response(_ outcome: BridgeScrapeOutcome) -> HTTPResponse {
        guard case .text(let text) = outcome else {
            return .text(outcome.status == 404 ? .notFound : .badGateway, outcome.sentence)
        }
        return HTTPResponse(.ok, headers: [("Content-Type", textFormat)], body: [ByteBuffer(bytes: text)])
    }

    // MARK: Lists

    /// What is in the file of targets.
    private func aliases(_ request: HTTPRequest, _ loop: any EventLoop) -> HTTPReply {
        .later(
            BridgeRole.aliases(loop, of: post).map { reports in
                guard let reports else { return .refusal(.serviceUnavailable, "503 the tunnel is not running") }
                let bytes = TargetsFile.bytes(of: reports.map(\.target))
                var response = HTTPResponse(
                    .ok, headers: [("Content-Type", "application/json"), ("Cache-Control", "no-cache")],
                    body: [ByteBuffer(bytes: bytes)])
                response.tag(EntityTag(of: bytes))
                return response.conditional(on: request)
            })
    }
}
