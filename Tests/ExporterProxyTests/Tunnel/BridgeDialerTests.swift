import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import ExporterProxy

private func certificates() throws -> Certificates {
    let certificates = try Certificates()
    try certificates.make("a")
    return certificates
}

/// Says so much into a stream, and hears it again.
private func echo(_ dialer: BridgeDialer, _ house: DoorHouse, count: Int) throws -> UpgradedStream {
    let stream = try #require(try dialer.outcome()?.get())
    let end = StreamEnd()
    end.begin(stream)
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    stream.write(bytes[...])
    wait(until: "it came back") { end.count == count }
    #expect(end.bytes == bytes && end.writtenBytes == count)
    stream.end()
    wait(until: "both are closed") { end.closed.count == 1 && house.end?.closed.count == 1 }
    #expect(end.hasEnded && house.end?.hasEnded == true)
    return stream
}

@Test func aStreamOverTLS_CarriesBytesBothWays() async throws {
    let certificates = try certificates()
    try await withDoor(tls: certificates.configuration("a")) { house in
        let dialer = try BridgeDialer.make(try house.url("https"), caFile: certificates.path("a.pem"))
        for count in [1, 100_000, 3_000_000] {
            #expect(try echo(dialer, house, count: count).peer == "127.0.0.1")
        }
        #expect(house.registry.value("exporter_proxy_http_requests_total{route=\"/-/tunnel\",code=\"101\"}") == 3)
    }
}

@Test func aStreamWithoutTLS_CarriesBytesBothWays() async throws {
    try await withDoor { house in
        _ = try echo(try BridgeDialer.make(try house.url("http")), house, count: 1_000_000)
    }
}

@Test(arguments: ["http", "https"])
func whatComesTogetherWithTheAnswer_IsNotLost(scheme: String) async throws {
    let certificates = try certificates()
    let tls = scheme == "https" ? certificates.configuration("a") : nil
    try await withDoor(tls: tls, .talkative(200_000)) { house in
        let dialer = try BridgeDialer.make(try house.url(scheme), caFile: certificates.path("a.pem"))
        let stream = try #require(try dialer.outcome()?.get())
        let end = StreamEnd()
        end.begin(stream)
        wait(until: "it is there") { end.count == 200_000 }
        stream.abort()
        wait(until: "it is closed") { end.closed == ["ended here"] && house.end?.closed.count == 1 }
    }
}

@Test(arguments: [
    (DoorHouse.Mood.closed, "answered 404: no bridge here"), (.busy, "answered 503: too many connections"),
])
func aBridgeThatTakesNoStream_IsQuoted(mood: DoorHouse.Mood, sentence: String) async throws {
    let certificates = try certificates()
    for tls in [nil, certificates.configuration("a")] {
        try await withDoor(tls: tls, mood) { house in
            let url = try house.url(tls == nil ? "http" : "https")
            let dialer = try BridgeDialer.make(url, caFile: certificates.path("a.pem"))
            #expect(dialer.failure() == "127.0.0.1:\(house.port) \(sentence)")
            wait(until: "it has gone") { house.registry.value("exporter_proxy_http_connections") == 0 }
        }
    }
}

@Test func aCertificateThatIsNotGood_IsSaidToBeWhatItIs() async throws {
    let certificates = try certificates()
    try certificates.make("b")
    try await withDoor(tls: certificates.configuration("a")) { house in
        let url = try house.url("https")
        let stranger = "shows a certificate of somebody who is not trusted"
        #expect(try BridgeDialer.make(url).failure() == "\(url.address) \(stranger)")
        let other = try BridgeDialer.make(url, caFile: certificates.path("b.pem"))
        #expect(other.failure() == "\(url.address) \(stranger)")
        let plain = try BridgeDialer.make(try house.url("http"))
        #expect(plain.failure() == "\(url.address) answered 400: this port speaks HTTPS, not HTTP")
    }
    try certificates.make("c", for: "DNS:other.example")
    try await withDoor(tls: certificates.configuration("c")) { house in
        for url in [try house.url("https"), try house.url("https", host: "localhost")] {
            let dialer = try BridgeDialer.make(url, caFile: certificates.path("c.pem"))
            #expect(dialer.failure() == "\(url.address) shows a certificate for another name")
        }
    }
    try await withDoor { house in
        let dialer = try BridgeDialer.make(try house.url("https"), caFile: certificates.path("a.pem"))
        #expect(dialer.failure() == "127.0.0.1:\(house.port) does not speak TLS")
    }
}

@Test func certificatesThatCannotBeRead_AreSaidAtOnce() throws {
    let certificates = try certificates()
    let url = try #require(BridgeURL("https://bridge.example"))
    let cases = [
        ("none.pem", "cannot read \(certificates.path("none.pem")): No such file or directory (tunnel.client.ca_file)"),
        ("a.key", "\(certificates.path("a.key")) (tunnel.client.ca_file) does not hold certificates in PEM"),
    ]
    for (file, sentence) in cases {
        #expect(throws: TLSFailure(sentence)) { try BridgeDialer.make(url, caFile: certificates.path(file)) }
    }
}

/// A listener, and what it does with who comes.
private func withListener(
    _ answer: @escaping @Sendable (any Channel) -> Void, _ body: @escaping @Sendable (Int) throws -> Void
) async throws {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer { channel in
            answer(channel)
            return channel.eventLoop.makeSucceededVoidFuture()
        }
        .bind(host: "127.0.0.1", port: 0).get()
    defer { listener.close(promise: nil) }
    try await onOwnThread { try body(listener.localAddress?.port ?? 0) }
}

@Test func whoDoesNotAnswer_IsGivenUp() async throws {
    try await withListener { _ in
    } _: { port in
        for scheme in ["http", "https"] {
            let url = try #require(BridgeURL("\(scheme)://127.0.0.1:\(port)"))
            let dialer = try BridgeDialer.make(url, patience: .milliseconds(200))
            #expect(dialer.failure() == "127.0.0.1:\(port) did not answer within 200ms")
        }
    }
}

@Test func whoEndsWithoutAnAnswer_IsSaidToHave() async throws {
    try await withListener { channel in
        channel.eventLoop.execute { channel.close(promise: nil) }
    } _: { port in
        let url = try #require(BridgeURL("http://127.0.0.1:\(port)"))
        let sentence = try #require(try BridgeDialer.make(url).failure())
        // The kernel tells of it in one way or the other.
        let ends = ["ended the connection without an answer", "lost the connection: "]
        #expect(ends.contains { sentence.hasPrefix("127.0.0.1:\(port) \($0)") }, "\(sentence)")
    }
}

@Test func whoCannotBeReached_IsNamed() async throws {
    let taken = try TakenPort()
    try await onOwnThread {
        let port = taken.port
        let refused = try #require(BridgeURL("https://127.0.0.1:\(port)"))
        #expect(try BridgeDialer.make(refused).failure() == "127.0.0.1:\(port) cannot be reached: Connection refused")
        let unknown = try #require(BridgeURL("https://no-such-host.invalid"))
        #expect(try BridgeDialer.make(unknown).failure() == "no-such-host.invalid:443 cannot be resolved")
    }
}

/// A port that nobody listens at, and nobody else gets meanwhile.
private struct TakenPort {
    private let socket: OwnedDescriptor
    let port: Int

    init() throws {
        socket = OwnedDescriptor(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let raw = socket.raw
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(raw, address, size) == 0 && getsockname(raw, address, &size) == 0
            }
        }
        guard result else { throw SystemError("bind a port") }
        port = Int(UInt16(bigEndian: address.sin_port))
    }
}

// MARK: The door

@Test func theDoor_NamesItsProtocolToWhoOnlyLooks() async throws {
    try await withDoor { house in
        let socket = try BlockingSocket(port: house.port)
        try socket.send("GET /-/tunnel HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        let text = try #require(socket.textToEnd())
        #expect(text.hasPrefix("HTTP/1.1 426 ") && text.contains("\r\nUpgrade: exporter-proxy-tunnel\r\n"))
        #expect(text.hasSuffix("\r\n\r\n426 only for who upgrades to exporter-proxy-tunnel, with HTTP/1.1\n"))
        #expect(house.end == nil)
    }
}
