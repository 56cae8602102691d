import Testing

@testable import ExporterProxy

@Test func registry_WritesFamiliesInTheOrderTheyWereMade() {
    let registry = InstrumentRegistry()
    let unix = registry.counter("c_total", help: "What is counted.", labels: [("door", "unix"), ("reason", "x")])
    registry.gauge("g", help: "A gauge.") { 1.5 }
    let tcp = registry.counter("c_total", help: "What is counted.", labels: [("door", "tcp"), ("reason", "x")])
    unix.increment()
    unix.increment(by: 41)
    tcp.increment(by: 0)
    #expect(
        registry.exposition() == """
            # HELP c_total What is counted.
            # TYPE c_total counter
            c_total{door="unix",reason="x"} 42
            c_total{door="tcp",reason="x"} 0
            # HELP g A gauge.
            # TYPE g gauge
            g 1.5

            """)
}

@Test func registry_EscapesLabelValues() {
    let registry = InstrumentRegistry()
    _ = registry.counter("c_total", help: "h", labels: [("a", "x\\y\"z\nw é")])
    #expect(registry.exposition().contains(#"c_total{a="x\\y\"z\nw é"} 0"#))
}

@Test func registry_EscapesLabelValues_WhateverMarkFollowsACharacter() {
    let registry = InstrumentRegistry()
    _ = registry.counter("c_total", help: "h", labels: [("a", "x\"\u{301}y\\\u{fe0f}\r\nz")])
    let line = registry.exposition().utf8.split(separator: 0x0A).last.map { Array($0) }
    #expect(line == Array("c_total{a=\"x\\\"\u{301}y\\\\\u{fe0f}\r\\nz\"} 0".utf8))
}

@Test(arguments: [(0.0, "0"), (1, "1"), (-3, "-3"), (0.25, "0.25"), (1e14, "100000000000000"), (1e300, "1e+300")])
func registry_WritesNumbers_AsPrometheusReadsThem(value: Double, text: String) {
    let registry = InstrumentRegistry()
    registry.gauge("g", help: "h") { value }
    #expect(registry.exposition().hasSuffix("\ng \(text)\n"))
}

@Test func registry_HasASamplePerReason_FromTheStart() {
    let registry = InstrumentRegistry()
    let instruments = ReceiverInstruments(registry: registry, door: .unix)
    for reason in ReceiverError.reasons {
        let sample = "exporter_proxy_receiver_refused_total{door=\"unix\",reason=\"\(reason)\"} 0\n"
        #expect(registry.exposition().contains(sample))
    }
    instruments.refused(.httpRequest)?.increment()
    #expect(registry.exposition().contains("{door=\"unix\",reason=\"http_request\"} 1\n"))
}

@Test func counter_LosesNothing_WhenManyCountAtOnce() async {
    let counter = Counter()
    await withTaskGroup(of: Void.self) { group in
        for _ in 0..<8 { group.addTask { for _ in 0..<1000 { counter.increment() } } }
    }
    counter.increment(by: -5)
    #expect(counter.value == 8000)
}

@Test func everyReceiverError_HasACounter() {
    let errors: [ReceiverError] = [
        .json(offset: 0, ""), .capnp(""), .notUTF8(field: "", offset: 0), .name(.empty), .name(.tooLong(bytes: 1)),
        .name(.controlCharacter), .name(.reserved("")), .tooLarge(bytes: 1, limit: 1), .truncated(bytes: 1),
        .formatNotAccepted(found: "", accepted: ""), .unknownFormat, .httpRequest, .messageTimeout(.zero),
        .tooManySources(limit: 1), .connection(""), .repliesNotRead,
    ]
    #expect(Set(errors.map(\.reason)) == Set(ReceiverError.reasons))
    #expect(ReceiverError.reasons.count == Set(ReceiverError.reasons).count)
    #expect(errors.allSatisfy { !$0.description.isEmpty })
}
