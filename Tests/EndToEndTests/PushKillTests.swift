import TestSupport
import Testing

/// What was acknowledged survives `kill -9`. `make kill` does this two hundred times.
@Suite(.sharesMachine)
struct PushKillTests {
    @Test(.needs(.python)) func acknowledgedPushes_AreThere_AfterEachKill() async throws {
        let script = Tool.repository + "/Tests/Kill/kill.py"
        let result = try await run(Tool.python.path(), [script, "--kills", "5", "--seed", "5", ProxyProcess.program])
        #expect(result.exit == .status(0), "\(result.errors)")
        #expect(result.output.contains(" pushes acknowledged, 0 lost"), "\(result.output)")
    }
}
