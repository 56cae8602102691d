import TestSupport
import Testing

/// The shipped systemd unit, where systemd's own tools are installed.
@Suite(.sharesMachine)
struct PackagingTests {
    private static func unit(_ folder: TemporaryFolder) throws -> String {
        let shipped = TemporaryFolder.read("\(Tool.repository)/packaging/exporter-proxy.service")
        let text = String(decoding: shipped, as: UTF8.self)
        // Verifying wants a program that is there.
        let usable = text.replacing("/usr/bin/exporter-proxy", with: "/usr/bin/env")
        #expect(usable != text)
        return try folder.write("exporter-proxy.service", usable)
    }

    @Test(.enabled(if: Tool.systemdAnalyze.isOnThisMachine, "systemd-analyze is not installed"))
    func unit_IsUnderstoodBySystemd() async throws {
        let folder = try TemporaryFolder()
        let result = try await run(Tool.systemdAnalyze.path(), ["verify", try Self.unit(folder)])
        #expect(result.exit == .status(0))
        #expect(result.output + result.errors == "")
    }

    @Test(.enabled(if: Tool.systemdAnalyze.isOnThisMachine, "systemd-analyze is not installed"))
    func unit_IsHardened() async throws {
        let folder = try TemporaryFolder()
        let result = try await run(
            Tool.systemdAnalyze.path(),
            ["security", "--offline=true", "--no-pager", "--threshold=15", try Self.unit(folder)])
        // Above the threshold, of tenths, the status is 1.
        #expect(result.exit == .status(0), "\(result.output)\(result.errors)")
        let level = try #require(result.output.firstMatch(of: /exposure level for \S+: (\d+\.\d)/), "\(result.output)")
        #expect(try #require(Double(level.1)) <= 1.5)
    }
}
