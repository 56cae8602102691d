import ArgumentParser
import AsyncHTTPClient

/// A proxy that runs, as commands ask it.
struct RunningProxy {
    private static let bytesMax = 64 * 1024 * 1024

    private let url: String
    private let client: HTTPClient

    /// - Parameter url: where it is; else where the configuration says. Throws `ExitCode`, and says why.
    init(_ options: ConfigurationOptions, url: String?) throws {
        if let url {
            (self.url, client) = (url.hasSuffix("/") ? String(url.dropLast()) : url, .shared)
            return
        }
        do throws(ConfigurationFailure) {
            let configuration = try options.load().configuration
            let isSecure = configuration.web.tls != nil
            self.url = Self.url(of: configuration.exporter.http.address, isSecure: isSecure)
            client = isSecure ? Self.trusting : .shared
        } catch {
            Failure.say(error.description)
            throw ExitCode(ConfigurationFailure.exitStatus)
        }
    }

    /// What is answered at `path`. Throws `ExitCode`, and says why, where that is not 200.
    func text(_ path: String) async throws -> String {
        let address = url + path
        do {
            let response = try await client.execute(HTTPClientRequest(url: address), timeout: .seconds(10))
            let body = String(buffer: try await response.body.collect(upTo: Self.bytesMax))
            guard response.status == .ok else {
                Failure.say("\(address) answered \(response.status.code): \(body)")
                throw ExitCode.failure
            }
            return body
        } catch let code as ExitCode {
            throw code
        } catch {
            Failure.say("cannot get \(address): \(error)")
            throw ExitCode.failure
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
