import ArgumentParser
import AsyncHTTPClient

struct AppsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apps", abstract: "Print the table of sources of a running proxy.")

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "The proxy's URL; else that of the configuration.")
    var url: String?

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    private static let bytesMax = 64 * 1024 * 1024

    func run() async throws {
        let (base, client) = try proxy()
        let address = (base.hasSuffix("/") ? String(base.dropLast()) : base) + (json ? "/apps?format=json" : "/apps")
        do {
            let response = try await client.execute(HTTPClientRequest(url: address), timeout: .seconds(10))
            let body = String(buffer: try await response.body.collect(upTo: Self.bytesMax))
            guard response.status == .ok else {
                Failure.say("\(address) answered \(response.status.code): \(body)")
                throw ExitCode.failure
            }
            print(body, terminator: "")
        } catch let code as ExitCode {
            throw code
        } catch {
            Failure.say("cannot get \(address): \(error)")
            throw ExitCode.failure
        }
    }

    /// Where it is, and what to ask it with.
    private func proxy() throws -> (url: String, client: HTTPClient) {
        if let url { return (url, .shared) }
        do throws(ConfigurationFailure) {
            let configuration = try options.load().configuration
            let isSecure = configuration.web.tls != nil
            let url = Self.url(of: configuration.exporter.http.address, isSecure: isSecure)
            return (url, isSecure ? Self.trusting : .shared)
        } catch {
            Failure.say(error.description)
            throw ExitCode(ConfigurationFailure.exitStatus)
        }
    }

    /// Our own proxy is asked by its address, which its certificate need not name; nothing secret is said to it.
    private static let trusting = HTTPClient(
        eventLoopGroupProvider: .singleton, configuration: HTTPClient.Configuration(certificateVerification: .none))

    /// A proxy that serves every address serves this machine's own.
    private static func url(of address: HostPort, isSecure: Bool) -> String {
        let host = ["0.0.0.0": "127.0.0.1", "::": "::1"][address.host] ?? address.host
        return "\(isSecure ? "https" : "http")://\(HostPort(host: host, port: address.port))"
    }
}
