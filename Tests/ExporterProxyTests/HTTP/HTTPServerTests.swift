import Foundation
import Glibc
import NIOPosix
import Testing

@testable import ExporterProxy

@Test func aRequest_IsAnsweredWithAWholeHead() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send("GET /now/a HTTP/1.1\r\nHost: h\r\n\r\n")
        let response = try #require(HTTPWireResponse(from: socket))
        #expect(response.status == "HTTP/1.1 200 OK" && response.body == "now a\n")
        #expect(
            response.headers == [
                "content-type": "text/plain; charset=utf-8", "content-length": "6",
                "date": "Sat, 21 Nov 2026 02:55:35 GMT",
                "x-content-type-options": "nosniff",
            ])
    }
}

@Test func manyRequests_AreAnsweredOnOneConnection() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        for index in 0..<50 {
            try socket.send("GET /now/\(index) HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(HTTPWireResponse(from: socket)?.body == "now \(index)\n")
        }
        #expect(house.count("connections_total") == 1 && house.answers("/now/*", 200) == 50)
    }
}

@Test func answers_AreCountedByRouteAndStatus() async throws {
    try await withHTTP { house in
        let requests = [
            "GET /now/1", "GET /now/2?x", "HEAD /now/3", "GET /soon", "GET /soon/", "POST /now/4", "GET /nowhere",
            "GET /elsewhere",
        ]
        let socket = try house.connect()
        for request in requests { try socket.send("\(request) HTTP/1.1\r\nHost: h\r\n\r\n") }
        socket.endSending()
        _ = socket.textToEnd()
        _ = try house.exchange("NONSENSE\r\n\r\n")
        #expect(house.answers("/now/*", 200) == 3 && house.answers("/now/*", 405) == 1)
        #expect(house.answers("/soon", 200) == 2 && house.answers("/later/*", 200) == 0)
        #expect(house.answers("none", 404) == 2 && house.answers("none", 400) == 1)
        #expect(house.count("requests_refused_total") == 1)
        #expect(house.count("request_duration_seconds_count{route=\"/now/*\"}") == 4)
        // What could not be read whole took no time.
        #expect(house.count("request_duration_seconds_count{route=\"none\"}") == 2)
    }
}

@Test func anAnswerThatComesLater_TakesItsTime() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send("GET /later/1 HTTP/1.1\r\nHost: h\r\n\r\n")
        wait(until: "the request has come") { house.promises.count > 0 }
        let begin = ContinuousClock.now
        wait(until: "more than 10 ms have passed") { ContinuousClock.now - begin > .milliseconds(11) }
        house.promises.succeedFirst("later 1\n")
        #expect(HTTPWireResponse(from: socket)?.body == "later 1\n")
        let series = "request_duration_seconds_bucket{route=\"/later/*\",le="
        #expect(house.count("\(series)\"0.01\"}") == 0 && house.count("\(series)\"+Inf\"}") == 1)
    }
}

@Test func requestsSentAhead_AreAnsweredInOrder() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        let requests = ["/now/1", "/later/2", "/now/3", "/soon", "/nowhere", "/later/6", "/now/7"]
        try socket.send(requests.map { "GET \($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
        #expect(HTTPWireResponse(from: socket)?.body == "now 1\n")
        wait(until: "the request has come") { house.promises.count > 0 }
        house.promises.succeedFirst("later 2\n")
        #expect(HTTPWireResponse(from: socket)?.body == "later 2\n")
        #expect(HTTPWireResponse(from: socket)?.body == "now 3\n")
        #expect(HTTPWireResponse(from: socket)?.body == "soon\n")
        #expect(HTTPWireResponse(from: socket)?.status == "HTTP/1.1 404 Not Found")
        wait(until: "the request has come") { house.promises.count > 0 }
        house.promises.succeedFirst("later 6\n")
        #expect(HTTPWireResponse(from: socket)?.body == "later 6\n")
        #expect(HTTPWireResponse(from: socket)?.body == "now 7\n")
    }
}

@Test func requestsSentAhead_AreAllAnswered_WhenTheClientHalfCloses() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send(["/now/1", "/now/2", "/now/3"].map { "GET \($0) HTTP/1.1\r\nHost: h\r\n\r\n" }.joined())
        socket.endSending()
        let text = try #require(socket.textToEnd())
        #expect(["now 1\n", "now 2\n", "now 3\n"].allSatisfy { text.contains($0) })
    }
}

@Test func aRequest_IsAnswered_WhenTheClientHalfClosesBeforeTheAnswer() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send("GET /later/1 HTTP/1.1\r\nHost: h\r\n\r\n")
        socket.endSending()
        wait(until: "the request has come") { house.promises.count > 0 }
        house.promises.succeedFirst("later 1\n")
        #expect(socket.textToEnd()?.hasSuffix("\r\n\r\nlater 1\n") == true)
    }
}

@Test func aRequest_ComesByteByByte() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        for byte in [UInt8]("POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc") {
            try socket.send([byte])
        }
        #expect(HTTPWireResponse(from: socket)?.body == "posted\n")
    }
}

@Test func head_HasTheLengthAndNoBody() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send("HEAD /large HTTP/1.1\r\nHost: h\r\n\r\nGET /now/a HTTP/1.1\r\nHost: h\r\n\r\n")
        let head = try #require(HTTPWireResponse(from: socket, hasBody: false))
        #expect(head.status == "HTTP/1.1 200 OK" && head.headers["content-length"] == "\(HTTPHouse.largeBytes + 4)")
        #expect(HTTPWireResponse(from: socket)?.body == "now a\n")
    }
}

@Test(arguments: [
    ("GET /now/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "close"), ("GET /now/a HTTP/1.0\r\n\r\n", "close"),
    ("GET /now/a HTTP/1.1\r\nHost: h\r\nConnection: CLOSE\r\n\r\n", "close"),
])
func theConnection_Closes_WhenTheClientWantsItSo(request: String, connection: String) async throws {
    try await withHTTP { house in
        let text = try #require(try house.exchange(request))
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n") && text.hasSuffix("\r\n\r\nnow a\n"))
        #expect(text.contains("\r\nConnection: \(connection)\r\n"))
    }
}

@Test func http10_KeepsAlive_WhenTheClientAsksForIt() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        for _ in 0..<2 {
            try socket.send("GET /now/a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            let response = try #require(HTTPWireResponse(from: socket))
            #expect(response.body == "now a\n" && response.headers["connection"] == "keep-alive")
        }
    }
}

@Test(arguments: [
    ("garbage\r\n\r\n", "400"), ("{\"a\":\"x\"}\n\n", "400"), ("GET /now/a\r\n\r\n", "400"),
    ("GET /now/a HTTP/1.1\r\n\r\n", "400"),
    ("GET /now/a HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", "400"),
    ("GET /now/a HTTP/1.1\r\nHost: h\r\nbad header\r\n\r\n", "400"), ("GET /now/a HTTP/1.1\r\nHost : h\r\n\r\n", "400"),
    ("POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", "400"),
    ("POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy", "400"),
    ("POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", "400"),
    ("POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", "400"),
    ("POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n", "400"),
    ("POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
    ("POST /post HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", "400"),
    ("POST /post HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "400"),
    ("POST /post HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "400"),
    ("POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n", "413"),
    (
        "POST /post HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n"
            + String(repeating: "x", count: 1001), "413"
    ),
    ("GET /" + String(repeating: "x", count: 8192) + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "414"),
    ("GET / HTTP/1.1\r\nHost: h\r\nX: " + String(repeating: "x", count: 20_000) + "\r\n\r\n", "431"),
    ("GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "X: y\r\n", count: 200) + "\r\n", "431"),
])
func aRequestThatBreaksTheRules_IsRefused_AndTheConnectionCloses(request: String, status: String) async throws {
    try await withHTTP(httpConfigured { $0.bodyBytesMax = 1000 }) { house in
        let text = try #require(try house.exchange(request))
        #expect(text.hasPrefix("HTTP/1.1 \(status) "))
        #expect(text.contains("\r\nConnection: close\r\n"))
        #expect(text.contains("\r\n\r\n\(status) ") && text.hasSuffix("\n"))
        let socket = try house.connect()
        try socket.send("GET /now/a HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(HTTPWireResponse(from: socket)?.body == "now a\n")
    }
}

@Test(arguments: [
    "POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" + String(repeating: "x", count: 1000),
    "POST /post HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n3;x=y\r\nfgh\r\n0\r\nTrailer: x\r\n\r\n",
    "POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
    "GET /now/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcde",
])
func aBody_IsReadAway_BeforeTheNextRequest(request: String) async throws {
    try await withHTTP(httpConfigured { $0.bodyBytesMax = 1000 }) { house in
        let socket = try house.connect()
        try socket.send(request + "GET /now/next HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(HTTPWireResponse(from: socket)?.status == "HTTP/1.1 200 OK")
        #expect(HTTPWireResponse(from: socket)?.body == "now next\n")
    }
}

@Test func aClientThatExpectsContinue_IsToldTo() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send("POST /post HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        #expect(socket.line() == "HTTP/1.1 100 Continue\r")
        #expect(socket.line() == "\r")
        try socket.send("abc")
        #expect(HTTPWireResponse(from: socket)?.body == "posted\n")
    }
}

@Test func aMistakeOfOurs_IsA500_AndTheConnectionLives() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send("GET /later/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /now/2 HTTP/1.1\r\nHost: h\r\n\r\n")
        wait(until: "the request has come") { house.promises.count > 0 }
        house.promises.failFirst(DeflateError(code: -5))
        let response = try #require(HTTPWireResponse(from: socket))
        #expect(response.status == "HTTP/1.1 500 Internal Server Error" && response.body.hasPrefix("500 "))
        #expect(HTTPWireResponse(from: socket)?.body == "now 2\n")
        #expect(house.answers("/later/*", 500) == 1)
    }
}

@Test func aLargeAnswer_ComesWhole_ToAClientThatReadsSlowly() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\nGET /now/after HTTP/1.1\r\nHost: h\r\n\r\n")
        let response = try #require(HTTPWireResponse(from: socket))
        #expect(response.body.utf8.count == HTTPHouse.largeBytes + 4 && response.body.hasSuffix("aend\n"))
        #expect(HTTPWireResponse(from: socket)?.body == "now after\n")
    }
}

@Test func aClientThatAsksMuchAndReadsNothing_IsCutOff() async throws {
    try await withHTTP(
        httpConfigured {
            $0.writeTimeout = .milliseconds(200)
            $0.idleTimeout = .milliseconds(200)
        }
    ) { house in
        let socket = try house.connect()
        for _ in 0..<20 { try socket.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n") }
        wait(until: "the connection is closed") {
            house.count("timeouts_total") == 1 && house.count("connections") == 0
        }
        #expect(house.answers("/large", 200).map { $0 < 20 } == true)
    }
}

@Test func aClientThatReadsNothing_IsCutOffAfterTheWriteTimeout() async throws {
    try await withHTTP(httpConfigured { $0.writeTimeout = .milliseconds(200) }) { house in
        let socket = try house.connect()
        for _ in 0..<20 { try socket.send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n") }
        wait(until: "the connection is closed") {
            house.count("timeouts_total") == 1 && house.count("connections") == 0
        }
        #expect(house.answers("/large", 200).map { $0 < 20 } == true)
    }
}
@Test func requestsAnsweredLater_AreAllAnswered_WhenTheClientHalfCloses() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send("GET /later/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /now/2 HTTP/1.1\r\nHost: h\r\n\r\n")
        socket.endSending()
        wait(until: "the request has come") { house.promises.count > 0 }
        house.promises.succeedFirst("later 1\n")
        let text = try #require(socket.textToEnd())
        #expect(text.contains("later 1\n") && text.hasSuffix("now 2\n"))
    }
}

@Test func requestsAnsweredLater_AreAllAnswered_WhenGarbageFollows() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send(
            "GET /later/1 HTTP/1.1\r\nHost: h\r\n\r\nGET /now/2 HTTP/1.1\r\nHost: h\r\n\r\ngarbage\r\n\r\n")
        wait(until: "the request has come") { house.promises.count > 0 }
        house.promises.succeedFirst("later 1\n")
        #expect(HTTPWireResponse(from: socket)?.body == "later 1\n")
        #expect(HTTPWireResponse(from: socket)?.body == "now 2\n")
        #expect(socket.textToEnd()?.contains("200 OK") == false)
    }
}

@Test func aRequestInAbsoluteForm_IsAnswered() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send("GET http://h:6555/now/a HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(HTTPWireResponse(from: socket)?.body == "now a\n")
    }
}

@Test func aClientThatIsTooSlow_IsClosed() async throws {
    try await withHTTP(
        httpConfigured {
            $0.headerTimeout = .seconds(1)
            $0.bodyTimeout = .seconds(1)
            $0.idleTimeout = .milliseconds(100)
        }
    ) { house in
        let silent = try house.connect()
        #expect(silent.readToEnd() == [])
        let half = try house.connect()
        try half.send("GET /now/a HT")
        #expect(half.readToEnd() == [])
        #expect(house.count("timeouts_total") == 1)
        let idle = try house.connect()
        try idle.send("GET /now/a HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(idle.textToEnd()?.hasSuffix("now a\n") == true)
        wait(until: "all connections are closed") { house.count("connections") == 0 }
    }
}

@Test func theConnectionIdleLongest_MakesRoomForANewOne() async throws {
    try await withHTTP(httpConfigured { $0.connectionsMax = 2 }) { house in
        let ask = "GET /now/a HTTP/1.1\r\nHost: h\r\n\r\n"
        let sockets = try (0..<3).map { _ in
            let socket = try house.connect()
            try socket.send(ask)
            #expect(HTTPWireResponse(from: socket)?.body == "now a\n")
            return socket
        }
        #expect(sockets[0].readToEnd() == [])
        for socket in sockets.dropFirst() {
            try socket.send(ask)
            #expect(HTTPWireResponse(from: socket)?.body == "now a\n")
        }
        #expect(house.count("connections_evicted_total") == 1)
    }
}

@Test func aBusyPort_IsSaidInOneSentence() async throws {
    let house = try await HTTPHouse(HTTPServer.Configuration())
    var configuration = HTTPServer.Configuration()
    configuration.address = HostPort(host: "127.0.0.1", port: house.port)
    let busy = configuration
    await #expect(throws: SystemError("listen on 127.0.0.1:\(house.port)", code: EADDRINUSE)) {
        _ = try await HTTPServer.open(
            busy, router: HTTPRouter([]), group: MultiThreadedEventLoopGroup.singleton, registry: InstrumentRegistry(),
            logger: .silent, time: ManualTime().source)
    }
    try await withRunning(house.server) {}
}

@Test func answersOnTheirWay_AreSent_WhenTheServerStops() async throws {
    let house = try await HTTPHouse(HTTPServer.Configuration())
    let socket = try await withRunning(house.server) {
        try await onOwnThread {
            let idle = try house.connect()
            try idle.send("GET /now/a HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(HTTPWireResponse(from: idle)?.body == "now a\n")
            let socket = try house.connect()
            try socket.send("GET /later/1 HTTP/1.1\r\nHost: h\r\n\r\n")
            wait(until: "the request has come") { house.promises.count > 0 }
            Thread.detachNewThread {
                // The idle one goes first: then the server is stopping.
                #expect(idle.readToEnd() == [])
                house.promises.succeedFirst("later 1\n")
            }
            return socket
        }
    }
    let text = try #require(socket.textToEnd())
    #expect(text.hasSuffix("\r\n\r\nlater 1\n"))
}

// MARK: Reloading

@Test func otherLimits_HoldForNewConnections() async throws {
    try await withHTTP { house in
        let old = try house.connect()
        try old.send("GET /now/a HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(HTTPWireResponse(from: old)?.body == "now a\n")
        var configuration = httpConfigured { $0.bodyBytesMax = 3 }
        configuration.address = HostPort(host: "127.0.0.1", port: 0)
        house.server.apply(try house.server.prepare(configuration))
        #expect(house.server.port == house.port)
        let post = "POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd"
        try old.send(post)
        #expect(HTTPWireResponse(from: old)?.status == "HTTP/1.1 200 OK")
        #expect(try house.exchange(post)?.hasPrefix("HTTP/1.1 413 ") == true)
    }
}

@Test func aMovedServer_AnswersWhatHasBegun_AndClosesWhatIsIdle() async throws {
    try await withHTTP { house in
        let (idle, busy, half) = try (house.connect(), house.connect(), house.connect())
        try idle.send("GET /now/a HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(HTTPWireResponse(from: idle)?.body == "now a\n")
        try busy.send("GET /later/1 HTTP/1.1\r\nHost: h\r\n\r\n")
        try half.send("GET /now/b HTTP/1.1\r\n")
        wait(until: "the requests have begun") { house.promises.count == 1 && house.count("connections") == 3 }
        // What came on the same connections before is read by now, and so is this.
        _ = try house.exchange("GET /soon HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        house.server.apply(
            try house.server.prepare(httpConfigured { $0.address = HostPort(host: "127.0.0.2", port: 0) }))
        let port = try #require(house.server.port)
        let new = try ClientSocket.connect(to: HostPort(host: "127.0.0.2", port: port))
        #expect(idle.readToEnd() == [])
        wait(until: "the old port is closed") { (try? house.connect()) == nil }
        house.promises.succeedFirst("later 1\n")
        let text = try #require(busy.textToEnd())
        #expect(text.contains("Connection: close\r\n") && text.hasSuffix("\r\n\r\nlater 1\n"))
        try half.send("Host: h\r\n\r\n")
        #expect(half.textToEnd()?.hasSuffix("\r\n\r\nnow b\n") == true)
        withExtendedLifetime(new) {}
        wait(until: "only the new one is left") { house.count("connections") == 1 }
    }
}

@Test func aServer_CanChangeItsHostAlone() async throws {
    try await withHTTP { house in
        for host in ["0.0.0.0", "127.0.0.1", "127.0.0.1"] {
            let address = HostPort(host: host, port: house.port)
            house.server.apply(try house.server.prepare(httpConfigured { $0.address = address }))
            #expect(house.server.port == house.port)
            wait(until: "the new one answers") {
                (try? house.exchange("GET /now/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))?
                    .hasSuffix("now a\n") == true
            }
        }
        // Nobody else can share it: a second proxy is to fail.
        #expect(throws: SystemError.self) { try ListeningSocket.tcp(HostPort(host: "127.0.0.1", port: house.port)) }
    }
}

@Test func aServerThatCannotMove_StaysAsItWas() async throws {
    try await withHTTP { house in
        let taken = try ListeningSocket.tcp(HostPort(host: "127.0.0.1", port: 0))
        let address = try #require(HostPort(taken.name))
        #expect(throws: SystemError("listen on \(address)", code: EADDRINUSE)) {
            try house.server.prepare(httpConfigured { $0.address = address })
        }
        let answer = try house.exchange("GET /now/a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        #expect(answer?.hasSuffix("now a\n") == true)
    }
}

@Test func idleConnections_AreClosed_WhereFewerAreAllowedNow() async throws {
    try await withHTTP { house in
        let sockets = try (0..<3).map { _ in
            let socket = try house.connect()
            try socket.send("GET /now/a HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(HTTPWireResponse(from: socket)?.body == "now a\n")
            return socket
        }
        var configuration = httpConfigured { $0.connectionsMax = 1 }
        configuration.address = HostPort(host: "127.0.0.1", port: 0)
        house.server.apply(try house.server.prepare(configuration))
        for socket in sockets.dropLast() { #expect(socket.readToEnd() == []) }
        try sockets[2].send("GET /now/b HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(HTTPWireResponse(from: sockets[2])?.body == "now b\n" && house.count("connections_evicted_total") == 2)
    }
}
