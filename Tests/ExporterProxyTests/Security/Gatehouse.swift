import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

@testable import ExporterProxy

/// Access control with files in a folder of its own, a clock that stands, and every hash counted.
final class Gatehouse: Sendable {
    let folder: TemporaryFolder
    let time = ManualTime()
    let registry = InstrumentRegistry()
    let log = LogLines()
    let access: AccessControl
    private let hashing: NIOThreadPool
    private let costs = NIOLockedValueBox<[Int]>([])

    /// The costs of all hashes that were tried, in their order where one thread tries them.
    var tried: [Int] { costs.withLockedValue { $0 } }

    /// `toml` is the section `[web]`; `FOLDER` in it stands for the folder.
    init(
        _ toml: String, files: [String: String] = [:], threads: Int = 1,
        verify: @escaping PasswordVerifier = Bcrypt.verify
    ) throws {
        folder = try TemporaryFolder()
        for (name, text) in files { _ = try folder.write(text, to: name) }
        hashing = NIOThreadPool(numberOfThreads: threads)
        hashing.start()
        let costs = costs
        access = try AccessControl(
            try Self.configuration(toml, folder),
            parts: .init(
                hashing: hashing, threads: .singleton, registry: registry, logger: log.logger, time: time.source,
                verify: { password, hash in
                    costs.withLockedValue { $0.append(hash.cost) }
                    return verify(password, hash)
                }))
    }

    deinit { try? hashing.syncShutdownGracefully() }

    struct BadConfiguration: Error { var problems: [ConfigurationProblem] }

    static func configuration(_ toml: String, _ folder: TemporaryFolder) throws -> AccessControl.Configuration {
        let problems = ConfigurationProblems()
        let text = toml.replacing("FOLDER", with: folder.path)
        let section = ConfigurationSection("web", try TOMLFile(text).values, problems)
        let configuration = AccessControl.Configuration(reading: section)
        section.finish()
        guard problems.all.isEmpty else { throw BadConfiguration(problems: problems.all) }
        return configuration
    }

    func reload(_ toml: String) throws {
        access.apply(try access.prepare(try Self.configuration(toml, folder)))
    }

    /// As the window would ask; a status of `nil` lets in.
    func ask(
        _ right: HTTPRight = .scrape, _ authorization: String? = nil, method: HTTPMethod = .GET,
        headers: [(String, String)] = [], peer: String = "192.0.2.1"
    ) async throws -> HTTPResponse? {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        var all = HTTPHeaders(headers)
        if let authorization { all.add(name: "Authorization", value: authorization) }
        var request = HTTPRequest(method: method, uri: "/metrics", headers: all)
        request.peer = peer
        if let refusal = access.limit() { return refusal }
        switch access.gate(request, right, loop) {
        case .admitted: return nil
        case .refused(let response): return response
        case .later(let future): return try await future.get()
        }
    }

    func status(_ right: HTTPRight = .scrape, _ authorization: String? = nil) async throws -> UInt? {
        try await ask(right, authorization)?.status.code
    }

    func count(_ outcome: AccessOutcome) -> Int? {
        registry.value("exporter_proxy_auth_requests_total{outcome=\"\(outcome.rawValue)\"}")
    }
}

extension HTTPResponse {
    var text: String { body.map { String(buffer: $0) }.joined() }
    func values(_ name: String) -> [String] { headers.filter { $0.name == name }.map(\.value) }
}
