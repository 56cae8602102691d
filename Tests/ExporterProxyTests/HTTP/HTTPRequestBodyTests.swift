import Glibc
import Testing

@testable import ExporterProxy

private let crlf = "\r\n"

private func put(_ name: String, _ headers: String..., body: String = "") -> String {
    (["PUT /take/\(name) HTTP/1.1", "Host: h"] + headers).joined(separator: crlf) + crlf + crlf + body
}

private func sized(_ name: String, _ body: String) -> String {
    put(name, "Content-Length: \(body.utf8.count)", body: body)
}

private func chunked(_ name: String, _ pieces: String...) -> String {
    let chunks = (pieces + [""]).map { String($0.utf8.count, radix: 16) + crlf + $0 + crlf }.joined()
    return put(name, "Transfer-Encoding: chunked", body: chunks)
}

private let next = "GET /now/next HTTP/1.1\r\nHost: h\r\n\r\n"

// MARK: What is taken

@Test(arguments: [
    (sized("a", "abc"), "a from 127.0.0.1: abc\n"), (sized("a", ""), "a from 127.0.0.1: \n"),
    (put("a"), "a from 127.0.0.1: \n"),
    (chunked("a", "abc", "d", "efghijklmnop"), "a from 127.0.0.1: abcdefghijklmnop\n"),
    (chunked("a"), "a from 127.0.0.1: \n"),
    (
        put("a", "Transfer-Encoding: chunked", body: "3;x=\"y\"\r\nabc\r\n0\r\nTrailer: x\r\n\r\n"),
        "a from 127.0.0.1: abc\n"
    ),
    (sized("a", "x\r\n\r\nGET / HTTP/1.1\r\n\r\n"), "a from 127.0.0.1: x\r\n\r\nGET / HTTP/1.1\r\n\r\n\n"),
])
func aBody_ReachesItsRoute_AndTheNextRequestIsAnswered(request: String, answer: String) async throws {
    try await withHTTP { house in
        let whole = try house.connect()
        try whole.send(request + request + next)
        #expect(HTTPWireResponse(from: whole)?.body == answer)
        #expect(HTTPWireResponse(from: whole)?.body == answer)
        #expect(HTTPWireResponse(from: whole)?.body == "now next\n")
        let byByte = try house.connect()
        for byte in [UInt8](request + next) { try byByte.send([byte]) }
        #expect(HTTPWireResponse(from: byByte)?.body == answer)
        #expect(HTTPWireResponse(from: byByte)?.body == "now next\n")
        #expect(house.gate.rights.prefix(3) == [.push(job: "a"), .push(job: "a"), .scrape])
        wait(until: "nothing is held") { house.count("body_bytes") == 0 }
    }
}

@Test(arguments: [1_000_000, HTTPHouse.takenBytesMax])
func aLargeBody_ComesWhole(count: Int) async throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let digest = "\(count) bytes, sum \(bytes.reduce(0) { $0 + Int($1) })"
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send(put("a", "Content-Length: \(count)"))
        try socket.send(bytes)
        #expect(HTTPWireResponse(from: socket)?.body == "a from 127.0.0.1: \(digest)\n")
        try socket.send(put("b", "Transfer-Encoding: chunked"))
        for start in stride(from: 0, to: count, by: 50_000) {
            let piece = bytes[start..<min(start + 50_000, count)]
            try socket.send([UInt8](String(piece.count, radix: 16) + crlf) + piece + [0x0D, 0x0A])
        }
        try socket.send("0\r\n\r\n")
        #expect(HTTPWireResponse(from: socket)?.body == "b from 127.0.0.1: \(digest)\n")
    }
}

// MARK: Limits

@Test func aBodyThatIsTooLarge_IsRefused_BeforeItIsRead() async throws {
    try await withHTTP { house in
        for headers in [["Content-Length: 4000001"], ["Content-Length: 4000001", "Expect: 100-continue"]] {
            let socket = try house.connect()
            try socket.send(put("a", headers.joined(separator: crlf)))
            let text = try #require(socket.textToEnd())
            #expect(text.hasPrefix("HTTP/1.1 413 ") && text.contains("Connection: close\r\n"))
            #expect(text.hasSuffix("\r\n\r\n413 the body is larger than house.max_bytes = 4000000\n"))
        }
        #expect(house.count("bodies_refused_total{reason=\"too_large\"}") == 2)
        #expect(house.answers("/take/*", 413) == 2 && house.count("requests_refused_total") == 2)
    }
}

@Test func aBodyInChunks_IsRefused_WhereItBecomesTooLarge() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        let head = put("a", "Transfer-Encoding: chunked") + "7fffffff" + crlf
        try socket.send([UInt8](head) + [UInt8](repeating: 0x61, count: HTTPHouse.takenBytesMax + 1))
        #expect(socket.textToEnd()?.hasPrefix("HTTP/1.1 413 ") == true)
        #expect(house.answers("/take/*", 413) == 1 && house.count("body_bytes") == 0)
    }
}

@Test func aRouteThatTakesNoBody_ReadsItAway_WithinItsOwnLimit() async throws {
    try await withHTTP(
        httpConfigured {
            $0.bodyBytesMax = 3
            $0.inflightBytesMax = 1
        }
    ) { house in
        let socket = try house.connect()
        try socket.send("POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + next)
        #expect(HTTPWireResponse(from: socket)?.body == "posted\n")
        #expect(HTTPWireResponse(from: socket)?.body == "now next\n")
        let text = try house.exchange("POST /post HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd")
        #expect(text?.hasSuffix("413 the body is larger than exporter.max_body_bytes = 3\n") == true)
    }
}

@Test func bodiesTogether_AreBounded_AndTheRoomComesBack() async throws {
    try await withHTTP(httpConfigured { $0.inflightBytesMax = 1000 }) { house in
        let first = try house.connect()
        try first.send("POST /takelater HTTP/1.1\r\nHost: h\r\nContent-Length: 600\r\n\r\n")
        try first.send([UInt8](repeating: 0x61, count: 600))
        wait(until: "the request has come") { house.promises.count == 1 && house.count("body_bytes") == 600 }
        // Refused at the head, and where the length is not known in the middle.
        for request in [
            put("a", "Content-Length: 401", "Expect: 100-continue"), chunked("a", String(repeating: "x", count: 401)),
        ] {
            let text = try #require(try house.exchange(request))
            #expect(text.hasPrefix("HTTP/1.1 503 ") && text.contains("\r\nRetry-After: 1\r\n"))
            #expect(text.contains("exporter.max_inflight_bytes"))
        }
        #expect(try house.exchange(sized("a", String(repeating: "x", count: 400)))?.isEmpty != true)
        #expect(house.count("bodies_refused_total{reason=\"no_room\"}") == 2 && house.count("body_bytes") == 600)
        // Who goes away gives its room back when its request has been worked on, and not before.
        try first.resetConnection()
        wait(until: "the connections are gone") { house.count("connections") == 0 }
        #expect(house.count("body_bytes") == 600)
        house.promises.succeedFirst("done")
        wait(until: "the room is back") { house.count("body_bytes") == 0 }
        let half = try house.connect()
        try half.send(put("a", "Content-Length: 1000", body: String(repeating: "x", count: 900)))
        wait(until: "most of it is held") { house.count("body_bytes") == 900 }
        try half.resetConnection()
        wait(until: "nothing is held") { house.count("body_bytes") == 0 }
    }
}

// MARK: Time

@Test func aBodyThatComesTooSlowly_IsRefused() async throws {
    let slow = httpConfigured {
        $0.bodyTimeout = .milliseconds(300)
        $0.bodyRateMin = 100
    }
    try await withHTTP(slow) { house in
        for request in [put("a", "Content-Length: 100", body: "abc"), put("a", "Content-Length: 100")] {
            let text = try #require(try house.exchange(request))
            #expect(text.hasPrefix("HTTP/1.1 408 ") && text.contains("Connection: close\r\n"))
            #expect(text.contains("exporter.min_body_rate"))
        }
        #expect(house.count("timeouts_total") == 2 && house.count("bodies_refused_total{reason=\"too_slow\"}") == 2)
        #expect(house.answers("/take/*", 408) == 2)
        // What is read away has its answer already.
        let refused = try house.connect()
        try refused.send(put("a", "Content-Length: 100", "Gate: refuse", body: "abc"))
        #expect(HTTPWireResponse(from: refused)?.status == "HTTP/1.1 401 Unauthorized")
        #expect(refused.readToEnd() == [])
        #expect(house.count("timeouts_total") == 3)
    }
}

@Test func aBodyThatComesFastEnough_MayTakeLong() async throws {
    try await withHTTP(
        httpConfigured {
            $0.bodyTimeout = .milliseconds(200)
            $0.bodyRateMin = 50
        }
    ) { house in
        let socket = try house.connect()
        try socket.send(put("a", "Content-Length: 40"))
        let begin = ContinuousClock.now
        for count in 1...40 {
            wait(until: "its time has come") { ContinuousClock.now - begin > .milliseconds(15 * count) }
            try socket.send("x")
        }
        #expect(HTTPWireResponse(from: socket)?.body == "a from 127.0.0.1: \(String(repeating: "x", count: 40))\n")
        #expect(house.count("timeouts_total") == 0)
    }
}

// MARK: The gate

@Test func theGate_IsAskedBeforeTheBodyIsRead() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send(put("a", "Content-Length: 3", "Expect: 100-continue", "Gate: later"))
        wait(until: "the gate is asked") { house.gate.waitingCount == 1 }
        #expect(house.gate.rights == [.push(job: "a")])
        house.gate.decideFirst(nil)
        #expect(socket.line() == "HTTP/1.1 100 Continue\r" && socket.line() == "\r")
        try socket.send("abc" + next)
        #expect(HTTPWireResponse(from: socket)?.body == "a from 127.0.0.1: abc\n")
        #expect(HTTPWireResponse(from: socket)?.body == "now next\n")
    }
}

@Test func nothingIsRead_WhileTheGateIsAsked() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send(put("a", "Content-Length: 4000000", "Gate: later"))
        wait(until: "the gate is asked") { house.gate.waitingCount == 1 }
        socket.sendingTimeout(milliseconds: 300)
        // The kernel's buffers and one of ours, and no more.
        #expect(!socket.trySend([UInt8](repeating: 0x61, count: 64_000_000)))
        #expect(house.count("body_bytes") == 0)
        house.gate.decideFirst(HTTPHouse.Gate.refusal)
        #expect(HTTPWireResponse(from: socket)?.status == "HTTP/1.1 401 Unauthorized")
    }
}

@Test(arguments: ["refuse", "later"])
func aRefusal_IsAnsweredAtTheHead_AndTheConnectionLives(gate: String) async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        for length in [0, 5, 65_536] {
            try socket.send(put("a", "Content-Length: \(length)", "Gate: \(gate)"))
            if gate == "later" {
                wait(until: "the gate is asked") { house.gate.waitingCount == 1 }
                house.gate.decideFirst(HTTPHouse.Gate.refusal)
            }
            let response = try #require(HTTPWireResponse(from: socket))
            #expect(response.status == "HTTP/1.1 401 Unauthorized" && response.body == "401 who are you?\n")
            #expect(response.headers["www-authenticate"] == "Basic" && response.headers["connection"] == nil)
            try socket.send(String(repeating: "x", count: length) + next)
            #expect(HTTPWireResponse(from: socket)?.body == "now next\n")
        }
        #expect(house.answers("/take/*", 401) == 3 && house.count("body_bytes") == 0)
    }
}

@Test(arguments: [
    put("a", "Content-Length: 65537", "Gate: refuse", body: "x"),
    put("a", "Transfer-Encoding: chunked", "Gate: refuse", body: "1\r\nx\r\n0\r\n\r\n" + next),
    // Nobody knows whether the body comes.
    put("a", "Content-Length: 5", "Expect: 100-continue", "Gate: refuse", body: "abcde" + next),
    put("a", "Content-Length: 5", "Connection: close", "Gate: refuse", body: "abcde"),
])
func aRefusal_ClosesTheConnection_WhereTheRestIsLargeOrUncertain(request: String) async throws {
    try await withHTTP { house in
        let text = try #require(try house.exchange(request))
        #expect(text.hasPrefix("HTTP/1.1 401 ") && text.contains("Connection: close\r\n"))
        #expect(text.hasSuffix("\r\n\r\n401 who are you?\n") && house.answers("/now/*", 200) == 0)
    }
}

@Test func nowhere_IsAnsweredAtTheHead_WithoutTheGate() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        for (line, status) in [("PUT /nowhere", "404 Not Found"), ("DELETE /take/a", "405 Method Not Allowed")] {
            try socket.send("\(line) HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n")
            let response = try #require(HTTPWireResponse(from: socket))
            #expect(response.status == "HTTP/1.1 \(status)")
            #expect(response.headers["allow"] == (status.hasPrefix("405") ? "PUT, POST" : nil))
            try socket.send("abc" + next)
            #expect(HTTPWireResponse(from: socket)?.body == "now next\n")
        }
        #expect(house.gate.rights == [.scrape, .scrape])
    }
}

@Test func aGateThatFails_IsA500() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        try socket.send(put("a", "Content-Length: 3", "Gate: later", body: "abc" + next))
        wait(until: "the gate is asked") { house.gate.waitingCount == 1 }
        house.gate.failFirst(DeflateError(code: -5))
        #expect(HTTPWireResponse(from: socket)?.status == "HTTP/1.1 500 Internal Server Error")
        #expect(HTTPWireResponse(from: socket)?.body == "now next\n")
    }
}

@Test func aClientThatGoesWhileTheGateIsAsked_HarmsNobody() async throws {
    try await withHTTP { house in
        let reset = try house.connect()
        try reset.send(put("a", "Content-Length: 3", "Gate: later", body: "ab"))
        wait(until: "the gate is asked") { house.gate.waitingCount == 1 }
        try reset.resetConnection()
        wait(until: "it is gone") { house.count("connections") == 0 }
        house.gate.decideFirst(nil)
        // It has said all that it will: a body without its end is none.
        let half = try house.connect()
        try half.send(put("a", "Content-Length: 3", "Gate: later", body: "ab"))
        half.endSending()
        wait(until: "the gate is asked") { house.gate.waitingCount == 1 }
        house.gate.decideFirst(nil)
        #expect(half.textToEnd()?.contains("200 OK") == false)
        let whole = try house.connect()
        try whole.send(put("a", "Content-Length: 3", "Gate: later", body: "abc"))
        whole.endSending()
        wait(until: "the gate is asked") { house.gate.waitingCount == 1 }
        house.gate.decideFirst(nil)
        #expect(whole.textToEnd()?.hasSuffix("a from 127.0.0.1: abc\n") == true)
    }
}

// MARK: Smuggling

/// Each with a body that another reader could take for the next request.
@Test(arguments: [
    put("a", "Content-Length: 5", "Transfer-Encoding: chunked", body: "0\r\n\r\n" + next),
    put("a", "Transfer-Encoding: chunked", "Content-Length: 5", body: "0\r\n\r\n" + next),
    put("a", "Content-Length: 5", "Content-Length: 6", body: "abcdef" + next),
    put("a", "Content-Length: 5", "Content-Length: 5", body: "abcde" + next),
    put("a", "Content-Length: +5", body: "abcde" + next), put("a", "Content-Length: -1", body: "abcde" + next),
    put("a", "Content-Length: 5,5", body: "abcde" + next), put("a", "Content-Length: 5, 5", body: "abcde" + next),
    put("a", "Content-Length: 0x5", body: "abcde" + next), put("a", "Content-Length: 5 5", body: "abcde" + next),
    put("a", "Content-Length:", body: next), put("a", "Content-Length: 5a", body: "abcde" + next),
    put("a", "Content-Length: 18446744073709551621", body: "abcde" + next),
    put("a", "Content-Length: 9223372036854775808", body: "abcde" + next),
    put("a", "Content-Length : 5", body: "abcde" + next), put("a", "Content-Length\t: 5", body: "abcde" + next),
    put("a", " Content-Length: 5", body: "abcde" + next), put("a", "X: y\r\n Content-Length: 5", body: "abcde" + next),
    put("a", "Content-Length: 5\r\n 6", body: "abcde" + next),
    put("a", "X: y\nContent-Length: 5", body: "abcde" + next),
    put("a", "Content-Length: 5\rX: y", body: "abcde" + next),
    put("a", "X: y\0z", "Content-Length: 5", body: "abcde" + next),
    put("a", "Transfer-Encoding: chunked, identity", body: "0\r\n\r\n" + next),
    put("a", "Transfer-Encoding: identity", body: next),
    put("a", "Transfer-Encoding: xchunked", body: "0\r\n\r\n" + next),
    put("a", "Transfer-Encoding: chunked", "Transfer-Encoding: identity", body: "0\r\n\r\n" + next),
    put("a", "Transfer-Encoding : chunked", body: "0\r\n\r\n" + next),
    put("a", "Transfer-Encoding:\u{0B}chunked", body: "0\r\n\r\n" + next),
    put("a", "Transfer-Encoding: \"chunked\"", body: "0\r\n\r\n" + next),
    put("a", "Transfer-Encoding: chunked", body: "5\nabcde\r\n0\r\n\r\n" + next),
    put("a", "Transfer-Encoding: chunked", body: "5\r\nabcde\n0\r\n\r\n" + next),
    put("a", "Transfer-Encoding: chunked", body: "5\r\nabcdef\r\n0\r\n\r\n" + next),
    put("a", "Transfer-Encoding: chunked", body: "5 \r\nabcde\r\n0\r\n\r\n" + next),
    put("a", "Transfer-Encoding: chunked", body: "0x5\r\nabcde\r\n0\r\n\r\n" + next),
    put("a", "Transfer-Encoding: chunked", body: "-5\r\nabcde\r\n0\r\n\r\n" + next),
    put("a", "Transfer-Encoding: chunked", body: "\r\nabcde\r\n0\r\n\r\n" + next),
    put("a", "Transfer-Encoding: chunked", body: "10000000000000005\r\nabcde\r\n0\r\n\r\n" + next),
    put("a", "Transfer-Encoding: chunked", body: "5;a\nb\r\nabcde\r\n0\r\n\r\n" + next),
    "PUT /take/a HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n" + next,
    "PUT /take/a HTTP/1.1\nHost: h\nContent-Length: 5\n\nabcde" + next,
    "PUT /take/a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\n\r\nabcde" + next,
    "PUT /take/a HTTP/1.1 \r\nHost: h\r\n\r\n" + next,
    "PUT /take/a HTTP/2.0\r\nHost: h\r\n\r\n" + next, "PUT /take/a HTTP/1.10\r\nHost: h\r\n\r\n" + next,
])
func aRequestThatTwoReadersCouldReadDifferently_IsRefused_AndNothingBehindItIsAnswered(request: String) async throws {
    try await withHTTP { house in
        let text = try #require(try house.exchange(request), "\(request.debugDescription)")
        #expect(text.hasPrefix("HTTP/1.1 400 "), "\(text.prefix(60))")
        #expect(text.contains("\r\nConnection: close\r\n"))
        #expect(text.ranges(of: "\r\nDate: ").count == 1)
        #expect(house.answers("/take/*", 200) == 0 && house.answers("/now/*", 200) == 0)
    }
}

/// What a proxy in front has to count is bounded too.
@Test func whatStandsBetweenChunks_IsReadAwayWithinTheTimeForBodies() async throws {
    try await withHTTP(httpConfigured { $0.bodyTimeout = .milliseconds(300) }) { house in
        let socket = try house.connect()
        try socket.send(put("a", "Transfer-Encoding: chunked") + "1;")
        _ = socket.trySend([UInt8](repeating: 0x78, count: 1_000_000))
        #expect(socket.textToEnd()?.contains("200 OK") == false)
        wait(until: "it is closed") { house.count("connections") == 0 }
    }
}
