import TestSupport
import Testing

/// Hermes' sample configuration, with a counter without labels beside it.
let sampleDefinitions = #"""
    {
      "service_name": "testing-service",
      "counters": [
        {"metric_name": "sample_counter", "metric_description": "counters are awesome too", "labels": ["label_1"]},
        {"metric_name": "plain_counter"}
      ],
      "gauges": [{"metric_name": "sample_gauge", "labels": ["label_1", "label_2"]}],
      "histograms": [{"metric_name": "sample_histogram", "labels": ["label_1"]}],
      "summaries": [{"metric_name": "sample_summary", "labels": ["label_1"]}]
    }
    """#

/// A packet for one of the sample metrics, of which `label_1` has the value `label`; `more` is of the payload.
func samplePacket(_ kind: String, _ label: String, _ more: String = "") -> String {
    let labels = kind == "gauge" ? #""label_1": "\#(label)", "label_2": "b""# : #""label_1": "\#(label)""#
    return #"{"metric_name": "sample_\#(kind)", "payload": {"labels": {\#(labels)}\#(more)}}"#
}

let plainPacket = #"{"metric_name": "plain_counter"}"#

/// Keys that open all doors of events, and define what is in the file `hermes.json` of the folder.
func eventSettings(in folder: TemporaryFolder) -> [String: String] {
    [
        "events.listen": "\"127.0.0.1:0\"", "events.tcp_listen": "\"127.0.0.1:0\"",
        "events.unix_socket": "\"\(folder.path("events.sock"))\"",
        "events.definitions": "\"\(folder.path("hermes.json"))\"",
    ]
}

/// Runs `body` against the real program with all doors of events open, and a client of its UDP port.
func withEvents(
    _ settings: [String: String] = [:], definitions: String = sampleDefinitions,
    in folder: TemporaryFolder? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (ProxyProcess, SocketClient) async throws -> Void
) async throws {
    let folder = try folder ?? TemporaryFolder()
    try folder.write("hermes.json", definitions)
    let all = eventSettings(in: folder).merging(settings) { $1 }
    try await withProxy(all, sourceLocation: sourceLocation) { proxy in
        try await body(proxy, SocketClient.udp(proxy.eventPort()))
    }
}

extension ProxyProcess {
    /// What its doors of events have counted: by door what was accepted, by reason what was refused; without what is 0.
    func eventCounts() throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for (series, value) in try ScrapedPage(get("/-/metrics").text).samples where value > 0 {
            for mark in ["packets_total{door", "refused_total{reason"] {
                let beginning = "exporter_proxy_events_\(mark)=\""
                guard series.hasPrefix(beginning) else { continue }
                counts[String(series.dropFirst(beginning.count).dropLast(2))] = Int(value)
            }
        }
        return counts
    }

    /// What it has counted more after `send`, which sends so many packets.
    func outcome(of packets: Int = 1, _ send: () async throws -> Void) async throws -> [String: Int] {
        let before = try eventCounts()
        try await send()
        let whole = before.values.reduce(0, +) + packets
        let after = try await answer(to: "\(packets) packets are counted") {
            let counts = try eventCounts()
            return counts.values.reduce(0, +) >= whole ? counts : nil
        }
        return after.merging(before, uniquingKeysWith: -).filter { $0.value != 0 }
    }

    /// That the page has these samples and no others, and that promtool can read it.
    func expectSamples(_ lines: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let page = try scrape()
        for line in lines {
            #expect(try page.has(line), "\(line) in\n\(page.text)", sourceLocation: sourceLocation)
        }
        #expect(page.samples.count == lines.count, "\(page.text)", sourceLocation: sourceLocation)
        let refusal = try await refusalOfPromtool(of: Array(page.text.utf8))
        #expect(refusal == nil, "\(page.text)", sourceLocation: sourceLocation)
    }
}

/// The samples of a histogram with the standard buckets.
func histogramSamples(_ name: String, _ labels: String, _ observations: [Double]) -> [String] {
    let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, .infinity]
    return bounds.map { bound in
        let text = bound.isFinite ? "\(bound)" : "+Inf"
        return "\(name)_bucket{\(labels),le=\"\(text)\"} \(observations.filter { $0 <= bound }.count)"
    } + ["\(name)_sum{\(labels)} \(observations.reduce(0, +))", "\(name)_count{\(labels)} \(observations.count)"]
}
