import NIOConcurrencyHelpers
import Testing

@testable import ExporterProxy

@Test func registry_WritesFamiliesByName_AndSamplesInTheOrderTheyWereMade() {
    let registry = InstrumentRegistry()
    registry.gauge("g", help: "A gauge.") { 1.5 }
    let unix = registry.counter("c_total", help: "What is counted.", labels: [("door", "unix"), ("reason", "x")])
    registry.gauge("b", help: "Another.").set(-7)
    let tcp = registry.counter("c_total", help: "What is counted.", labels: [("door", "tcp"), ("reason", "x")])
    unix.increment()
    unix.increment(by: 41)
    tcp.increment(by: 0)
    #expect(
        registry.exposition() == """
            # HELP b Another.
            # TYPE b gauge
            b -7
            # HELP c_total What is counted.
            # TYPE c_total counter
            c_total{door="unix",reason="x"} 42
            c_total{door="tcp",reason="x"} 0
            # HELP g A gauge.
            # TYPE g gauge
            g 1.5

            """)
}

@Test func registry_GivesWhatIsThere_WhenItIsAskedAgain() {
    let registry = InstrumentRegistry()
    let first = registry.counter("c_total", help: "h", labels: [("a", "1")])
    #expect(registry.counter("c_total", help: "h", labels: [("a", "1")]) === first)
    #expect(registry.counter("c_total", help: "h", labels: [("a", "2")]) !== first)
    #expect(registry.gauge("g", help: "h") === registry.gauge("g", help: "h"))
    #expect(registry.histogram("s", help: "h", bounds: [1]) === registry.histogram("s", help: "h", bounds: [1]))
    registry.gauge("r", help: "h") { 1 }
    registry.gauge("r", help: "h") { 2 }
    let page = registry.exposition()
    #expect(
        page.hasSuffix(
            "r 2\n# HELP s h\n# TYPE s histogram\ns_bucket{le=\"1\"} 0\ns_bucket{le=\"+Inf\"} 0\ns_sum 0\ns_count 0\n"))
    #expect(!page.contains("r 1\n"))
}

@Test func registry_AsksForAFamily_WheneverThePageIsRead() {
    let registry = InstrumentRegistry()
    let sources = NIOLockedValueBox([("b", 2.0), ("a", 1)])
    registry.collect("s", help: "h", type: .gauge) {
        sources.withLockedValue { $0 }.map { (labels: [("source", $0.0)], value: $0.1) }
    }
    #expect(registry.exposition() == "# HELP s h\n# TYPE s gauge\ns{source=\"b\"} 2\ns{source=\"a\"} 1\n")
    sources.withLockedValue { $0 = [("c", .nan)] }
    #expect(registry.exposition() == "# HELP s h\n# TYPE s gauge\ns{source=\"c\"} NaN\n")
    sources.withLockedValue { $0 = [] }
    #expect(registry.exposition() == "")
}

@Test func registry_EscapesHelp_ButNotItsQuotes() {
    let registry = InstrumentRegistry()
    _ = registry.counter("c_total", help: "a \"b\" \\ c\r\nd")
    #expect(registry.exposition().utf8.starts(with: Array("# HELP c_total a \"b\" \\\\ c\r\\nd\n".utf8)))
}

@Test func histogram_CountsEachValue_InItsBucketAndAllLargerOnes() {
    let registry = InstrumentRegistry()
    let histogram = registry.histogram("d_seconds", help: "h", labels: [("route", "/")], bounds: [0.0005, 0.25, 10])
    for value in [0, 0.0005, 0.001, 0.25, 11, 0.5] { histogram.observe(value) }
    #expect(
        registry.exposition() == """
            # HELP d_seconds h
            # TYPE d_seconds histogram
            d_seconds_bucket{route="/",le="0.0005"} 2
            d_seconds_bucket{route="/",le="0.25"} 4
            d_seconds_bucket{route="/",le="10"} 5
            d_seconds_bucket{route="/",le="+Inf"} 6
            d_seconds_sum{route="/"} 11.7515
            d_seconds_count{route="/"} 6

            """)
}

@Test func histogram_LosesNothing_WhenManyObserveAtOnce() async {
    let registry = InstrumentRegistry()
    let histogram = registry.histogram("d", help: "h", bounds: [1])
    await withTaskGroup(of: Void.self) { group in
        for part in 0..<8 { group.addTask { for _ in 0..<1000 { histogram.observe(part % 2 == 0 ? 0.5 : 2) } } }
    }
    #expect(registry.value("d_bucket{le=\"1\"}") == 4000 && registry.value("d_count") == 8000)
    #expect(registry.value("d_sum") == 10_000)
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

@Test(arguments: [
    (0.0, "0"), (-0.0, "0"), (1, "1"), (-3, "-3"), (0.25, "0.25"), (0.1, "0.1"), (5e-05, "5e-05"),
    (1e14, "100000000000000"), (9_007_199_254_740_991, "9007199254740991"), (1e17, "1e+17"), (1e300, "1e+300"),
    (1_795_229_735.15, "1795229735.15"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
])
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
