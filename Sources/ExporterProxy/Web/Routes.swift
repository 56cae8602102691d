import NIOCore
import NIOPosix

/// The routes of the window.
package struct Routes: Sendable {
    private let store: SnapshotStore
    private let merged: MergedExposition
    private let firstRound: FirstRound
    private let telemetry: OwnMetrics
    private let reload: Reload
    private let quit: Quit
    private let aliases: Aliases?
    private let threads: NIOThreadPool
    private let own: HTTPQueue
    private let lookups: HTTPQueue
    private let time: TimeSource

    /// Asks for a reload; the future succeeds with what became of it.
    package typealias Reload = @Sendable (any EventLoop) -> EventLoopFuture<ReloadOutcome>

    /// The aliases that a bridge knows; none without one.
    package typealias Aliases = @Sendable (any EventLoop) -> EventLoopFuture<[AliasReport]>

    /// Has the proxy end as a signal does; false where that is switched off.
    package typealias Quit = @Sendable () -> Bool

    /// - Parameters:
    ///   - threads: for pages that are scraped.
    ///   - lookups: for lists, which must not keep scrapes waiting.
    ///   - aliases: of a bridge, where there is one.
    package init(
        store: SnapshotStore, merged: MergedExposition, firstRound: FirstRound, telemetry: OwnMetrics,
        reload: @escaping Reload, quit: @escaping Quit, threads: NIOThreadPool, lookups: HTTPQueue,
        aliases: Aliases? = nil, time: @escaping TimeSource
    ) {
        self.store = store
        self.merged = merged
        self.firstRound = firstRound
        self.telemetry = telemetry
        self.reload = reload
        self.quit = quit
        self.aliases = aliases
        self.threads = threads
        self.lookups = lookups
        own = HTTPQueue(threads)
        self.time = time
    }

    package var all: [HTTPRoute] {
        [
            HTTPRoute(.exactly("/metrics")) { request, _, loop in metrics(request, loop) },
            HTTPRoute(.exactly("/apps")) { request, _, loop in apps(request, loop) },
            HTTPRoute(.between("/apps/", "/metrics")) { _, name, loop in metrics(of: name, loop) },
            HTTPRoute(.exactly("/-/metrics")) { _, _, loop in ownMetrics(loop) },
            HTTPRoute(.exactly("/-/healthy"), right: HTTPRoute.always(.health)) { _, _, _ in
                .now(.text(.ok, "OK, \(Version.name) is healthy\n"))
            },
            HTTPRoute(.exactly("/-/ready"), right: HTTPRoute.always(.health)) { _, _, _ in .now(ready()) },
            HTTPRoute(.exactly("/-/reload"), methods: [.POST], right: HTTPRoute.always(.admin)) { _, _, loop in
                .later(reload(loop).map(\.response))
            },
            HTTPRoute(.exactly("/-/quit"), methods: [.PUT, .POST], right: HTTPRoute.always(.admin)) { _, _, _ in
                .now(quit() ? .text(.ok, "\(Version.name) is stopping\n") : Self.switchedOff)
            },
        ]
    }

    private static let switchedOff = HTTPResponse.refusal(
        .forbidden, "403 switched off: web.enable_lifecycle = false")

    /// Text format 0.0.4, the one that every scraper reads.
    private static let textFormat = "text/plain; version=0.0.4; charset=utf-8"

    private static let openMetricsFormat = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    // MARK: Expositions

    private func metrics(_ request: HTTPRequest, _ loop: any EventLoop) -> HTTPReply {
        if let refusal = notReady() { return .now(refusal) }
        let wantsOpenMetrics =
            merged.offersOpenMetrics && AcceptFormat.prefersOpenMetrics(request.headers["accept"])
        let kind = MergedExposition.PageKind(
            wantsOpenMetrics ? .openMetrics : .text,
            AcceptEncoding.allowsGzip(request.headers["accept-encoding"]) ? .gzip : .identity)
        if telemetry.isMerged {
            return elsewhere(loop) {
                telemetry.put(into: store, at: time())
                return exposition(try merged.page(kind), kind.coding)
            }
        }
        if let page = merged.readyPage(kind) { return .now(exposition(page, kind.coding)) }
        return .later(merged.page(kind, on: loop).map { exposition($0, kind.coding) })
    }

    private func exposition(_ page: MergedExposition.Page, _ coding: MergedExposition.Coding) -> HTTPResponse {
        let type = page.format == .text ? Self.textFormat : Self.openMetricsFormat
        let vary = merged.offersOpenMetrics ? "Accept, Accept-Encoding" : "Accept-Encoding"
        var headers: [(name: String, value: String)] = [("Content-Type", type), ("Vary", vary)]
        if coding == .gzip { headers.append(("Content-Encoding", "gzip")) }
        return HTTPResponse(.ok, headers: headers, body: page.pieces, bodyBytes: page.bytes)
    }

    /// One source as a target of its own: 200 only while a scrape of the source itself would succeed.
    private func metrics(of encodedName: String, _ loop: any EventLoop) -> HTTPReply {
        guard let name = PercentEncoding.decode(encodedName) else {
            return .now(.refusal(.badRequest, "400 the app name in the path is not percent-encoded UTF-8"))
        }
        return elsewhere(loop) {
            guard let app = AppsList.App(name, store, merged.composition(), now: time()) else {
                return .refusal(.notFound, "404 no metrics of an app named '\(EscapedText.visible(name))'")
            }
            if let reason = app.reasonToBeDown {
                return .refusal(.serviceUnavailable, "503 '\(EscapedText.visible(name))': \(reason)")
            }
            let body = app.report?.checked?.body ?? ByteBuffer()
            return HTTPResponse(.ok, headers: [("Content-Type", Self.textFormat)], body: [body])
        }
    }

    /// A sample for each of thousands of sources takes milliseconds to write: not on an event loop.
    private func ownMetrics(_ loop: any EventLoop) -> HTTPReply {
        own.reply(to: "/-/metrics", on: loop) { .text(.ok, telemetry.exposition(), type: Self.textFormat) }
    }

    // MARK: Readiness

    private func ready() -> HTTPResponse { notReady() ?? .text(.ok, "OK, \(Version.name) is ready\n") }

    /// Nothing is served as empty: a scrape that finds series missing holds them for gone.
    private func notReady() -> HTTPResponse? {
        let remaining = firstRound.remaining(at: time())
        guard remaining > 0 else { return nil }
        return .refusal(
            .serviceUnavailable, "503 starting: \(remaining) poll targets have not been asked yet",
            headers: [("Retry-After", "1")])
    }

    // MARK: Lists

    private func apps(_ request: HTTPRequest, _ loop: any EventLoop) -> HTTPReply {
        let wantsJSON =
            request.queryValue("format") == "json"
            || request.headers[canonicalForm: "accept"].contains { $0.lowercased().hasPrefix("application/json") }
        guard let aliases else { return apps(wantsJSON, [], loop) }
        return .later(aliases(loop).flatMap { apps(wantsJSON, $0, loop).future(on: loop) })
    }

    private func apps(_ wantsJSON: Bool, _ aliases: [AliasReport], _ loop: any EventLoop) -> HTTPReply {
        lookups.reply(to: wantsJSON ? "/apps JSON" : "/apps", on: loop) {
            let list = AppsList(
                store, merged.composition(), obstacles: merged.openMetricsObstacles, aliases: aliases, now: time())
            return wantsJSON ? .text(.ok, list.json, type: HTTPResponse.json) : .text(.ok, list.table)
        }
    }

    /// What takes milliseconds where there are thousands of sources: not on an event loop.
    private func elsewhere(
        _ loop: any EventLoop, _ make: @escaping @Sendable () throws -> HTTPResponse
    ) -> HTTPReply {
        .later(threads.runIfActive(eventLoop: loop) { try make() })
    }
}
