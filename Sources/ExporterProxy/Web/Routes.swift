import NIOCore
import NIOPosix

/// The routes of the window.
package struct Routes: Sendable {
    private let store: SnapshotStore
    private let merged: MergedExposition
    private let registry: InstrumentRegistry
    private let staleAfter: Duration
    private let threads: NIOThreadPool
    private let time: TimeSource

    package init(
        store: SnapshotStore, merged: MergedExposition, registry: InstrumentRegistry, staleAfter: Duration,
        threads: NIOThreadPool, time: @escaping TimeSource
    ) {
        self.store = store
        self.merged = merged
        self.registry = registry
        self.staleAfter = staleAfter
        self.threads = threads
        self.time = time
    }

    package var all: [HTTPRoute] {
        [
            HTTPRoute(.exactly("/metrics")) { request, _, loop in metrics(request, loop) },
            HTTPRoute(.exactly("/apps")) { request, _, loop in apps(request, loop) },
            HTTPRoute(.between("/apps/", "/metrics")) { _, name, _ in .now(metrics(of: name)) },
            HTTPRoute(.exactly("/")) { _, _, loop in page(loop) },
            HTTPRoute(.exactly("/-/metrics")) { _, _, loop in ownMetrics(loop) },
            HTTPRoute(.exactly("/-/healthy")) { _, _, _ in .now(.text(.ok, "\(Version.name) is healthy\n")) },
            HTTPRoute(.exactly("/-/ready")) { _, _, _ in .now(.text(.ok, "\(Version.name) is ready\n")) },
        ]
    }

    /// Text format 0.0.4, the one that every scraper reads.
    private static let textFormat = "text/plain; version=0.0.4; charset=utf-8"

    // MARK: Expositions

    private func metrics(_ request: HTTPRequest, _ loop: any EventLoop) -> HTTPReply {
        guard AcceptEncoding.allowsGzip(request.headers["accept-encoding"]) else {
            return .now(Self.exposition(merged.identity(), encoding: nil))
        }
        if let page = merged.readyGzip() { return .now(Self.exposition(page, encoding: "gzip")) }
        return .later(merged.gzip(on: loop).map { Self.exposition($0, encoding: "gzip") })
    }

    private static func exposition(_ page: MergedExposition.Page, encoding: String?) -> HTTPResponse {
        var headers: [(name: String, value: String)] = [("Content-Type", textFormat), ("Vary", "Accept-Encoding")]
        if let encoding { headers.append(("Content-Encoding", encoding)) }
        return HTTPResponse(.ok, headers: headers, body: page.pieces, bodyBytes: page.bytes)
    }

    private func metrics(of encodedName: String) -> HTTPResponse {
        guard let name = PercentEncoding.decode(encodedName) else {
            return .refusal(.badRequest, "400 the app name in the path is not percent-encoded UTF-8")
        }
        guard let snapshot = store.entry(of: name)?.snapshot else {
            return .refusal(.notFound, "404 no metrics of an app named '\(EscapedText.visible(name))'")
        }
        return HTTPResponse(.ok, headers: [("Content-Type", Self.textFormat)], body: [snapshot.body])
    }

    /// A sample for each of thousands of sources takes milliseconds to write: not on an event loop.
    private func ownMetrics(_ loop: any EventLoop) -> HTTPReply {
        .later(threads.runIfActive(eventLoop: loop) { .text(.ok, registry.exposition(), type: Self.textFormat) })
    }

    // MARK: Lists

    private func apps(_ request: HTTPRequest, _ loop: any EventLoop) -> HTTPReply {
        let wantsJSON =
            request.queryValue("format") == "json"
            || request.headers[canonicalForm: "accept"].contains { $0.lowercased().hasPrefix("application/json") }
        return elsewhere(loop) { list in
            wantsJSON ? .text(.ok, list.json, type: HTTPResponse.json) : .text(.ok, list.table)
        }
    }

    private func page(_ loop: any EventLoop) -> HTTPReply {
        elsewhere(loop) { list in
            .text(
                .ok, HomePage.html(list), type: HTTPResponse.html,
                headers: [("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")])
        }
    }

    /// Thousands of rows take milliseconds to draw: not on an event loop.
    private func elsewhere(
        _ loop: any EventLoop, _ draw: @escaping @Sendable (AppsList) -> HTTPResponse
    ) -> HTTPReply {
        .later(
            threads.runIfActive(eventLoop: loop) {
                draw(AppsList(store, staleAfter: staleAfter, now: time()))
            })
    }
}
