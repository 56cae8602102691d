import Foundation
import Glibc
import NIOPosix
import NIOSSL
import Testing

@testable import ExporterProxy

private typealias ClientAuth = HTTPServer.TLS.Configuration.ClientAuth
private typealias MinVersion = HTTPServer.TLS.Configuration.MinVersion

private let ask = "GET /now/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

/// Whether somebody who connects so is answered.
private func isAnswered(_ house: HTTPHouse, _ change: (inout TLSConfiguration) -> Void = { _ in }) throws -> Bool {
    let client = try TLSClient(port: house.port, change)
    client.send(ask)
    return client.textToEnd().hasSuffix("\r\n\r\nnow a\n")
}

/// A server with the certificate `a`.
private func withTLS(
    _ configuration: HTTPServer.Configuration = .init(),
    _ body: @escaping @Sendable (HTTPHouse, Certificates) throws -> Void
) async throws {
    let certificates = try Certificates()
    try certificates.make("a")
    try await withHTTP(configuration, tls: certificates.configuration("a")) { try body($0, certificates) }
}

private func failures(_ house: HTTPHouse, _ reason: String) -> Int? {
    house.registry.value("exporter_proxy_tls_handshake_failures_total{reason=\"\(reason)\"}")
}

// MARK: Speaking

@Test func overTLS_RequestsAreAnswered_OneAfterTheOther() async throws {
    try await withTLS { house, _ in
        let client = try TLSClient(port: house.port)
        let body = String(repeating: "x", count: 100_000)
        client.send("GET /now/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /soon HTTP/1.1\r\nHost: h\r\n\r\n")
        client.send("PUT /take/2 HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + body + ask)
        let text = client.textToEnd()
        let bodies = ["now 1\n", "soon\n", "2 from 127.0.0.1: 100000 bytes, sum 12000000\n", "now a\n"]
        #expect(bodies.allSatisfy { text.contains($0) } && text.hasSuffix("now a\n"))
        #expect(client.serverName == "a")
        #expect(house.count("connections_total") == 1)
    }
}

@Test func overTLS_ALargeAnswer_ComesWhole() async throws {
    try await withTLS { house, _ in
        let client = try TLSClient(port: house.port)
        client.send("GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        let text = client.textToEnd()
        #expect(text.utf8.count > HTTPHouse.largeBytes && text.hasSuffix("aend\n"))
    }
}

@Test func overTLS_ABrokenRequest_IsRefused_AndTheConnectionCloses() async throws {
    try await withTLS { house, _ in
        let client = try TLSClient(port: house.port)
        client.send("garbage\r\n\r\n" + ask)
        let text = client.textToEnd()
        #expect(text.hasPrefix("HTTP/1.1 400 ") && text.ranges(of: "\r\nDate: ").count == 1)
    }
}

@Test(
    arguments: [
        (.tls12, .tlsv11, false), (.tls12, .tlsv12, true), (.tls12, .tlsv13, true), (.tls13, .tlsv12, false),
        (.tls13, .tlsv13, true),
    ] as [(HTTPServer.TLS.Configuration.MinVersion, TLSVersion, Bool)])
func oldVersions_AreRefused(least: HTTPServer.TLS.Configuration.MinVersion, version: TLSVersion, isTaken: Bool)
    async throws
{
    let certificates = try Certificates()
    try certificates.make("a")
    try await withHTTP(tls: certificates.configuration("a", nil, least)) { house in
        let answered = try isAnswered(house) {
            $0.minimumTLSVersion = version
            $0.maximumTLSVersion = version
        }
        #expect(answered == isTaken)
        #expect(failures(house, "handshake") == (isTaken ? 0 : 1))
    }
}

@Test(
    arguments: [
        (.none, [true, true, true]), (.request, [true, true, true]), (.verifyIfGiven, [true, true, false]),
        (.require, [false, true, false]),
    ] as [(HTTPServer.TLS.Configuration.ClientAuth, [Bool])])
func clients_ShowTheirCertificates(mode: HTTPServer.TLS.Configuration.ClientAuth, answered: [Bool]) async throws {
    let certificates = try Certificates()
    for name in ["a", "issuer", "stranger"] { try certificates.make(name) }
    try certificates.make("friend", by: "issuer")
    try await withHTTP(tls: certificates.configuration("a", issuer: "issuer", mode)) { house in
        for version in [TLSVersion.tlsv12, .tlsv13] {
            let results = try [nil, "friend", "stranger"].map { name in
                try isAnswered(house) { configuration in
                    configuration.maximumTLSVersion = version
                    guard let name else { return }
                    configuration.certificateChain =
                        (try? NIOSSLCertificate.fromPEMFile(certificates.path("\(name).pem")))?
                        .map { .certificate($0) } ?? []
                    configuration.privateKey =
                        (try? NIOSSLPrivateKey(file: certificates.path("\(name).key"), format: .pem))
                        .map { .privateKey($0) }
                }
            }
            #expect(results == answered)
        }
    }
}

// MARK: Trouble

@Test func whoSpeaksPlainHTTP_IsToldSo() async throws {
    try await withTLS { house, _ in
        let text = try house.exchange(ask)
        #expect(text?.hasPrefix("HTTP/1.1 400 Bad Request\r\n") == true)
        #expect(
            text?.hasSuffix("\r\nContent-Length: 37\r\nConnection: close\r\n\r\n400 this port speaks HTTPS, not HTTP\n")
                == true)
        #expect(try house.exchange("{\"a\": \"b 1\"}") == "")
        #expect(failures(house, "not_tls") == 2 && failures(house, "handshake") == 0)
        wait(until: "all connections are closed") { house.count("connections") == 0 }
        #expect(try isAnswered(house))
    }
}

@Test func aHandshakeThatStalls_IsClosed() async throws {
    try await withTLS(httpConfigured { $0.headerTimeout = .milliseconds(200) }) { house, _ in
        let silent = try house.connect()
        let stalled = try (0..<50).map { _ in
            let socket = try house.connect()
            try socket.send([0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC])
            return socket
        }
        #expect(silent.readToEnd() == [])
        for socket in stalled { #expect(socket.readToEnd() != nil) }
        wait(until: "all connections are closed") { house.count("connections") == 0 }
        #expect(failures(house, "handshake") == 50)
        let hasty = try house.connect()
        try hasty.send([0x16, 3, 1, 2, 0] + [UInt8](repeating: 0xFF, count: 512))
        #expect(hasty.readToEnd()?.isEmpty == false)
        #expect(failures(house, "handshake") == 51)
        #expect(try isAnswered(house))
    }
}

@Test func aClientThatLeavesBeforeItsAnswer_HarmsNobody() async throws {
    try await withTLS { house, _ in
        let gone = try TLSClient(port: house.port)
        gone.send("GET /later/1 HTTP/1.1\r\nHost: h\r\n\r\n")
        wait(until: "the request has come") { house.promises.count == 1 }
        gone.close()
        _ = gone.textToEnd()
        house.promises.succeedFirst("later 1\n")
        wait(until: "all connections are closed") { house.count("connections") == 0 }
        #expect(failures(house, "handshake") == 0)
    }
}

@Test func connectionsOverTLS_EndWhenTheServerStops() async throws {
    let certificates = try Certificates()
    try certificates.make("a")
    let house = try await HTTPHouse(HTTPServer.Configuration(), tls: certificates.configuration("a"))
    let (idle, busy) = try await withRunning(house.server) {
        try await onOwnThread {
            let (idle, busy) = try (TLSClient(port: house.port), TLSClient(port: house.port))
            idle.send("GET /now/a HTTP/1.1\r\nHost: h\r\n\r\n")
            busy.send("GET /later/1 HTTP/1.1\r\nHost: h\r\n\r\n")
            wait(until: "both are there") { house.promises.count == 1 && idle.text.hasSuffix("now a\n") }
            Thread.detachNewThread {
                _ = idle.textToEnd()
                house.promises.succeedFirst("later 1\n")
            }
            return (idle, busy)
        }
    }
    #expect(idle.textToEnd().hasSuffix("now a\n") && busy.textToEnd().hasSuffix("later 1\n"))
}

// MARK: Certificates

@Test func aCertificateThatCannotBeUsed_IsSaidInOneSentence() async throws {
    let certificates = try Certificates()
    for name in ["a", "b"] { try certificates.make(name) }
    try certificates.lock("a")
    _ = try certificates.folder.write("nonsense\n", to: "bad")
    let (path, good) = (certificates.path, certificates.configuration("a"))
    func changed(_ change: (inout HTTPServer.TLS.Configuration) -> Void) -> HTTPServer.TLS.Configuration {
        var changed = good
        change(&changed)
        return changed
    }
    let cases = [
        (
            changed { $0.certFile = path("none") },
            "cannot read \(path("none")): No such file or directory (web.tls.cert_file)"
        ),
        (changed { $0.certFile = path("bad") }, "\(path("bad")) (web.tls.cert_file) does not hold certificates in PEM"),
        (
            changed { $0.keyFile = path("none") },
            "cannot read \(path("none")): No such file or directory (web.tls.key_file)"
        ),
        (
            changed { $0.keyFile = path("bad") },
            "\(path("bad")) (web.tls.key_file) does not hold a private key in PEM without a passphrase"
        ),
        (
            changed { $0.keyFile = path("a.locked") },
            "\(path("a.locked")) (web.tls.key_file) does not hold a private key in PEM without a passphrase"
        ),
        (changed { $0.keyFile = path("b.key") }, "the key in \(path("b.key")) is not that of \(path("a.pem"))"),
        (
            changed { $0.clientCAFile = path("bad") },
            "\(path("bad")) (web.tls.client_ca_file) does not hold certificates in PEM"
        ),
    ]
    let house = try await HTTPHouse(HTTPServer.Configuration(), tls: good)
    try await withRunning(house.server) {
        for (configuration, sentence) in cases {
            #expect(throws: TLSFailure(sentence)) { try configuration.check() }
            #expect(throws: TLSFailure(sentence)) { try house.server.prepare(.init(), tls: configuration) }
            await #expect(throws: TLSFailure(sentence)) { try await HTTPHouse(.init(), tls: configuration) }
        }
        try good.check()
    }
}

@Test func aNewCertificate_IsTaken_AndABadOneIsNot() async throws {
    let certificates = try Certificates()
    for name in ["one", "two"] { try certificates.make(name) }
    try certificates.install("one", as: "a")
    try await withHTTP(tls: certificates.configuration("a")) { house in
        func name() throws -> String? {
            let client = try TLSClient(port: house.port)
            client.send(ask)
            #expect(client.textToEnd().hasSuffix("now a\n"))
            return client.serverName
        }
        let old = try TLSClient(port: house.port)
        old.send("GET /now/1 HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try name() == "one")
        #expect((house.registry.value("exporter_proxy_tls_certificate_expiry_timestamp_seconds") ?? 0) > 1_700_000_000)
        try certificates.install("two", as: "a")
        // Files are looked at once a second at most.
        #expect(try name() == "one")
        house.time.advance(by: .seconds(1))
        #expect(try name() == "two")
        // A key of another certificate, half a file, and nothing at all.
        for bytes in try [SmallFile.read(certificates.path("one.key")), [0x2D], nil] {
            if let bytes {
                _ = try certificates.folder.write(bytes, to: "a.key")
            } else {
                try FileManager.default.removeItem(atPath: certificates.path("a.key"))
            }
            for _ in 0..<3 {
                house.time.advance(by: .seconds(2))
                #expect(try name() == "two")
            }
        }
        #expect(house.registry.value("exporter_proxy_tls_reload_failures_total") == 3)
        try certificates.install("one", as: "a")
        house.time.advance(by: .seconds(1))
        #expect(try name() == "one")
        old.send(ask)
        #expect(old.textToEnd().hasSuffix("now a\n") && old.serverName == "one")
    }
}

@Test func certificatesChange_WhileManyConnect_AndNobodyNotices() async throws {
    let certificates = try Certificates()
    for name in ["one", "two"] { try certificates.make(name) }
    try certificates.install("one", as: "a")
    try await withHTTP(tls: certificates.configuration("a")) { house in
        let group = DispatchGroup()
        for _ in 0..<4 {
            DispatchQueue.global().async(group: group) {
                for _ in 0..<25 {
                    house.time.advance(by: .milliseconds(500))
                    #expect((try? isAnswered(house)) == true)
                }
            }
        }
        for round in 0..<20 {
            try certificates.install(round % 2 == 0 ? "two" : "one", as: "a")
            house.time.advance(by: .milliseconds(500))
            #expect(try isAnswered(house))
        }
        group.wait()
        #expect(failures(house, "handshake") == 0)
    }
}

// MARK: Reloading

@Test func tls_ComesAndGoes_WithTheConfiguration() async throws {
    try await withHTTP { house in
        let certificates = try Certificates()
        try certificates.make("a")
        let same = httpConfigured { $0.address = HostPort(host: "127.0.0.1", port: 0) }
        let plain = try house.connect()
        try plain.send("GET /now/1 HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(HTTPWireResponse(from: plain)?.body == "now 1\n")
        house.server.apply(try house.server.prepare(same, tls: certificates.configuration("a")))
        #expect(try isAnswered(house))
        #expect(try house.exchange(ask)?.hasPrefix("HTTP/1.1 400 ") == true)
        // Who was there before goes on as he began.
        try plain.send(ask)
        #expect(plain.textToEnd()?.hasSuffix("now a\n") == true)
        house.server.apply(try house.server.prepare(same))
        #expect(try house.exchange(ask)?.hasSuffix("now a\n") == true)
        #expect(house.registry.value("exporter_proxy_tls_certificate_expiry_timestamp_seconds") == nil)
    }
}

/// Otherwise who comes early is let in under the rules of the old configuration.
@Test func aPreparedListener_AcceptsNobody_BeforeItHolds() async throws {
    try await withHTTP { house in
        let certificates = try Certificates()
        try certificates.make("a")
        let address = HostPort(host: "127.0.0.2", port: house.port)
        let change = try house.server.prepare(
            httpConfigured { $0.address = address }, tls: certificates.configuration("a"))
        let early = try ClientSocket.connect(to: address)
        try ClientSocket.sendAll([UInt8](ask.utf8), over: early)
        #expect(try house.exchange(ask)?.hasSuffix("now a\n") == true)
        #expect(house.count("connections_total") == 1)
        house.server.apply(change)
        wait(until: "the early one is sent away") { failures(house, "not_tls") == 1 }
        #expect(house.answers("/now/*", 200) == 1)
    }
}
