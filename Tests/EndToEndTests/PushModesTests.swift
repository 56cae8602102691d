import TestSupport
import Testing

/// Clear modes: the words, where they can stand, how they meet the methods, and what ends with time.
@Suite(.sharesMachine)
struct PushModesTests {
    private static func sample(_ mode: String, _ value: Double) -> String {
        "# TYPE m gauge\nm{clearmode=\"\(mode)\"} \(value)\n"
    }

    // MARK: Words

    struct Word: Sendable, CustomTestStringConvertible {
        var mode: String
        var values: [Double]
        var result: Double
        /// What stands there when the window is over; nil where the series has gone.
        var rest: Double?
        var testDescription: String { mode }
    }

    static let words: [Word] = [
        Word(mode: "aggregate", values: [1, 2, 4], result: 7),
        Word(mode: "sum", values: [1, 2, 4], result: 7, rest: 0),
        Word(mode: "replace", values: [1, 4, 2], result: 2),
        Word(mode: "family", values: [1, 4, 2], result: 2),
        Word(mode: "info", values: [1, 4, 2], result: 2),
        Word(mode: "min", values: [3, 1, 2], result: 1),
        Word(mode: "max", values: [1, 3, 2], result: 3),
        Word(mode: "last", values: [1, 3, 2], result: 2),
        Word(mode: "mean", values: [1, 2, 6], result: 3),
        Word(mode: "median", values: [1, 9, 2], result: 2),
        Word(mode: "p90", values: [5, 5, 5], result: 5),
    ]

    @Test(.needs(.promtool), arguments: words) func mode_SaysWhatBecomesOfValues(word: Word) async throws {
        try await withProxy { proxy in
            for value in word.values { try post(Self.sample(word.mode, value)).play(against: proxy, word.mode) }
            let page = try proxy.scrape(keepsEmptyLabels: false)
            try await PushSequence.expect(page, has: ["m \(word.result)"], lacks: [], word.mode)
        }
    }

    @Test(.needs(.promtool)) func window_EndsWithTime_AlsoWhenNobodyPushes() async throws {
        let words = Self.words.filter { !["aggregate", "replace", "family", "info", "p90"].contains($0.mode) }
        try await withProxy { proxy in
            for word in words {
                for value in word.values {
                    try post("long_\(word.mode){clearmode=\"\(word.mode)10m\"} \(value)\n").play(
                        against: proxy, word.mode)
                }
                // One push, so that no value leaves the window between two of them on a slow machine.
                try post("short_\(word.mode){clearmode=\"\(word.mode)2s\"} 5\n").play(against: proxy, word.mode)
            }
            try await wait(until: "the short windows are over") {
                let page = try proxy.scrape(keepsEmptyLabels: false)
                return try words.allSatisfy { word in
                    try word.rest.map { try page.has("short_\(word.mode) \($0)") } ?? page.lacks("\nshort_\(word.mode)")
                }
            }
            let long = words.map { "long_\($0.mode) \($0.result)" }
            try await PushSequence.expect(proxy.scrape(keepsEmptyLabels: false), has: long, lacks: [], "over")
            for word in words {
                try post("short_\(word.mode){clearmode=\"\(word.mode)10m\"} 7\n").play(against: proxy, "again")
            }
            let again = words.map { "short_\($0.mode) 7" }
            try await PushSequence.expect(proxy.scrape(keepsEmptyLabels: false), has: again + long, lacks: [], "again")
        }
    }

    /// The window is served for as long as it is said, and not only until somebody looks.
    @Test func valueWithinTheWindow_IsServed() async throws {
        try await withProxy { proxy in
            let start = ContinuousClock.now
            try post("m{clearmode=\"mean3s\"} 4\n").play(against: proxy, "mean3s")
            try await wait(until: "the window is over") {
                let page = try proxy.scrape(keepsEmptyLabels: false)
                let isThere = try page.has("m 4")
                let age = ContinuousClock.now - start
                #expect(isThere || age > .seconds(2.9), "gone after \(age)")
                #expect(isThere || page.lacks("\nm"), "\(page.text)")
                return !isThere
            }
        }
    }

    @Test(arguments: [
        "add", "sum5", "sum5x", "mean5x3m", "mean-5m", "mean0s", "sum99999999999999999999h", "p101", "p", "pNaN",
        "sum 5m", "\\n",
    ])
    func unknownMode_IsRefused(mode: String) async throws {
        try await withProxy { proxy in
            try post("ok 1\n\(Self.sample(mode, 1))", status: 400).play(against: proxy, mode)
            if !mode.contains("\\"), !mode.contains(" ") {
                try post("ok 1\n", "/metrics?clearmode=\(mode)", status: 400).play(against: proxy, mode)
                try post("ok 1\n", "/metrics", "Clearmode: \(mode)", status: 400).play(against: proxy, mode)
            }
            #expect(try proxy.scrape().lacks("ok"))
        }
    }

    // MARK: Places

    static let places: [PushSequence] = [
        .init(
            "a counter at /metrics", post(PushGravelTests.counter("1")), post(PushGravelTests.counter("1")),
            has: ["c 2"]),
        .init("untyped at /metrics", post("c 1\n"), post("c 1\n"), has: ["c 2"]),
        .init("a gauge at /metrics", post("# TYPE c gauge\nc 1\n"), post("# TYPE c gauge\nc 1\n"), has: ["c 1"]),
        .init(
            "a path with a job", post("c 1\n", "/metrics/job/j"), post("c 1\n", "/metrics/job/j"),
            has: ["c{job=\"j\"} 1"]),
        .init(
            "a label on a path with a job", post("c{clearmode=\"sum\"} 1\n", "/metrics/job/j"),
            post("c{clearmode=\"sum\"} 1\n", "/metrics/job/j"), has: ["c{job=\"j\"} 2"]),
        .init(
            "a label with PUT", put("c{clearmode=\"sum\"} 1\n", "/metrics/job/j"),
            put("c{clearmode=\"sum\"} 1\n", "/metrics/job/j"), has: ["c{job=\"j\"} 2"]),
        .init(
            "in the query", post("c 1\n", "/metrics/job/j?clearmode=sum"),
            post("c 1\n", "/metrics/job/j?clearmode=sum"),
            has: ["c{job=\"j\"} 2"]),
        .init(
            "in the query of /metrics", post("c 1\n", "/metrics?clearmode=max"),
            post("c 3\n", "/metrics?clearmode=max"),
            post("c 2\n", "/metrics?clearmode=max"), has: ["c 3"]),
        .init(
            "in a header", post("c 1\n", "/metrics/job/j", "Clearmode: sum"),
            post("c 1\n", "/metrics/job/j", "clearmode: sum"), has: ["c{job=\"j\"} 2"]),
        .init(
            "label over header", post("c{clearmode=\"sum\"} 1\n", "/metrics", "Clearmode: replace"),
            post("c{clearmode=\"sum\"} 1\n", "/metrics", "Clearmode: replace"), has: ["c 2"]),
        .init(
            "family in a header", post("i{v=\"1\"} 1\n", "/metrics", "Clearmode: family"),
            post("i{v=\"2\"} 1\n", "/metrics", "Clearmode: family"), has: ["i{v=\"2\"} 1"], lacks: ["v=\"1\""]),
        .init(
            "the default of the configuration", post("c 1\n", "/metrics/job/j"), post("c 1\n", "/metrics/job/j"),
            has: ["c{job=\"j\"} 2"], settings: ["push.default": "\"aggregate\""]),
    ]

    @Test(.needs(.promtool), arguments: places) func mode_CanBeSaidInManyPlaces(sequence: PushSequence) async throws {
        try await sequence.play()
    }

    /// For clients that know nothing of modes.
    @Test(.needs(.promtool)) func rule_SetsTheMode_ByJobAndMetric() async throws {
        let rules = """
            [[push.rule]]
            job = "batch-*"
            metric = "*_max"
            clearmode = "max"
            [[push.rule]]
            job = "batch-*"
            metric = "*"
            clearmode = "sum"

            """
        let sequence = PushSequence(
            "rules", post("n 1\nn_max 3\n", "/metrics/job/batch-1"), post("n 1\nn_max 2\n", "/metrics/job/batch-1"),
            post("n 1\n", "/metrics/job/other"), post("n 1\n", "/metrics/job/other"),
            has: ["n{job=\"batch-1\"} 2", "n_max{job=\"batch-1\"} 3", "n{job=\"other\"} 1"])
        try await sequence.play(more: rules)
    }

    // MARK: Methods

    static let methods: [PushSequence] = [
        .init(
            "PUT leaves what aggregates", post("a{clearmode=\"sum\"} 1\nb 1\n", "/metrics/job/j"),
            put("c 1\n", "/metrics/job/j"), has: ["a{job=\"j\"} 1", "c{job=\"j\"} 1"], lacks: ["\nb"]),
        .init(
            "PUT with reset clears it", post("a{clearmode=\"sum\"} 1\nb 1\n", "/metrics/job/j"),
            put("c 1\n", "/metrics/job/j?reset=1"), has: ["c{job=\"j\"} 1"], lacks: ["\na", "\nb"]),
        .init(
            "POST clears the family of what replaces",
            post("m{clearmode=\"sum\",x=\"1\"} 1\nm{x=\"2\"} 1\n", "/metrics/job/j"),
            post("m{x=\"3\"} 1\n", "/metrics/job/j"),
            has: ["m{job=\"j\",x=\"1\"} 1", "m{job=\"j\",x=\"3\"} 1"], lacks: ["x=\"2\""]),
        .init(
            "another mode begins with its value", post("m{clearmode=\"sum\"} 5\n"), post("m{clearmode=\"max\"} 3\n"),
            post("m{clearmode=\"sum\"} 1\n"), post("m{clearmode=\"sum\"} 1\n"), has: ["m 2"]),
        .init(
            "DELETE forgets what was added up", post("m{clearmode=\"sum\"} 5\n", "/metrics/job/j"),
            delete("/metrics/job/j"),
            post("m{clearmode=\"sum\"} 1\n", "/metrics/job/j"), has: ["m{job=\"j\"} 1"]),
        .init(
            "wipe forgets everything", post("m 5\n"), put("n 1\n", "/metrics/job/j"),
            put("", "/api/v1/admin/wipe", status: 202),
            post("m 1\n"), has: ["m 1"], lacks: ["\nn", "\"j\""], settings: ["web.enable_admin_api": "true"]),
        .init(
            "a key that comes twice", post("c 1\n", "/metrics", "Idempotency-Key: a"),
            post("c 1\n", "/metrics", "Idempotency-Key: a"), post("c 1\n", "/metrics", "Idempotency-Key: b"),
            post("c 1\n"),
            has: ["c 3"]),
        .init(
            "a key that was refused", post("c 1 5\n", "/metrics", "Idempotency-Key: a", status: 400),
            post("c 1 5\n", "/metrics", "Idempotency-Key: a", status: 400), lacks: ["\nc"]),
    ]

    @Test(.needs(.promtool), arguments: methods) func methods_MeetModes(sequence: PushSequence) async throws {
        try await sequence.play()
    }

    @Test func selector_DeletesWhatItFinds() async throws {
        try await withProxy(["web.enable_admin_api": "true"]) { proxy in
            for step in [put("a{x=\"1\"} 1\na{x=\"2\"} 1\n", "/metrics/job/j"), put("b 1\n", "/metrics/job/k")] {
                try step.play(against: proxy, "fill")
            }
            // {job="j",x=~"2"}
            let path = "/api/v1/metrics?match%5B%5D=%7Bjob%3D%22j%22%2Cx%3D~%222%22%7D"
            for (query, isGone) in [("&dry_run=1", false), ("&older_than=1h", false), ("", true)] {
                let answer = try proxy.send(HTTPRequest("DELETE \(path)\(query)"))
                #expect([200, 202].contains(answer.status), "\(query): \(answer.status) \(answer.text)")
                let page = try proxy.scrape()
                #expect(
                    page.lacks("x=\"2\"") == isGone && !page.lacks("x=\"1\"") && !page.lacks("\nb{"), "\(page.text)")
            }
        }
    }

    @Test(arguments: [("DELETE", "/api/v1/metrics?match%5B%5D=a"), ("PUT", "/api/v1/admin/wipe")])
    func deletingMuch_IsOffUnlessSwitchedOn(method: String, path: String) async throws {
        try await withProxy { proxy in
            try put("a 1\n", "/metrics/job/j").play(against: proxy, path)
            let answer = try proxy.send(HTTPRequest("\(method) \(path)"))
            #expect((400..<500).contains(answer.status), "\(answer.text)")
            #expect(try proxy.scrape().has("a{instance=\"\",job=\"j\"} 1"))
        }
    }

    // MARK: Time

    @Test(arguments: ["header", "configuration"]) func whatExpires_Goes_AndGoesOnFromItsBase(place: String) async throws
    {
        let isHeader = place == "header"
        try await withProxy(isHeader ? [:] : ["push.expire_after": "\"2s\""]) { proxy in
            let headers = isHeader ? ["Push-Expires-After: 2s"] : []
            let body = "# TYPE c counter\nc{clearmode=\"sum\"} 5\n# TYPE g gauge\ng 1\n"
            let push = HTTPRequest("POST /metrics/job/j", body, headers: headers)
            let stay = HTTPRequest(
                "POST /metrics/job/k", "stay 1\n", headers: isHeader ? [] : ["Push-Expires-After: 1h"])
            for request in [push, stay] { #expect(try proxy.send(request).status == 200, "\(request)") }
            try await wait(until: "both are gone") {
                let page = try proxy.scrape()
                return page.lacks("\nc{") && page.lacks("\ng{")
            }
            #expect(try proxy.send(push).status == 200)
            let page = try proxy.scrape(keepsEmptyLabels: false)
            #expect(
                try page.has("c{job=\"j\"} 10") && page.has("g{job=\"j\"} 1") && page.has("stay{job=\"k\"} 1"),
                "\(page.text)")
        }
    }

    @Test(arguments: ["soon", "-1s", "99999999999999999999h"])
    func expiryThatIsNoTime_IsRefused(text: String) async throws {
        try await withProxy { proxy in
            let push = HTTPRequest("POST /metrics/job/j", "m 1\n", headers: ["Push-Expires-After: \(text)"])
            let answer = try proxy.send(push)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(try proxy.scrape().lacks("\nm"))
        }
    }
}
