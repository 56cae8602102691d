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
        let base = try url ?? configuredURL()
        let address = (base.hasSuffix("/") ? String(base.dropLast()) : base) + (json ? "/apps?format=json" : "/apps")
        do {
            let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: address), timeout: .seconds(10))
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

    private func configuredURL() throws -> String {
        do throws(ConfigurationFailure) {
            return Self.url(of: try options.load().configuration.exporter.http.address)
        } catch {
            Failure.say(error.description)
            throw ExitCode(ConfigurationFailure.exitStatus)
        }
    }

    /// A proxy that serves every address serves this machine's own.
    private static func url(of address: HostPort) -> String {
        let host = ["0.0.0.0": "127.0.0.1", "::": "::1"][address.host] ?? address.host
        return "http://\(HostPort(host: host, port: address.port))"
    }
}
