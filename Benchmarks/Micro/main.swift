import ExporterProxy
import Glibc
import Logging
import NIOCore
import NIOPosix

// What single steps cost, in CPU time of this process. One table; compare runs on one machine only.

/// CPU nanoseconds that this process has used.
func cpuNanoseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// Runs `body` often enough to last, five times, and prints the median.
func measure(_ name: String, bytes: Int? = nil, rounds: Int = 5, count: Int = 2000, _ body: () throws -> Void) rethrows
{
    var perCall: [Double] = []
    for _ in 0..<rounds {
        let start = cpuNanoseconds()
        for _ in 0..<count { try body() }
        perCall.append((cpuNanoseconds() - start) / Double(count))
    }
    let median = perCall.sorted()[rounds / 2]
    let speed = bytes.map { "\(rounded(Double($0) / median, 2)) GB/s" } ?? ""
    print("\(name.padded(46)) \("\(rounded(median / 1000, 3)) us".padded(14)) \(speed)")
}

func rounded(_ number: Double, _ digits: Int) -> Double {
    let scale = pow(10, Double(digits))
    return (number * scale).rounded() / scale
}

extension String {
    func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}

/// 200 series of a usual shape, about 19 KB.
func exposition(app: Int) -> [UInt8] {
    var text =
        "# HELP http_requests_\(app)_total Requests by route and code.\n# TYPE http_requests_\(app)_total counter\n"
    for series in 0..<200 {
        text +=
            "http_requests_\(app)_total{method=\"GET\",code=\"\(200 + series % 5)\",route=\"/api/v1/item/\(series)\"} "
        text += "\(app * 1_000_003 + series * 7919)\n"
    }
    return Array(text.utf8)
}

Allocator.keepMemoryAtHand()

let body = exposition(app: 1)
let json = Array("{\"app\":\(EscapedText.json(String(decoding: body, as: UTF8.self)))}".utf8)
let capnp = CapnpCodec.encode(app: "app", data: body)
print("one body: \(body.count) bytes, as JSON \(json.count), as Cap'n Proto \(capnp.count)\n")

var scratch = ByteBuffer()
json.withUnsafeBytes { bytes in
    measure("JSON to a submission", bytes: json.count) {
        var submissions: [Submission] = []
        _ = JSONCodec.decode(bytes, scratch: &scratch, submissions: &submissions)
        precondition(submissions.count == 1, "the benchmark's own message is refused")
    }
    measure("JSON, only its end", bytes: json.count) {
        var framer = JSONFramer()
        precondition(framer.scan(bytes) == .whole(bytes: json.count), "the benchmark's own message has no end")
    }
}
capnp.withUnsafeBytes { bytes in
    measure("Cap'n Proto to a submission", bytes: capnp.count) {
        guard case .whole = CapnpCodec.decode(bytes) else {
            preconditionFailure("the benchmark's own message is refused")
        }
    }
}
body.withUnsafeBytes { bytes in
    measure("UTF-8 check", bytes: body.count) { precondition(UTF8Check.firstInvalid(bytes) == nil, "not UTF-8") }
    measure("body with its end put right (a copy)", bytes: body.count) { _ = ExpositionBody.make(bytes) }
}

measureEvents()

/// 200 series in 10 families that every app has, about 19 KB.
func sharedExposition(app: Int, generation: Int) -> ByteBuffer {
    var text = ""
    for family in 0..<10 {
        text +=
            "# HELP app_requests_\(family)_total Requests.\n# TYPE app_requests_\(family)_total counter\n"
        for series in 0..<20 {
            text +=
                "app_requests_\(family)_total{instance=\"app\(app)\",code=\"\(200 + series % 5)\",route=\"/api/\(series)\"} "
            text += "\(app * 1_000_003 + series * 7919 + generation * (series % 3))\n"
        }
    }
    return ByteBuffer(string: text)
}

for apps in [100, 1000, 10_000] {
    let store = SnapshotStore(sourcesMax: apps)
    var rules = ExpositionRules()
    rules.seriesMax = 10_000_000
    let merged = MergedExposition(store: store, rules: rules, threads: .singleton)
    let generations = (0..<3).map { generation in
        (0..<apps).map { sharedExposition(app: $0, generation: generation) }
    }
    let now = Moment.now()
    var next = 0
    func push(_ app: Int) {
        next += 1
        let body = generations[next / apps % 3][app]
        let snapshot = Snapshot(source: "app \(app)", origin: .init(.tcp, "here"), receivedAt: now, body: body)
        precondition(store.replace(with: snapshot), "the table is full")
    }
    func pushAll() { for app in 0..<apps { push(app) } }
    pushAll()
    let few = 20_000 / apps
    let bytes = try merged.page(.identity).bytes
    let gzip = try merged.page(.gzip).bytes
    print("\(apps) apps: page of \(bytes) bytes, gzip \(gzip)")
    measure("\(apps) apps: one replaced") { push(17) }
    try measure("\(apps) apps: page, nothing changed") { _ = try merged.page(.identity) }
    try measure("\(apps) apps: page, one changed", count: few) {
        push(17)
        _ = try merged.page(.identity)
    }
    try measure("\(apps) apps: page, all changed", bytes: bytes, count: max(2, few / 10)) {
        pushAll()
        _ = try merged.page(.identity)
    }
    try measure("\(apps) apps: gzip, one changed", count: max(2, few / 4)) {
        push(17)
        _ = try merged.page(.gzip)
    }
    try measure("\(apps) apps: gzip, all changed", bytes: bytes, count: max(2, few / 50)) {
        pushAll()
        _ = try merged.page(.gzip)
    }
}

/// The push door without HTTP: bodies go to its route, and answers are there when the call returns.
struct PushDoor {
    let gateway: PushGateway
    let store = SnapshotStore(sourcesMax: 100_000)
    private let route: HTTPRoute
    private let loop = MultiThreadedEventLoopGroup.singleton.any()

    init() {
        var limits = PushLimits()
        limits.series = 10_000_000
        limits.groups = 100_000
        let registry = InstrumentRegistry()
        let instruments = PushInstruments(registry: registry)
        gateway = PushGateway(
            limits, store: store, instruments: instruments, logger: Logger(label: "push"), time: Moment.now)
        let settings = PushSettings(.init(PushConfiguration(), .none))
        let routes = PushRoutes(
            gateway: gateway, settings: settings, instruments: instruments, threads: .singleton, time: Moment.now)
        guard let route = routes.all.last else { preconditionFailure("the push door has no routes") }
        self.route = route
    }

    func put(_ body: ByteBuffer, job: Int) {
        let path = "job/app\(job)"
        let request = HTTPRequest(method: .PUT, uri: "/metrics/\(path)", headers: ["Host": "localhost"], body: body)
        _ = route.handle(request, path, loop)
    }
}

/// So many series in families of 20, as a push has them; with `instance` it has the labels that a group puts in.
func pushedExposition(series: Int, generation: Int) -> ByteBuffer {
    var text = ""
    for family in 0..<max(1, series / 20) {
        text += "# HELP job_requests_\(family)_total Requests.\n# TYPE job_requests_\(family)_total counter\n"
        for place in 0..<min(series, 20) {
            text +=
                "job_requests_\(family)_total{code=\"\(200 + place % 5)\",method=\"GET\",route=\"/api/v1/item/\(place)\"} "
            text += "\(family * 1_000_003 + place * 7919 + generation * (place % 3))\n"
        }
    }
    return ByteBuffer(string: text)
}

for groups in [5, 5000] {
    let door = PushDoor()
    let large = (0..<3).map { pushedExposition(series: 200, generation: $0) }
    let small = (0..<3).map { pushedExposition(series: 10, generation: $0) }
    for job in 0..<groups { door.put(large[0], job: job) }
    for job in 0..<groups { door.put(small[0], job: groups + job) }
    precondition(door.gateway.seriesCount == groups * 210, "the benchmark's own pushes are refused")
    var next = 0
    measure("\(door.gateway.seriesCount) series: push of 200", bytes: large[0].readableBytes) {
        next += 1
        door.put(large[next % 3], job: next % groups)
    }
    measure("\(door.gateway.seriesCount) series: push of 10", bytes: small[0].readableBytes, count: 20_000) {
        next += 1
        door.put(small[next % 3], job: groups + next % groups)
    }
    measure("\(door.gateway.seriesCount) series: push of 200, others each time") {
        next += 1
        door.put(large[next % 3], job: next % groups)
        door.put(small[next % 3], job: next % groups)
    }
    measure("\(door.gateway.seriesCount) series: all written out", count: groups > 100 ? 1 : 100) {
        for job in 0..<groups { door.put(large[next % 3], job: job) }
        next += 1
        _ = door.gateway.refresh(at: Moment.now())
    }
}

var deflater = try Deflater()
let buffer = ByteBuffer(bytes: body)
try measure("deflate of one body", bytes: body.count, count: 200) { _ = try deflater.deflate(buffer) }
let pieces = try (0..<100).map { try deflater.deflate(ByteBuffer(bytes: exposition(app: $0))) }
try measure("gzip member of 100 pieces", count: 200) { _ = try GzipMember.join(pieces) }

let registry = InstrumentRegistry()
let histogram = registry.histogram("seconds", help: "Observed.", bounds: (0..<14).map { 0.0005 * Double(1 << $0) })
measure("histogram, one observation", count: 100_000) { histogram.observe(0.0001) }
registry.collect("sources", help: "Each source.", type: .gauge) {
    (0..<10_000).map { (labels: [("source", "app \($0)")], value: Double($0)) }
}
measure("own page, a family of 10 000 samples", count: 20) { _ = registry.exposition() }

for ack in [Journal.Ack.written, .fsync] {
    for bytes in [200, 19_000] {
        for waiting in [1, 32, 1000] {
            let count = ack == .fsync ? 300 * min(waiting, 20) : bytes > 1000 ? 20_000 : 50_000
            try await measureJournal(bytes: bytes, waiting: waiting, ack: ack, count: count)
        }
    }
}
