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
        measure("event, \(bytes) bytes: \(name)", bytes: bytes, count: bytes > 1000 ? 2000 : 200_000) {
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
    measureEventRoom(settings, counter)
}

/// What doors and scrapes see of it.
private func measureEventRoom(_ settings: EventSettings, _ packet: (Int) -> String) {
    let room = EventRoom(settings, store: SnapshotStore(), address: "here")
    let now = Moment.now()
    let packets = (0..<64).map { Array(packet($0).utf8) }
    // Each where a batch of reads would have put it.
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 2048, alignment: 64)
    defer { memory.deallocate() }
    for (place, packet) in packets.enumerated() {
        UnsafeMutableRawBufferPointer(rebasing: memory[(place * 2048)...]).copyBytes(from: packet)
    }
    measure("events: 64 datagrams under one lock", count: 20_000) {
        let tally = room.take(64, at: now) { place in
            let start = place * 2048
            return UnsafeRawBufferPointer(rebasing: memory[start..<start + packets[place].count])
        }
        precondition(tally.accepted == 64, "the benchmark's own packets are refused")
    }
    for value in 0..<10_000 { _ = Array(packet(value).utf8).withUnsafeBytes { room.take($0, at: now) } }
    measure("events: page of 10 000 series", count: 50) {
        _ = packets[0].withUnsafeBytes { room.take($0, at: now) }
        _ = room.refresh(at: now)
    }
    measure("events: 10 000 series as a part to be saved", count: 20) {
        _ = packets[0].withUnsafeBytes { room.take($0, at: now) }
        _ = room.changedParts(at: now)
    }
}
