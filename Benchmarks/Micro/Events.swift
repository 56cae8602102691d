import ExporterProxy
import NIOCore

/// Packets of the usual size, decoded and counted: of a hundred label values, and of so many that none is remembered.
func measureEvents() {
    let definitions = [
        EventDefinition(.counter, "app_events", labels: ["label_1"]),
        EventDefinition(.gauge, "app_gauge", labels: ["label_1", "label_2"]),
        EventDefinition(.histogram, "app_seconds", labels: ["label_1"]),
        EventDefinition(.summary, "app_summary", labels: ["label_1"], objectives: [0.5, 0.99]),
    ]
    var settings = EventSettings(EventDefinitions(definitions))
    settings.seriesMax = 1_000_000
    func run(_ name: String, values: Int = 100, remembers: Bool = true, _ packet: (Int) -> String) {
        var metrics = EventMetrics(settings, remembers: remembers)
        var tally = EventTally()
        let packets = (0..<values).map { ByteBuffer(string: packet($0)) }
        let bytes = packets[values / 2].readableBytes
        var next = 0
        measure("event, \(bytes) bytes: \(name)", bytes: bytes, count: 200_000) {
            next = next + 1 == values ? 0 : next + 1
            packets[next].withUnsafeReadableBytes { metrics.take($0, at: 1, into: &tally) }
        }
        precondition(tally.accepted == 0 || tally.refusals == 0, "the benchmark's own packets are refused")
    }
    let counter = { (value: Int) in
        #"{"metric_name": "app_events", "payload": {"labels": {"label_1": "v\#(1000 + value)"}}}"#
    }
    run("counter", counter)
    run("counter, nothing remembered", remembers: false, counter)
    run("counter, 100 000 label values", values: 100_000, counter)
    run("gauge set") {
        #"{"metric_name": "app_gauge", "payload": {"operation": "set", "labels": {"label_1": "v\#($0)", "label_2": "w"}, "value": 65.4}}"#
    }
    run("histogram") {
        #"{"metric_name":"app_seconds","payload":{"observation":0.\#($0 + 1),"labels":{"label_1":"v\#($0)"}}}"#
    }
    run("summary with quantiles") {
        #"{"metric_name":"app_summary","payload":{"observation":0.\#($0 + 1),"labels":{"label_1":"v\#($0)"}}}"#
    }
    run("batch of 100", values: 1) { _ in "[" + (0..<100).map(counter).joined(separator: ",") + "]" }
    run("refused") { #"{"metric_name": "nope\#($0)", "payload": {"labels": {"label_1": "v"}}}"# }
}
