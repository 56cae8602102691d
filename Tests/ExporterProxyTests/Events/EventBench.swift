import Exposition
import NIOCore
import Testing

@testable import ExporterProxy

/// Metrics that packets change, and a clock that stands until a test moves it.
struct EventBench {
    var metrics: EventMetrics
    var now = Moment.example

    init(_ settings: EventSettings, remembers: Bool = true) {
        metrics = EventMetrics(settings, remembers: remembers)
    }

    init(_ definitions: [EventDefinition], remembers: Bool = true) {
        self.init(EventSettings(EventDefinitions(definitions)), remembers: remembers)
    }

    /// The metrics of Hermes' own example, some more, and one without labels.
    static var hermes: EventBench { EventBench(EventDefinition.examples) }

    @discardableResult
    mutating func take(_ datagram: [UInt8]) -> EventTally {
        var tally = EventTally()
        datagram.withExactBytes { metrics.take($0, at: now.monotonic, into: &tally) }
        return tally
    }

    @discardableResult
    mutating func take(_ text: String) -> EventTally { take(Array(text.utf8)) }

    mutating func advance(by duration: Duration) { now = now.advanced(by: duration) }

    /// Checked to be canonical.
    mutating func page() throws -> String {
        let text = metrics.page(at: now.monotonic).text.text
        if !text.isEmpty { _ = try #require(IndexedExposition.of(text), "not canonical: \(text)") }
        return text
    }

    /// Without HELP and TYPE.
    mutating func samples() throws -> [String] {
        try page().split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }

    mutating func parts() -> [ByteBuffer] { metrics.changedParts(at: now).compactMap(\.part) }
}

extension EventDefinition {
    static let examples = [
        EventDefinition(.gauge, "sample_gauge", help: "gauges are awesome", labels: ["label_1", "label_2"]),
        EventDefinition(.counter, "sample_counter", help: "counters are awesome too", labels: ["label_1"]),
        EventDefinition(.histogram, "sample_histogram", help: "histograms are neat", labels: ["label_1"]),
        EventDefinition(.summary, "sample_summary", help: "summaries work", labels: ["label_1"]),
        EventDefinition(.counter, "plain_total"), EventDefinition(.gauge, "plain_gauge"),
        EventDefinition(.histogram, "plain_seconds", buckets: [0.5, 1, .infinity]),
    ]
}

extension EventTally {
    /// Such as `2 accepted, malformed: 1`.
    var text: String {
        let refusals = refused.map { "\($0.key.rawValue): \($0.value.count)" }.sorted()
        return (["\(accepted) accepted"] + refusals).joined(separator: ", ")
    }
}
