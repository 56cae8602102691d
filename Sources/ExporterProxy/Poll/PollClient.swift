import AsyncHTTPClient
import Dispatch
import NIOCore

/// The HTTP client of targets with the same needs; shut down when the last of them lets go.
final class PollClient: Sendable {
    /// What holds for a client, and not for a request.
    struct Needs: Equatable, Sendable {
        var followsRedirects: Bool
        var bodyBytesMax: Int
        var connectTimeout: Duration?

        init(_ configuration: Poller.Configuration) {
            followsRedirects = configuration.followsRedirects
            bodyBytesMax = configuration.bodyBytesMax
            connectTimeout = configuration.targets.map(\.timeout).max()
        }
    }

    let http: HTTPClient
    let needs: Needs

    init(_ needs: Needs, group: any EventLoopGroup) {
        self.needs = needs
        http = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: Self.configuration(needs))
    }

    // Not waited for: the client cannot give up a connect on its way, and the proxy is to end within seconds.
    // What is left ends with the event loops.
    deinit { http.shutdown(queue: .global()) { _ in } }

    private static func configuration(_ needs: Needs) -> HTTPClient.Configuration {
        var client = HTTPClient.Configuration()
        client.httpVersion = .http1Only
        client.redirectConfiguration = needs.followsRedirects ? .follow(max: 5, allowCycles: false) : .disallow
        client.timeout.connect = needs.connectTimeout.map { TimeAmount($0) }
        // A target that refuses is a failed poll now, not a connection to be tried again and again until the timeout.
        client.connectionPool.retryConnectionEstablishment = false
        // The limit holds for what comes out, so a small body that unpacks to gigabytes ends there.
        client.decompression = .enabled(limit: .size(needs.bodyBytesMax))
        return client
    }
}
