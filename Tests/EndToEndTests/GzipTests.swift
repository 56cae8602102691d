import TestSupport
import Testing

/// The compressed window, read by other people's readers.
@Suite(.sharesMachine)
struct GzipTests {
    /// Apps of several sizes, then a change to one of them: the member is stitched from old pieces and new ones.
    private static func fill(_ proxy: ProxyProcess) throws {
        for app in 0..<30 {
            let lines = (0..<(app * 7)).map { "app_\(app){n=\"\($0)\",x=\"\($0 * 7919 % 1013)\"} \($0)\n" }
            try proxy.send(CapnpMessage.of("app \(app)", lines.joined()))
        }
    }

    @Test(.needs(.curl, .python))
    func compressed_IsTheSameAsIdentity_ToEveryReader() async throws {
        try await withProxy { proxy in
            for change in 0..<3 {
                if change == 0 { try Self.fill(proxy) }
                if change == 1 { try proxy.send(#"{"app 5": "changed 1", "new": "new 1"}"#) }
                let identity = try proxy.get("/metrics")
                #expect(identity.header("Content-Encoding") == nil)
                #expect(identity.header("Content-Length") == "\(identity.body.count)")

                let curl = try await run(Tool.curl.path(), ["-sSf", "--compressed", proxy.url("/metrics")])
                #expect(curl.exit == .status(0), "\(curl.errors)")
                #expect(Array(curl.output.utf8) == identity.body)

                let packed = try proxy.get("/metrics", headers: ["Accept-Encoding: gzip"])
                #expect(packed.header("Content-Encoding") == "gzip")
                #expect(packed.header("Vary") == "Accept-Encoding")
                #expect(packed.header("Content-Length") == "\(packed.body.count)")
                #expect(packed.body.count < identity.body.count / 2)
                let python = try await run(
                    Tool.python.path(),
                    [
                        "-c",
                        """
                        import gzip, sys, zlib
                        data = sys.stdin.buffer.read()
                        one = zlib.decompressobj(31)
                        text = one.decompress(data)
                        assert one.eof and not one.unused_data, "more than one member"
                        assert gzip.decompress(data) == text
                        sys.stdout.buffer.write(text)
                        """,
                    ], input: packed.body)
                #expect(python.exit == .status(0), "\(python.errors)")
                #expect(Array(python.output.utf8) == identity.body)
            }
        }
    }

    @Test func head_AnswersWithTheLengthAndWithoutABody() async throws {
        try await withProxy { proxy in
            try Self.fill(proxy)
            for headers in [[], ["Accept-Encoding: gzip"]] {
                let whole = try proxy.get("/metrics", headers: headers)
                let head = try proxy.get("/metrics", method: "HEAD", headers: headers)
                #expect(head.status == 200)
                #expect(head.body == [])
                #expect(head.header("Content-Length") == "\(whole.body.count)")
                #expect(head.header("Content-Encoding") == whole.header("Content-Encoding"))
                #expect(head.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            }
        }
    }

    @Test(.needs(.curl), arguments: ["gzip;q=0", "identity", "br, deflate", "*;q=0", "gzip;q=0.0, *"])
    func clientThatTakesNoGzip_GetsIdentity(accepted: String) async throws {
        try await withProxy { proxy in
            try proxy.send(#"{"a": "a 1"}"#)
            let curl = try await run(
                Tool.curl.path(), ["-sSfi", "-H", "Accept-Encoding: \(accepted)", proxy.url("/metrics")])
            #expect(curl.exit == .status(0), "\(curl.errors)")
            #expect(curl.output.hasSuffix("\r\n\r\na 1\n"), "\(curl.output)")
            #expect(!curl.output.lowercased().contains("content-encoding"))
        }
    }

    @Test func emptyTable_IsAnEmptyExposition() async throws {
        try await withProxy { proxy in
            let identity = try proxy.get("/metrics")
            #expect(identity.status == 200)
            #expect(identity.body == [])
            let packed = try proxy.get("/metrics", headers: ["Accept-Encoding: gzip"])
            #expect(packed.status == 200)
            #expect(packed.header("Content-Length") == "\(packed.body.count)")
        }
    }
}
