import Glibc
import TestSupport
import Testing

/// Runs `body` against the real program, and stops that as an operator does: whatever a test did to it, it must end
/// well and in time.
func withProxy(
    _ settings: [String: String] = [:], more: String = "", under: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation, _ body: (ProxyProcess) async throws -> Void
) async throws {
    let proxy = try await ProxyProcess.start(settings, more: more, under: under)
    do {
        try await body(proxy)
    } catch {
        Issue.record("\(error)\nthe log of the proxy:\n\(proxy.log.suffix(4000))", sourceLocation: sourceLocation)
    }
    let exit = try await proxy.stop()
    #expect(exit == .status(0), "\(proxy.log.suffix(4000))", sourceLocation: sourceLocation)
    #expect(!proxy.log.contains("Sanitizer"), "\(proxy.log.suffix(8000))", sourceLocation: sourceLocation)
}

extension ProxyProcess {
    /// Sends SIGHUP and waits until the log says what came of it; answers the line.
    @discardableResult
    func hangUp() async throws -> String {
        func outcomes() -> [Substring] {
            log.split(separator: "\n").filter { $0.contains("configuration reloaded") || $0.contains("not reloaded") }
        }
        let before = outcomes().count
        child.send(SIGHUP)
        return try await answer(to: "the reload is over") { outcomes().dropFirst(before).first.map(String.init) }
    }
}

/// A complete exposition of one gauge.
func exposition(_ name: String, _ value: Int = 1) -> String {
    "# HELP \(name) A test.\n# TYPE \(name) gauge\n\(name) \(value)\n"
}

/// How many samples an exposition has: the lines that are neither empty nor comments.
func samples(in text: String) -> Int {
    text.split(separator: "\n").filter { !$0.hasPrefix("#") }.count
}

/// What the shipped example clients and files send, under the name that each gives to its metric.
func exampleExposition(of name: String) -> String {
    """
    # HELP \(name) HTTP requests served.
    # TYPE \(name) counter
    \(name){method="post",code="200"} 1027
    \(name){method="post",code="400"} 3

    """
}
