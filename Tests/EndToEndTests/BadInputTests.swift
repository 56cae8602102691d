import TestSupport
import Testing

/// What a receiver must not take: each is counted and explained, and nothing else is disturbed.
@Suite(.sharesMachine)
struct BadInputTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        var reason: String
        /// What is served of it all the same, because it was whole before the fault.
        var kept = ""

        init(_ name: String, _ bytes: [UInt8], _ reason: String, kept: String = "") {
            testDescription = name
            self.bytes = bytes
            self.reason = reason
            self.kept = kept
        }

        init(_ name: String, _ text: String, _ reason: String, kept: String = "") {
            self.init(name, Array(text.utf8), reason, kept: kept)
        }
    }

    private static let messageBytesMax = 4096
    private static let good = CapnpMessage.of("kept", "kept 1")

    static let json = [
        Case("a cut document", #"{"app": "private_words 1"#, "truncated"),
        Case("a document cut within an escape", #"{"app": "private_words \u00"#, "truncated"),
        Case("a string over the limit", #"{"app": "\#(String(repeating: "a", count: 5000))"}"#, "too_large"),
        Case("lines over the limit", "{\"app\": [" + String(repeating: "\"a 1\",", count: 1000), "too_large"),
        Case("10 000 arrays deep", "{\"app\": " + String(repeating: "[", count: 10_000), "json_invalid"),
        Case("10 000 objects deep", String(repeating: "{\"app\":", count: 10_000), "json_invalid"),
        Case("a lone high surrogate", #"{"app": "private_words \ud800"}"#, "json_invalid"),
        Case("a lone low surrogate", #"{"app": "private_words \udc00"}"#, "json_invalid"),
        Case("a raw line end in a string", "{\"app\": \"private_words 1\n\"}", "json_invalid"),
        Case("a trailing comma", #"{"app": "private_words 1",}"#, "json_invalid"),
        Case("a number for a text", #"{"app": 1}"#, "json_invalid"),
        Case("a null for a line", #"{"app": ["private_words 1", null]}"#, "json_invalid"),
        Case(
            "text that is not UTF-8", Array("{\"app\": \"private_words ".utf8) + [0xFF, 0xFE] + Array("\"}".utf8),
            "not_utf8"),
        Case("a name that is not UTF-8", Array("{\"a".utf8) + [0xC3] + Array("\": \"a 1\"}".utf8), "not_utf8"),
        Case("garbage after a document", #"{"kept": "kept 1"}private_words"#, "json_invalid", kept: "kept 1\n"),
        Case("an empty name", #"{"": "private_words 1"}"#, "name_empty"),
        Case("a control character in a name", "{\"a\\u001b[31m\": \"private_words 1\"}", "name_control_character"),
        Case("a line end in a name", #"{"a\nb": "private_words 1"}"#, "name_control_character"),
        Case("a name of 256 bytes", #"{"\#(String(repeating: "é", count: 128))": "a 1"}"#, "name_too_long"),
        Case("a name of the poller", #"{"external_poll: 127.0.0.1:1": "private_words 1"}"#, "name_reserved"),
        Case("a name that is a path", #"{"..": "private_words 1"}"#, "name_reserved"),
    ]

    static let capnp = [
        Case("half a header", [0, 0, 0, 0, 9], "truncated"),
        Case("half a message", Array(good.prefix(good.count - 8)), "truncated"),
        Case("a whole message and half a one", good + good.prefix(20), "truncated", kept: "kept 1\n"),
        Case("a size over the limit, at the header", [0, 0, 0, 0, 0, 0, 16, 0], "too_large"),
        Case("512 segments", [0xFF, 1, 0, 0] + [UInt8](repeating: 0, count: 2052), "capnp_invalid"),
        Case("a null root", CapnpMessage.segments([[0]]), "name_empty"),
        Case("no word at all", CapnpMessage.segments([[]]), "capnp_invalid"),
        Case(
            "far pointers in a circle",
            CapnpMessage.segments([
                [CapnpMessage.farPointer(segment: 1, word: 0)], [CapnpMessage.farPointer(segment: 0, word: 0)],
            ]), "capnp_invalid"),
        Case(
            "a far pointer to a segment that is not there",
            CapnpMessage.segments([[CapnpMessage.farPointer(segment: 5, word: 0)]]), "capnp_invalid"),
        Case(
            "a root out of bounds", CapnpMessage.segments([[CapnpMessage.structPointer(offset: 9, pointers: 2)]]),
            "capnp_invalid"),
        Case(
            "a text without NUL", CapnpMessage.of(app: Array("app\0".utf8), data: Array("private_words 1".utf8)),
            "capnp_invalid"),
        Case("a name without NUL", CapnpMessage.of(app: Array("app".utf8), data: Array("a 1\0".utf8)), "capnp_invalid"),
        Case("text that is not UTF-8", CapnpMessage.of(app: Array("app\0".utf8), data: [0x61, 0xFF, 0]), "not_utf8"),
        Case("a name that is not UTF-8", CapnpMessage.of(app: [0xC3, 0], data: Array("a 1\0".utf8)), "not_utf8"),
        Case("an empty name", CapnpMessage.of("", "private_words 1"), "name_empty"),
        Case("a control character in a name", CapnpMessage.of("a\u{7}", "private_words 1"), "name_control_character"),
        Case(
            "garbage after a message", good + Array("private_words and more of them".utf8), "capnp_invalid",
            kept: "kept 1\n"),
    ]

    static let others = [
        Case("an HTTP request", "GET /metrics HTTP/1.1\r\nHost: private_words\r\n\r\n", "http_request"),
        Case("an HTTP push", "POST /private_words HTTP/1.1\r\n\r\n", "http_request"),
        Case("plain text", "private_words 1\n", "format_unknown"),
        Case("an array", #"["private_words"]"#, "format_unknown"),
        Case("a TLS greeting", [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3], "format_unknown"),
        Case("bytes of 255", [UInt8](repeating: 0xFF, count: 64), "format_unknown"),
    ]

    @Test(arguments: json + capnp + others)
    func badMessage_IsCountedAndExplained_AndDisturbsNothing(bad: Case) async throws {
        try await withProxy(["receiver.message_bytes_max": "\(Self.messageBytesMax)"]) { proxy in
            for door in ProxyProcess.Door.allCases {
                let client = try proxy.connect(door)
                // Whoever is refused at the header may find the door shut before it has sent all.
                try? client.send(bad.bytes)
                client.endSending()
                _ = try client.readToEnd()

                try proxy.send(#"{"good": "good 1"}"#, over: door)
                #expect(try proxy.metrics() == "good 1\n" + bad.kept)
                let refused = try Self.refused(proxy, door)
                #expect(refused == [bad.reason: 1], "\(proxy.log)")
            }
            let lines = proxy.log.split(separator: "\n").filter { $0.contains("msg=\"message refused") }
            #expect(lines.count == 2, "\(proxy.log)")
            #expect(lines.allSatisfy { $0.contains("reason=\(bad.reason)") }, "\(lines)")
            #expect(lines.contains { $0.contains("peer=\"uid=") } && lines.contains { $0.contains("peer=127.0.0.1:") })
            #expect(!proxy.log.contains("private_words"), "a body in the log: \(proxy.log)")
        }
    }

    /// The reasons whose counters have moved at a door.
    private static func refused(_ proxy: ProxyProcess, _ door: ProxyProcess.Door) throws -> [String: Int] {
        let text = try proxy.get("/-/metrics").text
        var found: [String: Int] = [:]
        for match in text.matches(of: /refused_total\{door="(\w+)",reason="(\w+)"\} (\d+)/) {
            if match.1 == door.rawValue, match.3 != "0" { found[String(match.2)] = Int(match.3) }
        }
        return found
    }

    @Test func resetInTheMiddle_IsALostConnection() async throws {
        try await withProxy { proxy in
            let client = try proxy.connect(.tcp)
            try client.send(Self.good + Self.good.prefix(20))
            try await wait(until: "the whole message is served") { try proxy.metrics() == "kept 1\n" }
            client.reset()
            try await wait(until: "the loss is counted") {
                try Self.refused(proxy, .tcp) == ["connection_lost": 1]
            }
            #expect(try proxy.metrics() == "kept 1\n")
        }
    }

    @Test(arguments: ["{\"slow\": \"a", "\0\0\0\0"])
    func messageThatTakesTooLong_IsCut(beginning: String) async throws {
        try await withProxy(["receiver.message_timeout": "\"400ms\""]) { proxy in
            let patient = try proxy.connect(.tcp)
            try patient.send(Self.good)
            let slow = try proxy.connect(.tcp)
            let start = ContinuousClock.now
            for byte in beginning.utf8 { try slow.send([byte]) }
            _ = try slow.readToEnd()
            #expect(ContinuousClock.now - start > .milliseconds(300))
            #expect(try Self.refused(proxy, .tcp) == ["message_timeout": 1])
            // Between messages there is time.
            try patient.send(CapnpMessage.of("kept", "kept 2"))
            try await wait(until: "the other client is still served") { try proxy.metrics() == "kept 2\n" }
        }
    }

    @Test func manyRefusals_AreLoggedOnce_AndCountedAll() async throws {
        try await withProxy { proxy in
            for _ in 0..<300 { try proxy.send("{\"app\": 1}", over: .tcp) }
            #expect(try Self.refused(proxy, .tcp) == ["json_invalid": 300])
            #expect(proxy.log.split(separator: "\n").filter { $0.contains("level=warning") }.count == 1, "\(proxy.log)")
        }
    }

    @Test func reply_SaysWhatWasTakenAndWhatWasNot() async throws {
        try await withProxy(["receiver.reply": "true"]) { proxy in
            let client = try proxy.connect(.unix)
            try client.send(#"{"kept": "kept 1"}"#)
            #expect(try client.read(upTo: "\n").contains(#""ok":true"#))
            try client.send("{\"app\": 1}")
            let reply = try client.read(upTo: "\n")
            #expect(reply.contains(#""ok":false"#) && reply.contains("expected a string"), "\(reply)")
            client.endSending()
            #expect(try client.readToEnd() == .closed([]))
        }
    }
}
