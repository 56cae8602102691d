import TestSupport
import Testing

/// Sequences of requests from Pushgateway's own tests, pages and issues.
@Suite(.sharesMachine)
struct PushgatewayCasesTests {
    /// What we answer on purpose where Pushgateway answers otherwise.
    struct Difference {
        var reason: String
        var statuses: [Int]
        var has: [String] = []
    }

    static let differences: [String: Difference] = [
        "push-no-job": Difference(reason: "POST /metrics is for those who aggregate without a job", statuses: [200]),
        "inconsistent-type-own-metric": Difference(
            reason: "go_goroutines is no metric of ours", statuses: [200],
            has: ["# TYPE go_goroutines counter", "go_goroutines{instance=\"\",job=\"job1\"} 5"]),
        "no-final-newline": Difference(
            reason: "a last line need not end", statuses: [200], has: ["a{instance=\"\",job=\"j\"} 1"]),
        "labels-job-percent-2F": Difference(
            reason: "a slash that was encoded does not split", statuses: [200],
            has: ["m{instance=\"\",job=\"a/b\"} 1"]),
        "unchecked-push": Difference(
            reason: "pushes are always checked: it costs no more than they are long", statuses: [200],
            has: ["m{instance=\"\",job=\"a\"} 1"]),
    ]

    /// What Debian's version does not have yet.
    static let newer: Set = ["gzip-upper-case", "snappy-framed"]

    private static let settings = ["--web.enable-admin-api": ["web.enable_admin_api": "true"]]

    @Test(.needsConformanceCases) func casesOfPushgateway_HoldForUs() async throws {
        let cases = try ConformanceCases.load("pushgateway-http.json")["cases"].array
        #expect(cases.count >= 65)
        for item in cases {
            let id = item["id"].string ?? ""
            let settings = Self.flags(item).compactMap { Self.settings[$0] }.first ?? [:]
            try await PushService.proxy.run(settings: settings) {
                try Self.play(item, against: $0, but: Self.differences[id])
            }
        }
        #expect(Set(Self.differences.keys).isSubset(of: cases.compactMap { $0["id"].string }))
    }

    /// That the cases are read as they are meant.
    @Test(.needsConformanceCases, .needs(.pushgateway)) func casesOfPushgateway_HoldForPushgateway() async throws {
        for item in try ConformanceCases.load("pushgateway-http.json")["cases"].array
        where !Self.newer.contains(item["id"].string ?? "") {
            try await PushService.pushgateway.run(flags: Self.flags(item)) {
                try Self.play(item, against: $0, but: nil)
            }
        }
    }

    private static func flags(_ item: JSONCase) -> [String] { item["config"].array.compactMap(\.string) }

    private static func play(_ item: JSONCase, against door: any PushDoor, but difference: Difference?) throws {
        let id = item["id"].string ?? ""
        for step in item["steps"].array {
            try PushStep(
                request(step), statuses: difference?.statuses ?? statuses(step), answerHas: step["body_has"].string
            ).play(against: door, id)
        }
        let page = try door.scrape()
        for line in difference?.has ?? item["has"].array.compactMap(\.string) {
            #expect(try page.has(line), "\(id): \(line) in\n\(page.text)")
        }
        for part in difference == nil ? item["lacks"].array.compactMap(\.string) : [] {
            #expect(page.lacks(part), "\(id): \(part) in\n\(page.text)")
        }
    }

    private static func request(_ step: JSONCase) -> HTTPRequest {
        let body = step["body_b64"].string.map { JSONCase.object(["base64": .string($0)]).bytes } ?? step["body"].bytes
        let headers = step["headers"].object.map { "\($0.key): \($0.value.string ?? "")" }
        return HTTPRequest("\(step["method"].string ?? "") \(step["path"].string ?? "")", body, headers: headers)
    }

    private static func statuses(_ step: JSONCase) -> [Int] {
        let status = step["status"]
        return (status.array.isEmpty ? [status] : status.array).compactMap { $0.number.map { Int($0) } }
    }

    /// In place of the case with `go_goroutines`.
    @Test func ourOwnMetrics_CannotBePushed() async throws {
        try await withProxy(["telemetry.merge": "true"]) { proxy in
            for name in ["exporter_proxy_sources", "exporter_proxy_new", "push_time_seconds"] {
                let answer = try proxy.send(HTTPRequest("PUT /metrics/job/job1", "ok 1\n\(name) 5\n"))
                #expect(answer.status == 400 && answer.text.contains(name), "\(name): \(answer.text)")
            }
            let page = try proxy.scrape()
            #expect(try page.has("push_failure_time_seconds{instance=\"\",job=\"job1\"} >0"), "\(page.text)")
            #expect(try page.has("push_time_seconds{instance=\"\",job=\"job1\"} 0"), "\(page.text)")
            #expect(page.lacks("\nok"), "\(page.text)")
        }
    }
}
