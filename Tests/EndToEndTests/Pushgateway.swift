import TestSupport
import Testing

/// What is pushed to over HTTP and scraped: the proxy, or what it stands in for.
protocol PushDoor: Sendable {
    var httpPort: UInt16 { get }
    /// What its own metrics begin with, where they are among those that are pushed.
    var ownPrefixes: [String] { get }
}

extension PushDoor {
    @discardableResult
    func send(_ request: HTTPRequest) throws -> HTTPAnswer { try request.answer(from: httpPort) }

    /// What was pushed.
    func scrape(keepsEmptyLabels: Bool = true) throws -> ScrapedPage {
        let answer = try send(HTTPRequest("GET /metrics"))
        guard answer.status == 200 else { throw TestFailure("GET /metrics: \(answer.status) \(answer.text)") }
        var lines = String(decoding: answer.content, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        if !ownPrefixes.isEmpty {
            let marks = ownPrefixes + ownPrefixes.flatMap { ["# HELP \($0)", "# TYPE \($0)"] }
            lines.removeAll { line in marks.contains { line.hasPrefix($0) } }
        }
        return try ScrapedPage(lines.joined(separator: "\n"), keepsEmptyLabels: keepsEmptyLabels)
    }
}

extension ProxyProcess: PushDoor {
    var ownPrefixes: [String] { [] }
}

/// Debian's Pushgateway on a port of its own, which keeps nothing.
struct Pushgateway: PushDoor {
    let process: ChildProcess
    let httpPort: UInt16
    let ownPrefixes = ["go_", "process_", "promhttp_", "pushgateway_"]

    static func start(_ flags: [String] = []) async throws -> Pushgateway {
        // It cannot tell a port that the kernel chose.
        let port = try freePort()
        let process = try ChildProcess(
            Tool.pushgateway.path(),
            ["--web.listen-address=127.0.0.1:\(port)", "--persistence.file=", "--log.level=error"] + flags)
        try await wait(until: "pushgateway is ready") {
            guard process.isRunning else { throw TestFailure("pushgateway ended: \(process.errorText)") }
            return (try? HTTPAnswer.get(port, "/-/ready").status) == 200
        }
        return Pushgateway(process: process, httpPort: port)
    }
}

/// Who is asked: what is expected of us holds for the program that it was learned from as well.
enum PushService: String, CaseIterable, CustomTestStringConvertible {
    case proxy, pushgateway

    var testDescription: String { rawValue }

    /// `flags` are Pushgateway's, `settings` and `more` the proxy's.
    func run(
        flags: [String] = [], settings: [String: String] = [:], more: String = "",
        _ body: (any PushDoor) async throws -> Void
    ) async throws {
        switch self {
        case .proxy: try await withProxy(settings, more: more) { try await body($0) }
        case .pushgateway:
            let gateway = try await Pushgateway.start(flags)
            try await body(gateway)
            try await gateway.process.end()
        }
    }
}

/// What promtool cannot read; what it thinks of names is left out.
func refusalOfPromtool(of page: [UInt8]) async throws -> String? {
    let (exit, output, errors) = try await run(Tool.promtool.path(), ["check", "metrics"], input: page)
    return exit == .status(0) || exit == .status(3) ? nil : "\(exit): \(output)\(errors)"
}
