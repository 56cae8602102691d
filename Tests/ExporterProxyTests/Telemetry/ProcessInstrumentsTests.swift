import Glibc
import Testing

@testable import ExporterProxy

private let rest = "0 -1 4194304 104 0 0 0 7 5 0 0 20 0 3 0 1177972 3133440 408 18446744073709551615 0 0"

@Test(arguments: ["cat", "a b", "a) S 1 (b", ":-)", "(", "", "a\nb", "é"])
func theStatusOfAProcess_IsRead_WhateverItsNameIs(name: String) throws {
    let status = try #require(ProcessStatus("5750 (\(name)) R 5743 5743 4867 \(rest)\n"))
    #expect(status.cpuTicks == 12 && status.threads == 3 && status.startTicks == 1_177_972)
    #expect(status.virtualBytes == 3_133_440 && status.residentPages == 408)
}

@Test(arguments: [
    "", ")", "5750 cat R", "5750 (cat) R 5743 5743 4867 0 -1 4194304 104 0 0 0 7 5 0 0 20 0 3 0 1177972 3133440",
    "5750 (cat) R 5743 5743 4867 0 -1 4194304 104 0 0 0 7 x 0 0 20 0 3 0 1177972 3133440 408",
    "5750 (cat) R 5743 5743 4867 0 -1 4194304 104 0 0 0 7 5 0 0 20 0 3 0 -1 3133440 408",
])
func aLineThatIsNoStatus_IsNone(text: String) {
    #expect(ProcessStatus(text) == nil)
}

@Test func theStatusOfThisProcess_IsKnown() throws {
    let status = try #require(ProcessStatus.now())
    #expect(status.threads >= 1 && status.residentPages * Double(getpagesize()) < status.virtualBytes)
    #expect(status.startTicks > 0 && status.residentPages > 100)
}

@Test func theProcess_IsOnThePage() {
    let registry = InstrumentRegistry()
    ProcessInstruments.add(to: registry, now: Moment.now())
    let page = registry.exposition()
    #expect(
        page.contains("\nexporter_proxy_build_info{version=\"\(Version.number)\",swift=\"\(Version.swift)\"} 1\n"))
    for (name, type) in [
        ("cpu_seconds_total", "counter"), ("open_fds", "gauge"), ("max_fds", "gauge"),
        ("virtual_memory_bytes", "gauge"), ("resident_memory_bytes", "gauge"), ("start_time_seconds", "gauge"),
        ("threads", "gauge"),
    ] {
        #expect(page.contains("# TYPE process_\(name) \(type)\nprocess_\(name) "))
    }
}

/// A start that moves would look like a restart.
@Test func theStartTime_StandsStill_WhenTheClockIsSet() {
    let registry = InstrumentRegistry()
    let now = Moment.now()
    ProcessInstruments.add(to: registry, now: now)
    func start() -> Double? {
        registry.exposition().split(separator: "\n").first { $0.hasPrefix("process_start_time_seconds ") }
            .flatMap { Double($0.dropFirst("process_start_time_seconds ".count)) }
    }
    let first = start()
    #expect(first.map { $0 <= now.wall.secondsSinceEpoch && $0 > now.wall.secondsSinceEpoch - 86_400 } == true)
    #expect(start() == first)
}
