import Foundation

@testable import ExporterProxy

/// Certificates that `openssl` makes, in a folder of their own.
final class Certificates: Sendable {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func path(_ name: String) -> String { folder.file(name) }

    /// `<name>.pem` and `<name>.key`, issued by `issuer` or by itself, for `place`.
    func make(_ name: String, by issuer: String? = nil, for place: String = "IP:127.0.0.1") throws {
        try run(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj",
            "/CN=\(name)", "-addext", "subjectAltName=\(place)", "-keyout", path("\(name).key"), "-out",
            path("\(name).pem"),
            more: issuer.map { ["-CA", path("\($0).pem"), "-CAkey", path("\($0).key")] } ?? [])
    }

    /// `<name>.locked`: the key of `name` under a passphrase.
    func lock(_ name: String) throws {
        try run(
            "pkcs8", "-topk8", "-in", path("\(name).key"), "-passout", "pass:secret", "-out", path("\(name).locked"))
    }

    /// Puts the pair `name` in the place of `target`, one file after the other, as a renewal does.
    func install(_ name: String, as target: String) throws {
        for suffix in ["key", "pem"] {
            let bytes = try SmallFile.read(path("\(name).\(suffix)"))
            let next = try folder.write(bytes, to: "\(target).next")
            guard rename(next, path("\(target).\(suffix)")) == 0 else { throw SystemError("rename \(next)") }
        }
    }

    func configuration(
        _ name: String, issuer: String? = nil, _ clientAuth: HTTPServer.TLS.Configuration.ClientAuth? = nil,
        _ minVersion: HTTPServer.TLS.Configuration.MinVersion = .tls12
    ) -> HTTPServer.TLS.Configuration {
        .init(
            certFile: path("\(name).pem"), keyFile: path("\(name).key"),
            clientCAFile: issuer.map { path("\($0).pem") }, clientAuth: clientAuth, minVersion: minVersion)
    }

    struct Failure: Error {
        var output: String
    }

    private func run(_ arguments: String..., more: [String] = []) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments + more
        let output = Pipe()
        process.standardError = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(output: String(decoding: text, as: UTF8.self)) }
    }
}
