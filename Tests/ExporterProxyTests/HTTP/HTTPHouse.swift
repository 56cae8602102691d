import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import ExporterProxy

/// A server on a port of its own, with routes that answer at once, later, and largely.
final class HTTPHouse: Sendable {
    let server: HTTPServer
    let registry = InstrumentRegistry()
    let port: Int
    let promises: Promises
    /// Of `/upgrade`, of what is to become of the next one.
    let upgrades: Upgrades
    let gate: Gate

    static let largeBytes = 8 * 1024 * 1024

    let time = ManualTime()

    init(
        _ configuration: HTTPServer.Configuration, tls: HTTPServer.TLS.Configuration? = nil, gate: Gate = Gate()
    ) async throws {
        let (promises, upgrades) = (Promises(), Upgrades())
        var configuration = configuration
        configuration.address = HostPort(host: "127.0.0.1", port: 0)
        server = try await HTTPServer.open(
            configuration, tls: tls, router: Self.router(promises, upgrades, gate),
            group: MultiThreadedEventLoopGroup.singleton,
            registry: registry, logger: .silent, time: time.source)
        port = server.port ?? 0
        self.promises = promises
        self.upgrades = upgrades
        self.gate = gate
    }

    /// Answers to `/later`, given by the test.
    final class Promises: Sendable {
        private let kept = NIOLockedValueBox<[(EventLoopPromise<HTTPResponse>, String)]>([])
        func add(_ promise: EventLoopPromise<HTTPResponse>, _ path: String) {
            kept.withLockedValue { $0.append((promise, path)) }
        }
        var count: Int { kept.withLockedValue { $0.count } }
        func succeedFirst(_ text: String) {
            kept.withLockedValue { $0.isEmpty ? nil : $0.removeFirst() }?.0.succeed(.text(.ok, text))
        }
        func failFirst(_ error: any Error) {
            kept.withLockedValue { $0.isEmpty ? nil : $0.removeFirst() }?.0.fail(error)
        }
    }

    /// Who gets the streams, one after the other.
    final class Upgrades: Sendable {
        private let ends = NIOLockedValueBox<[StreamEnd]>([])
        func expect(_ end: StreamEnd = StreamEnd()) -> StreamEnd {
            ends.withLockedValue { $0.append(end) }
            return end
        }
        var response: HTTPResponse {
            guard let end = ends.withLockedValue({ $0.isEmpty ? nil : $0.removeFirst() }) else {
                return .refusal(.serviceUnavailable, "503 nobody expects you")
            }
            return .upgrade(to: "echo") { end.begin($0) }
        }
    }

    private static func router(_ promises: Promises, _ upgrades: Upgrades, _ gate: Gate) -> HTTPRouter {
        let routes = [
            HTTPRoute(.between("/now/", "")) { _, rest, _ in .now(.text(.ok, "now \(rest)\n")) },
            HTTPRoute(.between("/later/", "")) { request, rest, loop in
                let promise = loop.makePromise(of: HTTPResponse.self)
                promises.add(promise, rest)
                return .later(promise.futureResult)
            },
            HTTPRoute(.exactly("/soon")) { _, _, loop in
                .later(loop.submit { .text(.ok, "soon\n") })
            },
            HTTPRoute(.exactly("/upgrade"), right: HTTPRoute.always(.open)) { request, _, _ in
                .now(request.refusalOfUpgrade(to: "echo") ?? upgrades.response)
            },
            HTTPRoute(.exactly("/upgradesoon")) { _, _, loop in .later(loop.submit { upgrades.response }) },
            HTTPRoute(.exactly("/upgradelater")) { _, rest, loop in
                let promise = loop.makePromise(of: HTTPResponse.self)
                promises.add(promise, rest)
                return .later(promise.futureResult.map { _ in upgrades.response })
            },
            HTTPRoute(.exactly("/tagged")) { request, _, _ in
                var response = HTTPResponse.text(.ok, "tagged\n")
                response.tag(EntityTag(of: [UInt8]("tagged\n".utf8)))
                return .now(response.conditional(on: request))
            },
            HTTPRoute(.exactly("/large")) { _, _, _ in
                .now(
                    HTTPResponse(
                        .ok, body: [ByteBuffer(repeating: 0x61, count: largeBytes), ByteBuffer(string: "end\n")]))
            },
            HTTPRoute(.exactly("/post"), methods: [.POST]) { _, _, _ in .now(.text(.ok, "posted\n")) },
            HTTPRoute(.below("/take/"), methods: [.PUT, .POST], right: right, bodyLimit: limit) { request, rest, _ in
                .now(.text(.ok, "\(rest) from \(request.peer): \(digest(request.body))\n"))
            },
            HTTPRoute(.exactly("/takelater"), methods: [.POST], bodyLimit: limit) { _, rest, loop in
                let promise = loop.makePromise(of: HTTPResponse.self)
                promises.add(promise, rest)
                return .later(promise.futureResult)
            },
        ]
        return HTTPRouter(routes, gate: gate.answer)
    }

    static let takenBytesMax = 4_000_000
    private static let limit: @Sendable () -> HTTPBodyLimit = {
        HTTPBodyLimit(bytes: takenBytesMax, key: "house.max_bytes")
    }
    private static let right: HTTPRoute.Right = { _, rest in .push(job: rest) }

    /// Short bodies as they are, long ones by length and sum.
    static func digest(_ body: ByteBuffer) -> String {
        if body.readableBytes <= 100 { return String(buffer: body) }
        return "\(body.readableBytes) bytes, sum \(body.readableBytesView.reduce(0) { $0 &+ Int($1) })"
    }

    /// Asked by the server, answered as the request's header `gate` says.
    final class Gate: Sendable {
        private let asked = NIOLockedValueBox<[HTTPRight]>([])
        private let waiting = NIOLockedValueBox<[EventLoopPromise<HTTPResponse?>]>([])

        var rights: [HTTPRight] { asked.withLockedValue { $0 } }
        var waitingCount: Int { waiting.withLockedValue { $0.count } }

        func decideFirst(_ refusal: HTTPResponse?) {
            waiting.withLockedValue { $0.isEmpty ? nil : $0.removeFirst() }?.succeed(refusal)
        }
        func failFirst(_ error: any Error) {
            waiting.withLockedValue { $0.isEmpty ? nil : $0.removeFirst() }?.fail(error)
        }

        static let refusal = HTTPResponse.refusal(
            .unauthorized, "401 who are you?", headers: [("WWW-Authenticate", "Basic")])

        var answer: HTTPGate {
            { [self] request, right, loop in
                asked.withLockedValue { $0.append(right) }
                switch request.headers.first(name: "gate") {
                case "refuse": return .refused(Self.refusal)
                case "later":
                    let promise = loop.makePromise(of: HTTPResponse?.self)
                    waiting.withLockedValue { $0.append(promise) }
                    return .later(promise.futureResult)
                default: return .admitted
                }
            }
        }
    }

    func connect() throws -> BlockingSocket { try BlockingSocket(port: port) }

    /// What comes back until the server ends.
    func exchange(_ request: String) throws -> String? {
        let socket = try connect()
        _ = socket.trySend([UInt8](request))
        return socket.textToEnd()
    }

    func count(_ name: String) -> Int? { registry.value("exporter_proxy_http_" + name) }

    func answers(_ route: String, _ code: Int) -> Int? {
        count("requests_total{route=\"\(route)\",code=\"\(code)\"}")
    }
}

func httpConfigured(_ change: (inout HTTPServer.Configuration) -> Void) -> HTTPServer.Configuration {
    var configuration = HTTPServer.Configuration()
    change(&configuration)
    return configuration
}

func withHTTP(
    _ configuration: HTTPServer.Configuration = .init(), tls: HTTPServer.TLS.Configuration? = nil,
    _ body: @escaping @Sendable (HTTPHouse) throws -> Void
) async throws {
    let house = try await HTTPHouse(configuration, tls: tls)
    try await withRunning(house.server) { try await onOwnThread { try body(house) } }
}

/// A response as it stands on the wire.
struct HTTPWireResponse {
    var status: String
    var headers: [String: String]
    var body: String

    init?(from socket: BlockingSocket, hasBody: Bool = true) {
        guard let status = socket.line() else { return nil }
        self.status = String(status.dropLast())
        headers = [:]
        while let line = socket.line(), line != "\r" {
            let sides = line.dropLast().split(separator: ":", maxSplits: 1)
            headers[sides[0].lowercased()] = sides.count > 1 ? sides[1].trimmed : ""
        }
        let count = hasBody ? Int(headers["content-length"] ?? "0") ?? 0 : 0
        body = String(decoding: socket.bytes(count), as: UTF8.self)
    }
}
