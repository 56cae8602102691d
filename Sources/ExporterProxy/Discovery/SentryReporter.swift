import AsyncHTTPClient
import Dispatch
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// Sends failures of generators to Sentry, one after the other, and never keeps anybody waiting.
package final class SentryReporter: Service {
    package struct Parts: Sendable {
        package var group: any EventLoopGroup
        package var registry: InstrumentRegistry
        package var logger: Logger
        package var serverName: String

        package init(
            group: any EventLoopGroup, registry: InstrumentRegistry, logger: Logger,
            serverName: String = HostName.current()
        ) {
            self.group = group
            self.registry = registry
            self.logger = logger
            self.serverName = serverName
        }
    }

    private struct State {
        var dsn: SentryDSN?
        var ledger = SentryLedger()
    }

    /// So many wait; what comes then is dropped.
    static let waitingMax = 32

    // One lock, held for a look.
    private let state: Mutex<State>
    private let reports: AsyncStream<SentryReport>
    private let queue: AsyncStream<SentryReport>.Continuation
    private let instruments: SentryInstruments
    private let parts: Parts
    private let timeout: Duration

    /// - Parameter dsn: `nil` where nobody is to be told.
    package init(_ dsn: SentryDSN?, parts: Parts, timeout: Duration = .seconds(5)) {
        state = Mutex(State(dsn: dsn))
        (reports, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.waitingMax))
        instruments = SentryInstruments(registry: parts.registry)
        self.parts = parts
        self.timeout = timeout
    }

    /// Who is told from now on.
    package var dsn: SentryDSN? {
        get { state.withLock { $0.dsn } }
        set { state.withLock { $0.dsn = newValue } }
    }

    /// Returns at once, whatever becomes of it.
    package func report(_ report: SentryReport) {
        let isNew = state.withLock { state in state.dsn == nil ? nil : state.ledger.take(report) }
        guard let isNew else { return }
        guard isNew else { return instruments.count(.repeated) }
        if case .enqueued = queue.yield(report) { return }
        instruments.count(.dropped)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.sendUntilCancelled() }
    }

    private func sendUntilCancelled() async {
        // Made when there is something to say.
        var client: HTTPClient?
        var isFailing = false
        for await report in reports {
            guard let dsn else { continue }
            let http = client ?? makeClient()
            client = http
            let pause = await send(report, to: dsn, by: http, &isFailing)
            if let pause { try? await Task.sleep(for: pause) }
        }
        // Not waited for: the client cannot give up a connect on its way.
        client?.shutdown(queue: .global()) { _ in }
    }

    private func makeClient() -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = TimeAmount(timeout)
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .shared(parts.group), configuration: configuration)
    }

    /// Answers how long nothing may be sent. What could not be sent is lost.
    private func send(
        _ report: SentryReport, to dsn: SentryDSN, by http: HTTPClient, _ isFailing: inout Bool
    ) async -> Duration? {
        var pause: Duration?
        do {
            let response = try await http.execute(request(report, dsn), timeout: TimeAmount(timeout))
            pause = SentryPause.length(
                status: Int(response.status.code), retryAfter: response.headers.first(name: "retry-after"),
                rateLimits: response.headers["x-sentry-rate-limits"])
            guard (200..<300).contains(response.status.code) else {
                throw SentryError(status: response.status.code)
            }
            instruments.count(.sent)
            if isFailing { parts.logger.notice("failures are sent to Sentry again", metadata: ["host": "\(dsn.host)"]) }
            isFailing = false
        } catch {
            guard !Task.isCancelled else { return nil }
            instruments.count(.failed)
            if !isFailing {
                parts.logger.warning(
                    "cannot send a failure to Sentry",
                    metadata: ["host": "\(dsn.host)", "error": "\(Self.sentence(error))"])
            }
            isFailing = true
        }
        return pause
    }

    private func request(_ report: SentryReport, _ dsn: SentryDSN) -> HTTPClientRequest {
        let words = [UInt64.random(in: 0...UInt64.max), .random(in: 0...UInt64.max)]
        let id = words.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        var request = HTTPClientRequest(url: dsn.endpoint)
        request.method = .POST
        request.headers.add(name: "User-Agent", value: "\(Version.name)/\(Version.number)")
        request.headers.add(name: "Content-Type", value: "application/x-sentry-envelope")
        request.headers.add(name: "X-Sentry-Auth", value: dsn.authorization)
        request.body = .bytes(ByteBuffer(bytes: report.envelope(id: id, serverName: parts.serverName)))
        return request
    }

    private static func sentence(_ error: any Error) -> String {
        (error as? HTTPClientError)?.shortDescription ?? SystemError.sentence(of: error)
    }
}

private struct SentryError: Error, CustomStringConvertible {
    var status: UInt
    var description: String { "status \(status)" }
}
