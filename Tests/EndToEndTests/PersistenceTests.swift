import Glibc
import TestSupport
import Testing

/// The state on disk, as an operator sees it.
@Suite(.sharesMachine)
struct PersistenceTests {
    private static func settings(_ folder: TemporaryFolder) -> [String: String] {
        ["store.path": "\"\(folder.path("state"))\"", "store.save_interval": "\"50ms\""]
    }

    /// The time in the row of an app.
    private static func time(of app: String, in proxy: ProxyProcess) throws -> String {
        let row = try proxy.get("/apps").text.split(separator: "\n").first { $0.contains("| \(app) ") }
        return row.flatMap { $0.firstMatch(of: /\d{4}-\d\d-\d\d [\d:.]+/) }.map { String($0.0) } ?? "no \(app)"
    }

    @Test func anOrderlyEnd_KeepsWhatAppsSaid() async throws {
        let folder = try TemporaryFolder()
        var settings = Self.settings(folder)
        settings["store.save_interval"] = "\"1h\""
        let texts = (0..<300).map { exposition("kept_\($0)") }
        var before = ""
        try await withProxy(settings) { proxy in
            for (index, text) in texts.enumerated() {
                let escaped = text.replacing("\n", with: "\\n")
                try proxy.send("{\"app \(index)\": \"\(escaped)\"}", over: index.isMultiple(of: 2) ? .unix : .tcp)
            }
            before = try Self.time(of: "app 7", in: proxy)
        }
        try await withProxy(settings) { proxy in
            #expect(samples(in: try proxy.metrics()) == 300)
            #expect(try Self.time(of: "app 7", in: proxy) == before)
            #expect(proxy.log.contains("snapshots=300"), "\(proxy.log)")
            // What is new takes the place of the old.
            try proxy.send(#"{"app 7": "new 1"}"#)
            #expect(try proxy.metrics().contains("new 1\n") && !proxy.metrics().contains("kept_7 "))
        }
    }

    @Test func aKill_CostsWhatCameAfterTheLastSave() async throws {
        let folder = try TemporaryFolder()
        let settings = Self.settings(folder)
        for round in 0..<10 {
            let proxy = try await ProxyProcess.start(settings)
            if round > 0 {
                #expect(try proxy.metrics().contains("saved_before \(round - 1)\n"), "\(proxy.log)")
            }
            try proxy.send("{\"app\": \"saved_before \(round)\"}")
            try await wait(until: "it is saved") {
                let log = TemporaryFolder.read(folder.path("state/state.sqlite-wal"))
                return String(decoding: log, as: UTF8.self).contains("saved_before \(round)\n")
            }
            // It may be in the middle of another save.
            try proxy.send("{\"app \(round)\": \"other \(round)\"}")
            #expect(try await proxy.stop(SIGKILL) == .signal(SIGKILL))
        }
        try await withProxy(settings) { proxy in
            let text = try proxy.metrics()
            #expect(text.contains("saved_before 9\n"))
            #expect(!proxy.log.contains("level=error"), "\(proxy.log)")
        }
    }

    @Test func aDamagedFile_IsNotInTheWay() async throws {
        let folder = try TemporaryFolder()
        try await withProxy(Self.settings(folder)) { try $0.send(#"{"app": "kept 1"}"#) }
        try folder.write("state/state.sqlite", [UInt8](repeating: 0x55, count: 100_000))
        try await withProxy(Self.settings(folder)) { proxy in
            #expect(proxy.log.contains("state on disk is damaged, set aside"))
            #expect(proxy.log.contains("file is not a database"))
            try proxy.send(#"{"app": "again 1"}"#)
            #expect(try proxy.metrics() == "again 1\n")
        }
        try await withProxy(Self.settings(folder)) { proxy in
            let text = try proxy.metrics()
            #expect(text == "again 1\n")
        }
    }

    @Test func aSecondProcess_IsRefusedInOneSentence() async throws {
        let folder = try TemporaryFolder()
        try await withProxy(Self.settings(folder)) { first in
            let other = try TemporaryFolder()
            let path = try other.write("config.toml", ProxyProcess.configuration(Self.settings(folder), in: other))
            let result = try await run(
                ProxyProcess.program, ["--config", path], environment: ProxyProcess.environment)
            #expect(result.exit == .status(1))
            let sentence =
                "exporter-proxy: cannot use the state in \(folder.path("state")): another process has it open"
            #expect(result.errors.contains(sentence), "\(result.errors)")
            try first.send(#"{"app": "still_here 1"}"#)
            #expect(try first.metrics() == "still_here 1\n")
        }
    }

    /// Files of the proxy may not grow, as on a disk that fails: its log may, as it is short.
    @Test(.needs(.prlimit))
    func writesThatFail_AreSaidOnce_AndScrapesGoOn() async throws {
        let folder = try TemporaryFolder()
        let large = String(repeating: "x 1\\n", count: 200_000)
        let command = [try Tool.prlimit.path(), "--fsize=300000:unlimited"]
        try await withProxy(Self.settings(folder), under: command) { proxy in
            try proxy.send("{\"large\": \"\(large)\", \"small\": \"small 1\"}")
            let failures = #"exporter_proxy_store_write_failures_total{kind="snapshots"}"#
            try await wait(until: "it has failed more than once") { try proxy.ownSample(failures) > 2 }
            #expect(try proxy.ownSample("exporter_proxy_store_degraded") == 1)
            #expect(try proxy.metrics().contains("small 1\n"))
            let (exit, _, errors) = try await run(
                Tool.prlimit.path(), ["--pid", "\(proxy.child.pid)", "--fsize=unlimited"])
            #expect(exit == .status(0), "\(errors)")
            try await wait(until: "it is well again") { try proxy.ownSample("exporter_proxy_store_degraded") == 0 }
            #expect(proxy.log.split(separator: "state cannot be written to disk").count == 2, "\(proxy.log)")
            #expect(proxy.log.split(separator: "state is written to disk again").count == 2, "\(proxy.log)")
        }
        try await withProxy(Self.settings(folder)) { proxy in
            let text = try proxy.metrics()
            #expect(text.contains("small 1\n") && proxy.log.contains("snapshots=2"), "\(proxy.log)")
        }
    }

    @Test func withoutAPath_TheLogSaysSo() async throws {
        try await withProxy { proxy in #expect(proxy.log.contains("nothing is kept on disk")) }
    }
}
