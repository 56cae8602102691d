import Testing

@testable import ExporterProxy

private func read(_ text: String) throws -> (HTTPServer.TLS.Configuration?, [ConfigurationProblem]) {
    let problems = ConfigurationProblems()
    let section = ConfigurationSection("web.tls", try TOMLFile(text).values, problems)
    return (HTTPServer.TLS.Configuration(reading: section), problems.all)
}

private let pair = "cert_file = 'c'\nkey_file = 'k'\n"

@Test(
    arguments: [
        ("", nil), (pair, .init(certFile: "c", keyFile: "k")),
        (pair + "min_version = '1.3'", .init(certFile: "c", keyFile: "k", minVersion: .tls13)),
        (pair + "client_auth = 'request'", .init(certFile: "c", keyFile: "k", clientAuth: .request)),
        (pair + "client_ca_file = 'a'", .init(certFile: "c", keyFile: "k", clientCAFile: "a", clientAuth: .require)),
        (
            pair + "client_ca_file = 'a'\nclient_auth = 'verify_if_given'",
            .init(certFile: "c", keyFile: "k", clientCAFile: "a", clientAuth: .verifyIfGiven)
        ),
    ] as [(String, HTTPServer.TLS.Configuration?)])
func tlsConfiguration_IsRead(text: String, expected: HTTPServer.TLS.Configuration?) throws {
    let (configuration, problems) = try read(text)
    #expect(configuration == expected && problems.isEmpty)
}

@Test(arguments: [
    ("cert_file = 'c'", "key_file", "expected the path of a PEM file, found nothing"),
    ("key_file = 'k'", "cert_file", "expected the path of a PEM file, found nothing"),
    ("cert_file = 'c'\nkey_file = 1", "key_file", "expected the path of a PEM file, found 1"),
    (pair + "client_auth = 'require'", "client_auth", "\"require\" needs client_ca_file"),
    (pair + "client_auth = 'verify_if_given'", "client_auth", "\"verify_if_given\" needs client_ca_file"),
    (
        pair + "client_auth = 'none'\nclient_ca_file = 'a'", "client_ca_file",
        "nobody is asked for a certificate with client_auth = \"none\""
    ),
    (pair + "min_version = '1.1'", "min_version", "expected \"1.2\" or \"1.3\", found \"1.1\""),
    (pair + "cert_fill = 'x'", "cert_fill", "unknown key, did you mean 'cert_file'?"),
])
func tlsConfiguration_HasItsProblems(text: String, key: String, reason: String) throws {
    #expect(try read(text).1 == [ConfigurationProblem("web.tls.\(key)", reason)])
}

/// What was meant to be secure is not served in the open.
@Test func tlsConfiguration_WithoutItsFiles_IsAProblem() throws {
    #expect(try read("min_version = '1.3'").1.map(\.keyPath) == ["web.tls.cert_file", "web.tls.key_file"])
}
