import FoundationEssentials
import TestSupport
import Testing

/// Pushes that are meant to do harm: what others have pushed stays, and promtool takes every scrape.
@Suite(.sharesMachine)
struct PushHostileTests {
    private static let good = (0..<3).map { "good_\($0)_total{instance=\"\",job=\"good\",n=\"1\"} \($0)" }

    private static func pushGood(_ proxy: ProxyProcess) throws {
        let body = (0..<3).map { "# TYPE good_\($0)_total counter\ngood_\($0)_total{n=\"1\"} \($0)\n" }.joined()
        try put(body, "/metrics/job/good").play(against: proxy, "good")
    }

    /// What must hold whatever was pushed.
    private static func expectGood(_ proxy: ProxyProcess, after name: String) async throws {
        let page = try proxy.scrape()
        for line in good { #expect(try page.has(line), "\(name): \(line) in \(page.text.suffix(2000))") }
        #expect(page.repeated == [], "\(name)")
        let refusal = try await refusalOfPromtool(of: Array(page.text.utf8))
        #expect(refusal == nil, "\(name): \(page.text.suffix(2000))")
        for part in ["\nforged", "\nexporter_proxy_", "clearmode", "__name__"] {
            #expect(page.lacks(part), "\(name): \(part) in \(page.text.suffix(2000))")
        }
    }

    /// In one proxy, one after the other: harm may also come of what earlier pushes have left.
    private static func push(_ requests: [HTTPRequest], statuses: [Int]) async throws {
        try await withProxy { proxy in
            try pushGood(proxy)
            for request in requests {
                let answer = try proxy.send(request)
                #expect(statuses.contains(answer.status), "\(request): \(answer.status) \(answer.text.prefix(500))")
                // One line for each error, and at most twenty of them.
                #expect(answer.text.utf8.count < 20_000 && answer.text.split(separator: "\n").count < 30, "\(request)")
                try await expectGood(proxy, after: "\(request)")
            }
            let groups = try proxy.send(HTTPRequest("GET /api/v1/metrics"))
            #expect(groups.status == 200)
            _ = try JSONDecoder().decode(JSONCase.self, from: Data(groups.body))
            let page = try proxy.send(HTTPRequest("GET /"))
            #expect(page.status == 200 && !page.text.contains("<img") && !page.text.contains("<script>alert"))
        }
    }

    // MARK: Paths

    static let harmlessPaths = [
        "a%22%7D%201%0Aforged%201%0Ax%7By%3D%22", "a%0Aforged%201", "a%5C", "a%5C%22", "%5C%6E", "a%0D", "a%7B%7D",
        "%3Cscript%3Ealert(1)%3C/script%3E",
        "%3Cimg%20src=x%20onerror=alert(1)%3E", "a+b", "%E2%80%AE", "%F0%9F%92%A5", "a/x@base64/IgpmYXJnZWQgMQo",
        "a/x@base64/IgpmYXJnZWQgMQo=",
        "a/x@base64/=", "a/good_0_total/1", "a/job/b", "a/instance/", String(repeating: "a", count: 900),
    ]

    @Test(.needs(.promtool)) func pathThatIsOnlyStrange_IsEscaped() async throws {
        try await Self.push(
            Self.harmlessPaths.map { HTTPRequest("PUT /metrics/job/\($0)", "m{x=\"y\"} 1\n") }, statuses: [200, 400])
    }

    /// A value that is not UTF-8 ends all scrapes of Pushgateway 1.5.1.
    static let badPaths = [
        "a/bad-name/x", "a/1x/y", "a/x", "a/%C3%A9/x", "a/%/x", "a/x%22%3D%22/y", "a/__name__/forged", "a/__x__/y",
        "a/x@base64/%22",
        "a/x@base64/!!!", "a/x@base64/gICA", "a/x/%FF", "a/x/%C3%28", "a/x/%ED%A0%80", "a/x%0A/y", "a/x%00/y",
        "a/x@base65/y", "a/x@/y", "a/@base64/eQ", "%FF",
    ]

    @Test(.needs(.promtool)) func pathThatNamesNoGroup_IsRefused() async throws {
        for method in ["PUT", "POST", "DELETE"] {
            try await Self.push(
                Self.badPaths.map { HTTPRequest("\(method) /metrics/job/\($0)", method == "DELETE" ? "" : "m 1\n") },
                statuses: [400, 404])
        }
    }

    @Test(.needs(.promtool)) func pathBeyondTheLimits_IsRefused() async throws {
        let many = (0..<2000).map { "/l\($0)/v" }.joined()
        let long = String(repeating: "a", count: 100_000)
        try await Self.push(
            [many, "/x/\(long)", "/\(long)/x"].map { HTTPRequest("PUT /metrics/job/a\($0)", "m 1\n") },
            statuses: [400, 414, 431])
    }

    // MARK: Bodies

    static let badBodies: [String: String] = [
        "own metric": "exporter_proxy_x 1\n",
        "own metric in its type": "# TYPE exporter_proxy_up gauge\nexporter_proxy_up 1\n",
        "push time": "push_time_seconds 1\n", "push failure": "push_failure_time_seconds{job=\"good\"} 1\n",
        "the name as a label": "m{__name__=\"forged\"} 1\n", "only the name": "{__name__=\"forged\"} 1\n",
        "label twice": "m{a=\"1\",a=\"2\"} 1\n", "series twice": "m 1\nm 2\n",
        "series twice, other order": "m{a=\"1\",b=\"2\"} 1\nm{b=\"2\",a=\"1\"} 1\n",
        "equal by the path": "m{job=\"x\"} 1\nm{job=\"y\"} 1\n", "timestamp": "m 1 1\n", "no value": "m\n",
        "no number": "m x\n",
        "no end of labels": "m{a=\"1\n", "no end of a value": "m{a=\"1} 1\n", "not a line": "!\n",
        "truncated": "ok 1\nm{a=\"",
        "zero in a name": "m\0 1\n", "words": "hello world, this is text\n",
        "type twice": "# TYPE m gauge\n# TYPE m counter\nm 1\n",
        "no such type": "# TYPE m speed\nm 1\n", "type of another group": "# TYPE good_0_total gauge\ngood_0_total 9\n",
        "no number as a bound": "# TYPE h histogram\nh_bucket{le=\"x\"} 1\nh_count 1\n",
        "label like a bad name": "m{a-b=\"1\"} 1\n", "no such mode": "m{clearmode=\"add\"} 1\n",
        "mode without end": "m{clearmode=\"sum99999999999999999h\"} 1\n",
        "mean of nothing": "m{clearmode=\"mean0s\"} 1\n",
        "protobuf as text": "\u{1C}\n\u{B}some_metric\u{18}\u{3}\"\u{B}*\t",
    ]

    @Test(.needs(.promtool)) func bodyThatDoesHarm_IsRefused() async throws {
        for line in ["PUT /metrics/job/bad", "POST /metrics/job/bad", "POST /metrics"] {
            try await withProxy { proxy in
                try Self.pushGood(proxy)
                for (name, body) in Self.badBodies.sorted(by: { $0.key < $1.key }) {
                    let answer = try proxy.send(HTTPRequest(line, body))
                    // Without a job nothing overrides the label.
                    let isFine = name == "equal by the path" && line == "POST /metrics"
                    #expect(answer.status == (isFine ? 200 : 400), "\(line), \(name): \(answer.status) \(answer.text)")
                    #expect(isFine || !answer.text.isEmpty && answer.text.utf8.count < 4000, "\(name): \(answer.text)")
                    try await Self.expectGood(proxy, after: name)
                }
                #expect(try proxy.scrape().lacks("\nok"))
            }
        }
    }

    /// Answered one way or the other: what is kept must not harm.
    static let oddBodies: [String: String] = [
        "no bound": "# TYPE h histogram\nh_bucket 1\nh_count 1\n",
        "up": "up 1\nscrape_duration_seconds 5\n", "zero in a value": "m{a=\"x\0y\"} 1\n", "cr": "m 1\r\nn 2\r\n",
        "byte order mark": "\u{FEFF}m 1\n",
        "escapes": "m{a=\"\\\\\\\"\\n\"} 1\n", "unknown escape": "m{a=\"\\t\"} 1\n",
        "help with escapes": "# HELP m a\\nb\\\\c\nm 1\n",
        "end in the middle": "m 1\n# EOF\nn 1\n", "too large a number": "m 1e999\n",
        "histogram that falls": "# TYPE h histogram\nh_bucket{le=\"1\"} 5\nh_bucket{le=\"2\"} 3\nh_count 3\n",
        "counts that differ": "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 5\nh_count 7\n",
        "negative counts": "# TYPE h histogram\nh_bucket{le=\"+Inf\"} -5\nh_count -5\n",
        "bound twice": "# TYPE h histogram\nh_bucket{le=\"1\"} 5\nh_bucket{le=\"1.0\"} 5\nh_count 5\n",
        "NaN as a bound": "# TYPE h histogram\nh_bucket{le=\"NaN\"} 5\nh_count 5\n",
        "a value in a histogram": "# TYPE h histogram\nh 1\n",
        "quantile that is none": "# TYPE s summary\ns{quantile=\"x\"} 1\ns_count 1\n",
        "suffixes": "# TYPE s summary\ns_count 1\n# TYPE s_count gauge\ns_count 2\n",
        "suffixes, in reverse": "s_count 1\n# TYPE s summary\ns{quantile=\"1\"} 2\n",
        "bucket of nothing": "h_bucket{le=\"1\"} 1\n", "type after its samples": "m 1\n# TYPE m gauge\n",
        "help twice": "# HELP m a\n# HELP m b\nm 1\n",
        "empty labels": "m{a=\"\"} 1\nm 2\n", "job in the body": "m{job=\"good\",instance=\"\"} 1\n",
        "the series of another": "good_0_total{job=\"good\",n=\"1\"} 9\n",
        "markup": "m{a=\"<img src=x onerror=alert(1)>\"} 1\n# HELP m <script>alert(1)</script>\n",
        "mode twice": "m{clearmode=\"sum\",clearmode=\"max\"} 1\n",
        "mode without a word": "m{clearmode=\"\"} 1\n",
        "mean of a histogram": "# TYPE h histogram\nh_bucket{le=\"+Inf\",clearmode=\"mean5m\"} 1\nh_count 1\n",
        "two modes in one metric":
            "# TYPE h histogram\nh_bucket{le=\"+Inf\",clearmode=\"sum\"} 1\nh_count{clearmode=\"replace\"} 1\n",
        "sums that overflow": "m{clearmode=\"sum\"} 1.7e308\n", "sums of nothing": "m{clearmode=\"sum\"} NaN\n",
        "mean without end": "m{clearmode=\"mean\"} +Inf\n",
    ]

    @Test(.needs(.promtool)) func bodyThatIsOdd_LeavesAPageThatPromtoolTakes() async throws {
        let bodies = Self.oddBodies.sorted { $0.key < $1.key }.map(\.value)
        let lines = [
            "PUT /metrics/job/odd", "POST /metrics/job/odd", "POST /metrics", "PUT /metrics/job/odd?clearmode=sum",
        ]
        for line in lines {
            try await Self.push(bodies.map { HTTPRequest(line, $0) }, statuses: [200, 400])
        }
    }

    // MARK: Bytes

    private static let protobuf =
        "Content-Type: application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

    static let bytes: [(name: String, bytes: [UInt8], headers: [String])] = [
        ("help that is not UTF-8", Array("# HELP d a".utf8) + [0xC3, 0x28] + Array("b\nd 1\n".utf8), []),
        ("value that is not UTF-8", Array("d{x=\"".utf8) + [0xFF] + Array("\"} 1\n".utf8), []),
        ("name that is not UTF-8", [0xE9] + Array(" 1\n".utf8), []),
        ("half a surrogate pair", Array("d{x=\"".utf8) + [0xED, 0xA0, 0x80] + Array("\"} 1\n".utf8), []),
        ("utf-16", [0xFF, 0xFE] + Array("d 1\n".utf8).flatMap { [$0, 0] }, []),
        ("zeros", [UInt8](repeating: 0, count: 200), []), ("every byte", Array(0...255), []),
        ("no gzip", Array("d 1\n".utf8), ["Content-Encoding: gzip"]),
        ("the head of gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], ["Content-Encoding: gzip"]),
        ("no zstd", [0x28, 0xB5, 0x2F, 0xFD, 0xFF, 0xFF], ["Content-Encoding: zstd"]),
        ("no snappy", [0xFF, 6, 0, 0] + Array("sNaPpY".utf8) + [0, 0xFF, 0xFF, 0xFF], ["Content-Encoding: snappy"]),
        ("no deflate", [0x78, 0x9C, 1, 2, 3], ["Content-Encoding: deflate"]),
        ("no protobuf", Array("d 1\n".utf8), [protobuf]),
        ("a length without end", [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [protobuf]),
        ("a length beyond the body", [0xFF, 0xFF, 0xFF, 0x7F, 0x0A], [protobuf]),
        ("OpenMetrics without its end", Array("d 1\n# EOF".dropLast(3).utf8), [PushGravelTests.openMetrics]),
    ]

    @Test(.needs(.promtool)) func bytesThatAreNoText_AreRefused() async throws {
        try await withProxy { proxy in
            try Self.pushGood(proxy)
            for (name, bytes, headers) in Self.bytes {
                let answer = try proxy.send(HTTPRequest("PUT /metrics/job/bytes", bytes, headers: headers))
                // OpenMetrics that does not end is read as far as it goes, and a help text is mended.
                let isFine = name.hasPrefix("OpenMetrics") || name.hasPrefix("help")
                #expect(isFine || answer.status == 400, "\(name): \(answer.status) \(answer.text)")
                try await Self.expectGood(proxy, after: name)
            }
        }
    }

    // MARK: Sizes

    /// Bombs, made by Python: 128 MiB of comments in each coding.
    private static func bomb(_ script: String) async throws -> [UInt8] {
        let child = try ChildProcess(Tool.python.path(), ["-c", "import sys, gzip, zlib\n\(script)"])
        guard try await child.exit() == .status(0) else { throw TestFailure(child.errorText) }
        return child.output
    }

    @Test(.needs(.promtool, .python)) func bomb_IsRefused_AtItsLimit() async throws {
        let data = "b = b'#' * (1 << 27)\n"
        let gzip = try await Self.bomb(data + "sys.stdout.buffer.write(gzip.compress(b, 1))")
        let twice = try await Self.bomb(data + "sys.stdout.buffer.write(gzip.compress(gzip.compress(b, 1)))")
        let deflate = try await Self.bomb(data + "sys.stdout.buffer.write(zlib.compress(b, 1))")
        let members = try await Self.bomb("sys.stdout.buffer.write(gzip.compress(b'#' * (1 << 20), 9) * 200)")
        try await withProxy { proxy in
            try Self.pushGood(proxy)
            let before = try proxy.residentBytes()
            for (coding, bytes) in [("gzip", gzip), ("gzip, gzip", twice), ("deflate", deflate), ("gzip", members)] {
                let push = HTTPRequest("PUT /metrics/job/bomb", bytes, headers: ["Content-Encoding: \(coding)"])
                let answer = try proxy.send(push)
                #expect(answer.status == 413, "\(coding): \(answer.status) \(answer.text)")
                try await Self.expectGood(proxy, after: coding)
            }
            let peak = try proxy.residentBytes("VmHWM")
            #expect(peak < before + (128 << 20), "grew from \(before) to \(peak)")
        }
    }

    @Test(.needs(.promtool)) func bodyBeyondTheLimit_IsRefused() async throws {
        try await withProxy { proxy in
            try Self.pushGood(proxy)
            let large = HTTPRequest("PUT /metrics/job/a", [UInt8](repeating: UInt8(ascii: "#"), count: 61 << 20))
            #expect(try proxy.send(large).status == 413)
            let path = String(repeating: "x", count: 2 << 20)
            for body in ["m{a=\"\(path)\"} 1\n", "\(path) 1\n", "m{\(path)=\"a\"} 1\n"] {
                let answer = try proxy.send(HTTPRequest("PUT /metrics/job/a", body))
                #expect([400, 413].contains(answer.status), "\(body.prefix(20)): \(answer.status)")
                #expect(answer.text.utf8.count < 4000, "\(body.prefix(20))")
            }
            let labels = "m{" + (0..<500).map { "l\($0)=\"v\"" }.joined(separator: ",") + "} 1\n"
            #expect(try proxy.send(HTTPRequest("PUT /metrics/job/a", labels)).status == 400)
            let series = (0..<60_000).map { "m{a=\"\($0)\"} 1\n" }.joined()
            #expect([400, 413].contains(try proxy.send(HTTPRequest("PUT /metrics/job/a", series)).status))
            try await Self.expectGood(proxy, after: "sizes")
            // The largest that is pushed again is a gauge of one value: the group is as good as new.
            try put("m 1\n", "/metrics/job/a").play(against: proxy, "after")
        }
    }

    @Test func bodyThatEndsEarly_LeavesNoTrace() async throws {
        try await withProxy { proxy in
            try put("m 1\n", "/metrics/job/a").play(against: proxy, "whole")
            for headers in [[], ["Content-Encoding: gzip"]] {
                var cut = HTTPRequest("PUT /metrics/job/a", "m 2\n", headers: headers)
                cut.length = 1000
                let answer = try? proxy.send(cut)
                #expect(answer == nil || answer?.status == 400, "\(String(describing: answer))")
            }
            let chunked = try SocketClient.tcp(proxy.httpPort)
            try chunked.send(
                "PUT /metrics/job/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nm 3\n\r\n")
            chunked.endSending()
            _ = try chunked.readToEnd()
            #expect(try proxy.scrape().has("m{instance=\"\",job=\"a\"} 1"))
        }
    }

    @Test(.needs(.promtool)) func headersInFloods_AreRefused() async throws {
        let long = "X-A: \(String(repeating: "a", count: 40_000))"
        let many = (0..<5000).map { "X-\($0): a" }
        for headers in [[long], many] {
            try await Self.push([HTTPRequest("PUT /metrics/job/a", "m 1\n", headers: headers)], statuses: [431])
        }
    }

    // MARK: By chance

    @Test(.needs(.promtool), arguments: 0..<6)
    func randomPushes_LeaveAPageThatPromtoolTakes(seed: UInt64) async throws {
        var bodies = RandomBodies(seed: seed)
        var chance = SeededChoice(seed: seed)
        let modes = [
            "", "", "", "?clearmode=sum", "?clearmode=max", "?clearmode=mean5m", "?clearmode=family", "?reset=1",
        ]
        try await withProxy(["push.default": seed % 2 == 0 ? "\"replace\"" : "\"aggregate\""]) { proxy in
            try Self.pushGood(proxy)
            var stored = 0
            for round in 0..<6 {
                for _ in 0..<60 {
                    let path = chance.one(of: ["", "/job/a", "/job/a/x/1", "/job/b", "/job/b/instance/i"])
                    let method = path.isEmpty ? "POST" : chance.one(of: ["PUT", "POST", "POST"])
                    let push = HTTPRequest("\(method) /metrics\(path)\(chance.one(of: modes))", bodies.body())
                    let answer = try proxy.send(push)
                    #expect([200, 400].contains(answer.status), "seed \(seed): \(push): \(answer.status)")
                    stored += answer.status == 200 ? 1 : 0
                }
                try await Self.expectGood(proxy, after: "seed \(seed), round \(round)")
            }
            #expect(stored > 5, "hardly anything was stored")
        }
    }
}

extension ProxyProcess {
    /// A line of /proc/<pid>/status, such as VmRSS or VmHWM: what it holds, what it has held at most.
    fileprivate func residentBytes(_ key: String = "VmRSS") throws -> Int {
        let status = String(decoding: TemporaryFolder.read("/proc/\(child.pid)/status"), as: UTF8.self)
        for line in status.split(separator: "\n") where line.hasPrefix("\(key):") {
            if let kilobytes = Int(line.filter(\.isNumber)) { return kilobytes * 1024 }
        }
        throw TestFailure("no \(key) in /proc")
    }
}
