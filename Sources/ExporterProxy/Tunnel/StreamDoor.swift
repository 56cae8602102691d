import NIOCore

/// Where clients come in that cannot use UDP: an HTTP request that becomes a stream.
package struct StreamDoor: Sendable {
    package static let path = "/-/tunnel"
    /// The protocol that the request upgrades to.
    package static let name = "exporter-proxy-tunnel"

    /// What becomes of a stream that somebody wants to have.
    package enum Verdict: Sendable {
        /// `begin` gets the stream, on its event loop, or `nil` where there is none in the end.
        case taken(begin: @Sendable (UpgradedStream?) -> Void)
        /// The reason in a few words.
        case refused(String)
    }

    /// Asked on the event loop of the client, with its address.
    package typealias Judge = @Sendable (_ host: String, _ loop: any EventLoop) -> EventLoopFuture<Verdict>

    private let isOpen: @Sendable () -> Bool
    private let judge: Judge

    /// `isOpen` says of each request whether there is a bridge that takes streams.
    package init(isOpen: @escaping @Sendable () -> Bool, judge: @escaping Judge) {
        (self.isOpen, self.judge) = (isOpen, judge)
    }

    package var route: HTTPRoute {
        HTTPRoute(.exactly(Self.path), right: HTTPRoute.always(.open)) { request, _, loop in answer(request, loop) }
    }

    private func answer(_ request: HTTPRequest, _ loop: any EventLoop) -> HTTPReply {
        guard isOpen() else { return .now(.refusal(.notFound, "404 no bridge here")) }
        // Who only looks takes no place.
        if let refusal = request.refusalOfUpgrade(to: Self.name) { return .now(refusal) }
        let verdict = judge(request.peer, loop)
        return .later(
            verdict.map { verdict -> HTTPResponse in
                switch verdict {
                case .taken(let begin): .upgrade(to: Self.name, begin: begin)
                case .refused(let reason): .refusal(.serviceUnavailable, "503 \(reason)")
                }
            })
    }
}
