import NIOCore

/// The page with its script and style; Pushgateway has it at `/status` too.
package struct PageRoutes: Sendable {
    private let store: SnapshotStore
    private let merged: MergedExposition
    private let gateway: PushGateway
    private let status: PageStatus
    private let queue: HTTPQueue
    private let time: TimeSource

    /// - Parameter queue: for drawing, which takes long where there is much.
    package init(
        store: SnapshotStore, merged: MergedExposition, gateway: PushGateway, status: PageStatus,
        queue: HTTPQueue, time: @escaping TimeSource
    ) {
        self.store = store
        self.merged = merged
        self.gateway = gateway
        self.status = status
        self.queue = queue
        self.time = time
    }

    package var all: [HTTPRoute] {
        [
            HTTPRoute(.exactly("/")) { request, _, loop in page(request, loop) },
            HTTPRoute(.exactly("/status")) { request, _, loop in page(request, loop) },
            file(PageScript.path, PageScript.javascript, type: "text/javascript; charset=utf-8"),
            file(PageStyle.path, PageStyle.css, type: "text/css; charset=utf-8"),
        ]
    }

    /// Nothing that stands in the page is run, nothing of others is loaded, and nobody may put it into a frame.
    static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; "
        + "frame-ancestors 'none'; base-uri 'none'"

    /// It is asked for again each time: it shows what is now, and another version has other files.
    private static let fresh = (name: "Cache-Control", value: "no-cache")

    private func file(_ path: String, _ text: String, type: String) -> HTTPRoute {
        HTTPRoute(.exactly(path)) { _, _, _ in .now(.text(.ok, text, type: type, headers: [Self.fresh])) }
    }

    private func page(_ request: HTTPRequest, _ loop: any EventLoop) -> HTTPReply {
        let search = GroupSearch(request)
        return queue.reply(to: search.href, on: loop) {
            .text(
                .ok, html(search), type: HTTPResponse.html,
                headers: [("Content-Security-Policy", Self.policy), Self.fresh])
        }
    }

    private func html(_ search: GroupSearch) -> String {
        let sources = AppsList(store, merged.composition(), now: time())
        return HomePage(sources, GroupsList(gateway, search, sources), status).html
    }
}
