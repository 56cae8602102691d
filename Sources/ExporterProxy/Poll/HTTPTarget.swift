import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOSSL

/// One exporter that is polled over HTTP.
package struct HTTPTarget: Sendable {
    package let configuration: Configuration
    private let client: HTTPClient
    private let bodyBytesMax: Int
    private let tls: TLSConfiguration

    package init(_ configuration: Configuration, client: HTTPClient, bodyBytesMax: Int) {
        self.configuration = configuration
        self.client = client
        self.bodyBytesMax = bodyBytesMax
        var tls = TLSConfiguration.makeClientConfiguration()
        if configuration.allowsInvalidCertificates { tls.certificateVerification = .none }
        if let file = configuration.caFile { tls.trustRoots = .file(file) }
        self.tls = tls
    }

    /// The exposition that the exporter serves now, whole; within the target's timeout.
    ///
    /// The Content-Type is not looked at: `python3 -m http.server` serves metrics as HTML.
    package func poll() async throws(PollError) -> ByteBuffer {
        let request = try makeRequest()
        do {
            return try await within(configuration.timeout) {
                let response = try await client.execute(request, deadline: .distantFuture)
                guard response.status == .ok else { throw PollError.status(Int(response.status.code)) }
                return try await collect(response)
            }
        } catch let error as PollError {
            throw error
        } catch NIOHTTPDecompression.DecompressionError.limit {
            throw .tooLarge(limit: bodyBytesMax)
        } catch {
            throw .transport(Self.sentence(error))
        }
    }

    private func makeRequest() throws(PollError) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: configuration.url.text)
        request.tlsConfiguration = tls
        request.headers.add(name: "User-Agent", value: "\(Version.name)/\(Version.number)")
        // Not OpenMetrics: everything is served merged as text.
        request.headers.add(name: "Accept", value: "text/plain;version=0.0.4, */*;q=0.1")
        request.headers.add(name: "Accept-Encoding", value: "gzip")
        request.headers.add(
            name: "X-Prometheus-Scrape-Timeout-Seconds", value: "\(configuration.timeout.seconds)")
        for (name, value) in configuration.headers { request.headers.replaceOrAdd(name: name, value: value) }
        switch configuration.authorization {
        case .none: break
        case .basic(let username, let password):
            request.setBasicAuth(username: username, password: try Self.read(password))
        case .bearer(let token):
            request.headers.replaceOrAdd(name: "Authorization", value: "Bearer \(try Self.read(token))")
        }
        return request
    }

    private static func read(_ secret: Configuration.Secret) throws(PollError) -> String {
        switch secret {
        case .text(let text): return text
        case .file(let path):
            do throws(SystemError) { return try SmallFile.secret(path) } catch { throw .secret(error.description) }
        }
    }

    private func collect(_ response: HTTPClientResponse) async throws -> ByteBuffer {
        var body = ByteBuffer()
        for try await part in response.body {
            guard body.readableBytes + part.readableBytes <= bodyBytesMax else {
                throw PollError.tooLarge(limit: bodyBytesMax)
            }
            body.writeImmutableBuffer(part)
        }
        guard Self.hasEnd(response) || body.readableBytes == 0 || body.readableBytesView.last == UInt8(ascii: "\n")
        else {
            throw PollError.transport("the body ends with the connection, and in the middle of a line")
        }
        return ExpositionBody.make(body)
    }

    /// Whether the answer says how long it is: one that ends with its connection may be cut, perhaps within a number.
    private static func hasEnd(_ response: HTTPClientResponse) -> Bool {
        let codings = response.headers[canonicalForm: "transfer-encoding"]
        return response.headers.contains(name: "content-length") || codings.contains { $0.lowercased() == "chunked" }
    }

    /// Runs `body` against the clock: whoever is first ends the other.
    private func within<T: Sendable>(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else { throw PollError.timeout(limit) }
            return result
        }
    }

    private static func sentence(_ error: any Error) -> String {
        (error as? HTTPClientError)?.shortDescription ?? SystemError.sentence(of: error)
    }
}
