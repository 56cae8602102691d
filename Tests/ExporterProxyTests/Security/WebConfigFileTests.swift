import Testing

@testable import ExporterProxy

private func read(_ text: String, path: String = "/etc/w/web.yml") throws -> WebConfigFile {
    try WebConfigFile(Array(text.utf8), path: path)
}

private let tlsHead = "tls_server_config:\n  cert_file: s.crt\n  key_file: /k/s.key\n"

@Test func anEmptyFile_AsksForNothing() throws {
    for text in ["", "# nothing\n", "---\n", "{}", "tls_server_config:\nbasic_auth_users: {}\nrate_limit:\n"] {
        let file = try read(text)
        #expect(file.tls == nil && file.users.isEmpty && file.headers.isEmpty && file.rateLimit == nil)
        #expect(file.notes.isEmpty)
    }
}

@Test func aWholeFile_IsRead() throws {
    let file = try read(
        """
        tls_server_config:
          cert_file: s.crt
          key_file: /k/s.key
          client_auth_type: RequireAndVerifyClientCert
          client_ca_file: sub/ca.pem
          min_version: TLS12
          max_version: TLS13
          cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
          prefer_server_cipher_suites: false
          curve_preferences:
            - X25519
            - CurveP256
        http_server_config:
          http2: false
          headers:
            X-Frame-Options: deny
            Content-Security-Policy: "default-src 'none'"
            X-XSS-Protection: ""
        basic_auth_users:
          alice: \(Hashes.secret)
          bob: '\(Hashes.other)'
        rate_limit:
          interval: 250ms
          burst: 20
        """)
    let tls = try #require(file.tls)
    #expect(tls.certificate == .file("/etc/w/s.crt") && tls.key == .file("/k/s.key"))
    #expect(tls.clientAuth == .requireAndVerify && tls.clientCA == .file("/etc/w/sub/ca.pem"))
    #expect(tls.versionMin == .tls12 && tls.versionMax == .tls13)
    #expect(tls.cipherSuites == [0xC02F, 0x1301] && tls.curves == [0x1D, 0x17])
    #expect(file.headers.map(\.name) == ["Content-Security-Policy", "X-Frame-Options"])
    #expect(file.headers.map(\.value) == ["default-src 'none'", "deny"])
    #expect(file.users.map(\.name) == ["alice", "bob"])
    #expect(file.users.map(\.hash.text) == [Hashes.secret, Hashes.other])
    #expect(file.rateLimit == RateLimit.Configuration(interval: .milliseconds(250), burst: 20))
    #expect(file.notes.isEmpty)
}

@Test func certificates_CanStandInTheFile_AndPathsAreFromItsFolder() throws {
    let file = try read("tls_server_config:\n  cert: |\n    C\n  key: |\n    K\n", path: "web.yml")
    #expect(file.tls?.certificate == .text("C\n") && file.tls?.key == .text("K\n"))
    #expect(try read(tlsHead, path: "web.yml").tls?.certificate == .file("s.crt"))
    #expect(try read(tlsHead, path: "a/web.yml").tls?.certificate == .file("a/s.crt"))
    #expect(try read("tls_server_config:\n  min_version: TLS13\n").tls == nil)
}

@Test(
    arguments: [
        ("NoClientCert", .none), ("RequestClientCert", .request), ("RequireAnyClientCert", .requireAny),
        ("RequireClientCert", .requireAny),
    ] as [(String, WebConfigTLS.ClientAuth)])
func clientAuth_IsThatOfTheFile(word: String, auth: WebConfigTLS.ClientAuth) throws {
    #expect(try read(tlsHead + "  client_auth_type: \(word)\n").tls?.clientAuth == auth)
}

@Test func anEmptyClientAuthType_IsNone() throws {
    #expect(try read(tlsHead + "  client_auth_type: \"\"\n").tls?.clientAuth == WebConfigTLS.ClientAuth.none)
    let empty = "tls_server_config:\n  cert_file: \"\"\n  key_file: \"\"\n  client_auth_type: \"\"\n"
    #expect(try read(empty).tls == nil)
}

@Test func anOldVersionOfTLS_IsNotSpoken() throws {
    let file = try read(tlsHead + "  min_version: TLS10\n")
    #expect(file.tls?.versionMin == .tls12)
    #expect(file.notes == ["/etc/w/web.yml:4: tls_server_config.min_version: TLS 1.2 is the least that is spoken"])
}

@Test(arguments: [
    ("a", 1, "the file: expected a mapping, found 'a'"), ("a: 1\n", 1, "a: unknown key"),
    ("tls_server_confg:\n", 1, "tls_server_confg: unknown key, did you mean 'tls_server_config'?"),
    ("tls_server_config: x\n", 1, "tls_server_config: expected a mapping, found 'x'"),
    ("tls_server_config:\n  cert_fil: x\n", 2, "tls_server_config.cert_fil: unknown key, did you mean 'cert_file'?"),
    ("tls_server_config:\n  key_file: x\n", 2, "tls_server_config.cert_file: is missing"),
    ("tls_server_config:\n  cert_file: x\n", 2, "tls_server_config.key_file: is missing"),
    (
        "tls_server_config:\n  min_version: [x]\n", 2,
        "tls_server_config.min_version: expected text, found a list"
    ),
    (tlsHead + "  cert: x\n", 4, "tls_server_config.cert: cert_file is set as well: only one can hold"),
    (tlsHead + "  client_auth_type: Maybe\n", 4, "tls_server_config.client_auth_type: expected NoClientCert or"),
    (tlsHead + "  client_ca_file: x\n", 2, "tls_server_config.client_auth_type: is missing"),
    (tlsHead + "  client_auth_type: RequireAndVerifyClientCert\n", 2, "tls_server_config.client_ca_file: is missing"),
    (tlsHead + "  client_allowed_sans: [a]\n", 4, "tls_server_config.client_allowed_sans: the names of client"),
    (tlsHead + "  min_version: TLS111\n", 4, "tls_server_config.min_version: expected TLS12 or TLS13"),
    (tlsHead + "  max_version: TLS11\n", 4, "tls_server_config.max_version: expected TLS12 or TLS13"),
    (tlsHead + "  min_version: TLS13\n  max_version: TLS12\n", 5, "tls_server_config.max_version: is below"),
    (tlsHead + "  cipher_suites: [TLS_NO]\n", 4, "tls_server_config.cipher_suites: 'TLS_NO' is not known"),
    (tlsHead + "  curve_preferences: [CurveP1]\n", 4, "tls_server_config.curve_preferences: 'CurveP1' is not known"),
    ("http_server_config:\n  http2: 2\n", 2, "http_server_config.http2: expected true or false, found '2'"),
    ("http_server_config:\n  headers:\n    X-Other: a\n", 3, "http_server_config.headers.X-Other: unknown key"),
    (
        "http_server_config:\n  headers:\n    X-Frame-Options: no\n", 3,
        "http_server_config.headers.X-Frame-Options: expected deny or sameorigin"
    ),
    (
        "http_server_config:\n  headers:\n    X-XSS-Protection: \"a\\r\\nb\"\n", 3,
        "http_server_config.headers.X-XSS-Protection: a header value has no control characters"
    ),
    ("basic_auth_users:\n  a: secret\n", 2, "basic_auth_users.a: expected a bcrypt hash"),
    ("basic_auth_users:\n  a: [x]\n", 2, "basic_auth_users.a: expected a bcrypt hash, found a list"),
    ("basic_auth_users:\n  a:\n", 2, "basic_auth_users.a: expected a bcrypt hash, found nothing"),
    ("basic_auth_users:\n  'a:b': \(Hashes.secret)\n", 2, "basic_auth_users.a:b: expected a user name"),
    ("basic_auth_users:\n  a: \(Hashes.secret)\n  a: \(Hashes.secret)\n", 3, "the key 'a' comes twice"),
    ("rate_limit:\n  interval: 1s\n", 2, "rate_limit.burst: expected an integer from 1 to 1000000"),
    ("rate_limit:\n  interval: 1s\n  burst: 0\n", 3, "rate_limit.burst: expected an integer from 1 to 1000000"),
    ("rate_limit:\n  interval: 5\n  burst: 1\n", 2, "rate_limit.interval: expected a duration of 1ms to 1h"),
    ("rate_limit:\n  interval: 0.4ms\n  burst: 1\n", 2, "rate_limit.interval: expected a duration of 1ms to 1h"),
    ("rate_limit:\n  interval: 2h\n  burst: 1\n", 2, "rate_limit.interval: expected a duration of 1ms to 1h"),
    ("x: *a\n", 1, "aliases are not read"),
])
func aProblemOfTheFile_IsSaidWithItsLineAndKey(text: String, line: Int, problem: String) throws {
    let error = try #require(throws: AccessProblems.self) { try read(text) }
    #expect(error.lines.count == 1 && error.lines[0].hasPrefix("/etc/w/web.yml:\(line): \(problem)"), "\(error.lines)")
}

@Test func aRateLimitOfNoInterval_IsNone() throws {
    #expect(try read("rate_limit:\n  interval: 0\n  burst: 5\n").rateLimit == nil)
    #expect(try read("rate_limit:\n  burst: 5\n").rateLimit == nil)
}
