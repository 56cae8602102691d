import Foundation
import Testing

@testable import ExporterProxy

private let id = "0123456789abcdef0123456789abcdef"

private func report(_ change: (inout SentryReport) -> Void = { _ in }) -> SentryReport {
    var report = SentryReport(
        generator: "eu/db.py", path: "eu", reason: "exception", text: "KeyError: 'host'",
        details: "Traceback:\n  line \"1\"\n", isPython: true, at: .example)
    change(&report)
    return report
}

/// The three lines of an envelope, read by another reader.
private struct Envelope {
    var head: [String: Any]
    var itemHead: [String: Any]
    var event: [String: Any]
    var eventBytes: Int

    init(_ report: SentryReport) throws {
        let text = String(decoding: report.envelope(id: id, serverName: "machine"), as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        try #require(lines.count == 4 && lines[3].isEmpty)
        func object(_ line: Substring) throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        (head, itemHead, event) = (try object(lines[0]), try object(lines[1]), try object(lines[2]))
        eventBytes = lines[2].utf8.count
    }

    var tags: [String: String] { event["tags"] as? [String: String] ?? [:] }
    var exception: [String: String] {
        ((event["exception"] as? [String: Any])?["values"] as? [[String: String]])?.first ?? [:]
    }
    var details: String { (event["extra"] as? [String: String])?["details"] ?? "" }
}

@Test func anEnvelope_HasOneEvent_WithItsLength() throws {
    let envelope = try Envelope(report())
    #expect(envelope.head as? [String: String] == ["event_id": id, "sent_at": "2026-11-21T02:55:35.156Z"])
    #expect(
        envelope.itemHead["type"] as? String == "event" && envelope.itemHead["length"] as? Int == envelope.eventBytes)
}

@Test func anEvent_SaysWhatFailedAndHow() throws {
    let envelope = try Envelope(report())
    let event = envelope.event
    #expect(event["event_id"] as? String == id && event["timestamp"] as? String == "2026-11-21T02:55:35.156Z")
    #expect(event["platform"] as? String == "python" && event["level"] as? String == "error")
    #expect(event["server_name"] as? String == "machine" && event["logger"] as? String == "exporter-proxy")
    #expect(event["release"] as? String == "exporter-proxy@\(Version.number)")
    #expect(envelope.tags == ["generator": "eu/db.py", "path": "/eu", "reason": "exception"])
    #expect(envelope.exception == ["type": "exception", "value": "KeyError: 'host'"])
    #expect(event["fingerprint"] as? [String] == ["eu/db.py", "exception"])
    #expect(envelope.details == "Traceback:\n  line \"1\"\n")
    #expect(try Envelope(report { $0.isPython = false }).event["platform"] as? String == "other")
    #expect(try Envelope(report { $0.path = "" }).tags["path"] == "/")
}

@Test func anEvent_IsShort_WhateverWasWritten() throws {
    let long = String(repeating: "é\n", count: 100_000)
    let envelope = try Envelope(
        report { report in
            (report.generator, report.path, report.reason, report.text, report.details) = (long, long, long, long, long)
        })
    #expect(envelope.tags.values.allSatisfy { $0.count == 200 && !$0.contains("\n") })
    #expect(envelope.exception["value"]?.count == 1000 && envelope.exception["type"]?.count == 200)
    #expect(envelope.details.count == 16_384 && envelope.details.hasSuffix("é\n"))
    #expect(envelope.eventBytes < 64 * 1024)
}

@Test func theSameFailure_IsToldOnceAMinute() {
    var ledger = SentryLedger()
    func take(_ generator: String, _ reason: String, after seconds: Int) -> Bool {
        ledger.take(
            report { report in
                (report.generator, report.reason) = (generator, reason)
                report.at = Moment.example.advanced(by: .seconds(seconds))
            })
    }
    #expect(take("a", "timeout", after: 0) && !take("a", "timeout", after: 0) && !take("a", "timeout", after: 59))
    #expect(take("a", "exit", after: 59) && take("b", "timeout", after: 59) && take("a", "timeout", after: 60))
    #expect(!take("a", "timeout", after: 119) && take("a", "timeout", after: 120))
}

@Test func whatIsKnownOfFailures_IsBounded() {
    var ledger = SentryLedger()
    func take(_ number: Int, after seconds: Int) -> Bool {
        ledger.take(
            report { report in
                report.generator = "\(number).py"
                report.at = Moment.example.advanced(by: .seconds(seconds))
            })
    }
    #expect((0..<SentryLedger.keysMax).allSatisfy { take($0, after: 0) })
    #expect(!take(SentryLedger.keysMax, after: 59) && take(SentryLedger.keysMax, after: 60))
    #expect(take(0, after: 60) && !take(0, after: 61))
}

@Test(
    arguments: [
        (200, nil, [], nil), (500, nil, [], nil), (200, "7", [], nil), (404, "7", [], nil),
        (429, nil, [], 60), (429, "7", [], 7), (429, "Fri, 31 Dec 1999 23:59:59 GMT", [], 60), (429, "0", [], nil),
        (429, "-3", [], nil), (429, "99999999999999", [], 3600), (503, nil, [], nil), (503, "5", [], 5),
        (503, "x", [], 60),
        (200, nil, ["10::organization"], 10), (200, nil, ["10:error:project:reason"], 10),
        (200, nil, ["10:session;error:key"], 10), (200, nil, ["10:transaction:key"], nil),
        (200, nil, ["10:transaction:key, 20:error:key", " 30::key"], 30), (429, "7", ["20:error:key"], 20),
        (429, "7", ["20:session:key"], 7), (200, nil, ["x:error:key"], 60), (200, nil, ["10"], 10),
        (200, nil, [""], nil),
        (200, nil, ["-1::"], nil),
    ] as [(Int, String?, [String], Int?)])
func sentry_IsLeftAlone_AsLongAsItWants(status: Int, retryAfter: String?, rateLimits: [String], seconds: Int?) {
    #expect(
        SentryPause.length(status: status, retryAfter: retryAfter, rateLimits: rateLimits)
            == seconds.map { .seconds($0) })
}
