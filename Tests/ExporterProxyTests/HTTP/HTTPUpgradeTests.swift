import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import ExporterProxy

private func ask(_ path: String = "/upgrade") -> String {
    "GET \(path) HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
}

/// A client whose request was answered with 101, and the other end.
private func upgraded(_ house: HTTPHouse, _ end: StreamEnd = StreamEnd()) throws -> (BlockingSocket, StreamEnd) {
    _ = house.upgrades.expect(end)
    let socket = try house.connect()
    try socket.send(ask())
    let response = try #require(HTTPWireResponse(from: socket, hasBody: false))
    #expect(response.status == "HTTP/1.1 101 Switching Protocols")
    wait(until: "the other end is there") { end.stream != nil }
    return (socket, end)
}

// MARK: Switching

@Test(arguments: ["/upgrade", "/upgradesoon"])
func anUpgrade_IsAnsweredAndThenBytesGoBothWays(path: String) async throws {
    try await withHTTP { house in
        let end = house.upgrades.expect()
        let socket = try house.connect()
        try socket.send(ask(path))
        let response = try #require(HTTPWireResponse(from: socket, hasBody: false))
        #expect(response.status == "HTTP/1.1 101 Switching Protocols")
        #expect(
            response.headers == [
                "connection": "Upgrade", "upgrade": "echo", "date": "Sat, 21 Nov 2026 02:55:35 GMT",
                "x-content-type-options": "nosniff",
            ])
        try socket.send("GET / HTTP/1.1\r\n\r\nhello")
        wait(until: "it is there") { end.text == "GET / HTTP/1.1\r\n\r\nhello" }
        end.write("wor")
        end.write("ld")
        #expect(socket.bytes(5) == Array("world".utf8))
        wait(until: "it has gone") { end.writtenBytes == 5 }
        #expect(end.stream?.peer == "127.0.0.1")
        #expect(house.answers(path, 101) == 1 && house.count("connections") == 1)
    }
}

@Test(arguments: [1, 7, 100, 70_000])
func bytesSentTogetherWithTheRequest_AreNotLost(pieceBytes: Int) async throws {
    let behind = (0..<60_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    try await withHTTP { house in
        for path in ["/upgrade", "/upgradesoon"] {
            let end = house.upgrades.expect()
            let socket = try house.connect()
            let all = Array("GET /now/a HTTP/1.1\r\nHost: h\r\n\r\n\(ask(path))".utf8) + behind
            // Small pieces for what is looked at by the byte.
            for start in stride(from: 0, to: 300, by: pieceBytes) {
                try socket.send(Array(all[start..<min(300, start + pieceBytes)]))
            }
            try socket.send(Array(all[300...]))
            #expect(HTTPWireResponse(from: socket)?.body == "now a\n")
            #expect(HTTPWireResponse(from: socket, hasBody: false)?.headers["upgrade"] == "echo")
            wait(until: "all is there") { end.count == behind.count }
            #expect(end.bytes == behind)
        }
    }
}

@Test(arguments: [
    ("GET /upgrade HTTP/1.1\r\nHost: h\r\n\r\n", 426),
    ("GET /upgrade HTTP/1.1\r\nHost: h\r\nUpgrade: echo\r\n\r\n", 426),
    ("GET /upgrade HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n\r\n", 426),
    ("GET /upgrade HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nUpgrade: echo\r\n\r\n", 426),
    ("GET /upgrade HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 426),
    ("GET /upgrade HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n", 426),
    ("HEAD /upgrade HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n", 426),
    ("POST /upgrade HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n", 405),
    ("GET /upgrade HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\nContent-Length: 3\r\n\r\nabc", 400),
    (
        "GET /upgrade HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "3\r\nabc\r\n0\r\n\r\n", 400
    ),
    ("GET /upgrade HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n", 400),
    ("GET /upgradX HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n", 404),
])
func aRequestThatCannotBeUpgraded_IsRefused_AndNothingIsSwitched(request: String, status: Int) async throws {
    try await withHTTP { house in
        let end = house.upgrades.expect()
        let socket = try house.connect()
        try socket.send(request)
        socket.endSending()
        let text = try #require(socket.textToEnd())
        #expect(text.hasPrefix("HTTP/1.1 \(status) "))
        #expect(text.contains("\r\nUpgrade: echo\r\n") == (status == 426))
        #expect(end.stream == nil && !end.hasNone)
    }
}

@Test(arguments: ["upgrade", "UPGRADE", "keep-alive, Upgrade", "Upgrade,keep-alive"])
func theWordUpgrade_StandsAnywhere_InAnyCase(connection: String) async throws {
    try await withHTTP { house in
        let end = house.upgrades.expect()
        let socket = try house.connect()
        try socket.send("GET /upgrade HTTP/1.1\r\nHost: h\r\nConnection: \(connection)\r\nUpgrade: a, ECHO\r\n\r\nxyz")
        #expect(HTTPWireResponse(from: socket, hasBody: false)?.headers["upgrade"] == "echo")
        wait(until: "all is there") { end.text == "xyz" }
    }
}

@Test func aClientThatLeavesBeforeItsAnswer_IsSaidToBeNone() async throws {
    try await withHTTP { house in
        let (gone, halfGone) = (house.upgrades.expect(), house.upgrades.expect())
        let socket = try house.connect()
        try socket.send(ask("/upgradelater"))
        wait(until: "the request has come") { house.promises.count == 1 }
        try socket.resetConnection()
        wait(until: "it has gone") { house.count("connections") == 0 }
        house.promises.succeedFirst("")
        wait(until: "it is told") { gone.hasNone }
        let other = try house.connect()
        try other.send(ask("/upgradelater"))
        other.endSending()
        wait(until: "the request has come") { house.promises.count == 1 }
        house.promises.succeedFirst("")
        wait(until: "it is told") { halfGone.hasNone }
        #expect(other.textToEnd()?.hasPrefix("HTTP/1.1 503 ") == true)
    }
}

// MARK: Bounds

@Test func timeoutsOfHTTP_HoldNoMore() async throws {
    let configuration = httpConfigured {
        $0.headerTimeout = .milliseconds(50)
        $0.idleTimeout = .milliseconds(50)
        $0.writeTimeout = .milliseconds(50)
    }
    try await withHTTP(configuration) { house in
        let (socket, end) = try upgraded(house)
        let begin = ContinuousClock.now
        wait(until: "the timeouts have passed") { ContinuousClock.now - begin > .milliseconds(300) }
        try socket.send("late")
        wait(until: "it is there") { end.text == "late" }
        #expect(house.count("timeouts_total") == 0)
    }
}

@Test func anUpgradedConnection_Counts_AndIsNotEvicted() async throws {
    try await withHTTP(httpConfigured { $0.connectionsMax = 1 }) { house in
        let (socket, end) = try upgraded(house)
        let other = try house.connect()
        #expect(other.readToEnd() == [])
        #expect(house.count("connections_evicted_total") == 1 && house.count("connections") == 1)
        try socket.send("still here")
        wait(until: "it is there") { end.text == "still here" }
        end.stream?.abort()
        wait(until: "it has gone") { house.count("connections") == 0 }
        #expect(end.closed == ["ended here"])
    }
}

@Test func streams_LeavePlacesToOthers() async throws {
    try await withHTTP(httpConfigured { $0.connectionsMax = 8 }) { house in
        let ends = try (0..<6).map { _ in try upgraded(house) }
        let late = house.upgrades.expect()
        let refused = try house.exchange(ask())
        #expect(refused?.hasPrefix("HTTP/1.1 503 ") == true)
        #expect(refused?.hasSuffix("\r\n\r\n503 as many streams as exporter.max_connections allows\n") == true)
        #expect(late.hasNone)
        ends[0].1.stream?.abort()
        wait(until: "one has gone") { house.count("connections") == 5 }
        _ = try upgraded(house)
    }
}

@Test func bytesThatTheOwnerHasNotDealtWith_AreBounded() async throws {
    try await withHTTP { house in
        let (socket, end) = try upgraded(house, StreamEnd(takes: false))
        socket.sendingTimeout(milliseconds: 300)
        let all = [UInt8](repeating: 7, count: 64 * 1024 * 1024)
        #expect(!socket.trySend(all))
        let held = end.count
        #expect(held >= UpgradedStream.unreadBytesMax && held <= UpgradedStream.unreadBytesMax + 64 * 1024)
        end.stream?.took(held)
        wait(until: "more has come") { end.count > held }
    }
}

@Test func whatIsNotToBeRead_StaysWhereItIs() async throws {
    try await withHTTP { house in
        let (socket, end) = try upgraded(house)
        try socket.send("a")
        wait(until: "it is there") { end.text == "a" }
        end.stream?.setReading(false)
        end.write("!")
        #expect(socket.bytes(1) == Array("!".utf8))
        // One read was on its way already.
        try socket.send("b")
        wait(until: "it is there") { end.text == "ab" }
        try socket.send("c")
        end.write("!")
        #expect(socket.bytes(1) == Array("!".utf8) && end.text == "ab")
        end.stream?.setReading(true)
        wait(until: "it is there") { end.text == "abc" }
    }
}

@Test func aClientThatReadsNothing_IsNotifiedOfByWhatHasGone_AndBounded() async throws {
    try await withHTTP { house in
        let (socket, end) = try upgraded(house)
        let piece = [UInt8](repeating: 7, count: 1024 * 1024)[...]
        for _ in 0..<4 { end.stream?.write(piece) }
        wait(until: "some of it has gone") { end.writtenBytes > 0 }
        #expect(end.closed == [])
        // More than the kernel has room for.
        for _ in 0..<64 { end.stream?.write(piece) }
        wait(until: "it is closed") { !end.closed.isEmpty }
        #expect(end.closed == ["more than \(UpgradedStream.unsentBytesMax) bytes wait to be sent"])
        #expect(end.writtenBytes < 68 * piece.count)
        _ = socket.readToEnd()
    }
}

// MARK: Ends

@Test func anEndOfEitherSide_LeavesTheOtherDirectionOpen() async throws {
    try await withHTTP { house in
        let (client, first) = try upgraded(house, StreamEnd(closes: false))
        try client.send("last")
        client.endSending()
        wait(until: "the end is there") { first.hasEnded }
        #expect(first.text == "last" && first.closed == [])
        first.write("answer")
        first.stream?.close()
        #expect(client.textToEnd() == "answer")
        wait(until: "it is closed") { first.closed == ["ended here"] }
        let (other, second) = try upgraded(house, StreamEnd(closes: false))
        second.write("last")
        second.stream?.end()
        #expect(other.textToEnd() == "last")
        try other.send("answer")
        wait(until: "it is there") { second.text == "answer" }
        #expect(!second.hasEnded)
        second.write("nothing comes of this")
        other.endSending()
        wait(until: "the end is there") { second.hasEnded }
        second.stream?.close()
        wait(until: "it is closed") { second.closed.count == 1 && house.count("connections") == 0 }
    }
}

@Test func aReset_IsTheEnd() async throws {
    try await withHTTP { house in
        let (socket, end) = try upgraded(house)
        try socket.resetConnection()
        wait(until: "it is closed") { end.closed.count == 1 && house.count("connections") == 0 }
        end.write("into nothing")
        end.stream?.close()
    }
}

@Test func whatWasWritten_GoesBeforeTheClose() async throws {
    try await withHTTP { house in
        let (socket, end) = try upgraded(house)
        end.stream?.write([UInt8](repeating: 1, count: 4_000_000)[...])
        end.stream?.close()
        #expect(socket.readToEnd()?.count == 4_000_000)
    }
}

@Test(arguments: [true, false])
func theShutdownOfTheServer_EndsIt(ownerHeeds: Bool) async throws {
    let house = try await HTTPHouse(HTTPServer.Configuration())
    let (socket, end) = try await withRunning(house.server) {
        try await onOwnThread {
            let (socket, end) = try upgraded(house, StreamEnd(closes: false))
            Thread.detachNewThread {
                wait(until: "it is told") { end.hasEnded }
                if ownerHeeds {
                    end.write("farewell")
                    end.stream?.close()
                }
            }
            return (socket, end)
        }
    }
    #expect(socket.textToEnd() == (ownerHeeds ? "farewell" : ""))
    #expect(end.closed.count == 1)
}

@Test func aListenerThatGoes_TakesItAlong() async throws {
    try await withHTTP { house in
        let (socket, end) = try upgraded(house, StreamEnd(closes: false))
        let address = HostPort(host: "127.0.0.2", port: 0)
        house.server.apply(try house.server.prepare(httpConfigured { $0.address = address }))
        wait(until: "it is told") { end.hasEnded }
        end.write("farewell")
        end.stream?.close()
        #expect(socket.textToEnd() == "farewell")
    }
}

// MARK: TLS

@Test func overTLS_AnUpgradeIsTheSame() async throws {
    let certificates = try Certificates()
    try certificates.make("a")
    try await withHTTP(tls: certificates.configuration("a")) { house in
        let end = house.upgrades.expect(StreamEnd(echoes: true))
        let client = try TLSClient(port: house.port)
        let behind = String(repeating: "0123456789", count: 30_000)
        client.send(ask() + behind)
        wait(until: "it came back") { client.text.hasSuffix("\r\n\r\n" + behind) }
        #expect(end.text == behind && client.text.hasPrefix("HTTP/1.1 101 "))
        end.write("last")
        end.stream?.close()
        #expect(client.textToEnd().hasSuffix("9last"))
        wait(until: "it is closed") { end.closed == ["ended here"] }
    }
}
