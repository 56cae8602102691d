import NIOCore

/// `/targets/-/apps` and `/targets/-/polls`: what the proxy knows itself, as Prometheus' http_sd asks for it.
package struct OwnTargetRoutes: Sendable {
    private let store: SnapshotStore
    private let merged: MergedExposition
    private let queue: HTTPQueue
    private let prefix: String
    private let settings: @Sendable () -> OwnTargetSettings

    /// - Parameters:
    ///   - queue: for lists, which take long where there is much.
    ///   - prefix: in front of all paths; empty, or `/…` without a slash at its end.
    ///   - settings: asked for each request, so that a reload counts at once.
    package init(
        store: SnapshotStore, merged: MergedExposition, queue: HTTPQueue, prefix: String = "",
        settings: @escaping @Sendable () -> OwnTargetSettings
    ) {
        self.store = store
        self.merged = merged
        self.queue = queue
        self.prefix = prefix
        self.settings = settings
    }

    package var all: [HTTPRoute] {
        [
            HTTPRoute(.exactly("\(prefix)/targets/-/apps")) { request, _, loop in apps(request, loop) },
            HTTPRoute(.exactly("\(prefix)/targets/-/polls")) { request, _, loop in polls(request, loop) },
        ]
    }

    private func apps(_ request: HTTPRequest, _ loop: any EventLoop) -> HTTPReply {
        let settings = settings()
        let address = settings.address(for: request.headers["host"])
        return list("/targets/-/apps \(address)", request, loop) { [store, merged] in
            // Sources that are written out only when somebody looks are in the table then.
            _ = merged.composition()
            return OwnTargets.apps(store.view().entries, settings, at: address)
        }
    }

    private func polls(_ request: HTTPRequest, _ loop: any EventLoop) -> HTTPReply {
        let settings = settings()
        return list("/targets/-/polls", request, loop) { OwnTargets.polls(settings) }
    }

    private func list(
        _ key: String, _ request: HTTPRequest, _ loop: any EventLoop, _ make: @escaping @Sendable () -> [OwnTarget]
    ) -> HTTPReply {
        let reply = queue.reply(to: key, on: loop) {
            let json = OwnTarget.json(make())
            // Nothing behind the type: some who ask compare it whole.
            var response = HTTPResponse.text(
                .ok, json, type: "application/json", headers: [("Cache-Control", "no-cache")])
            response.tag(EntityTag(of: Array(json.utf8)))
            return response
        }
        return reply.conditional(on: request)
    }
}
