import TestSupport
import Testing

@testable import ExporterProxy

struct ExecutableGeneratorTests {
    private let tree: GeneratorTree

    init() throws { tree = try GeneratorTree() }

    private func run(_ text: String, limits: GeneratorLimits = GeneratorTree.limits) async throws -> GeneratorResult {
        await ExecutableGenerator.run(try tree.executable(text), root: tree.root, limits: limits)
    }

    private static func sh(_ lines: String) -> String { "#!/bin/sh\n\(lines)\n" }

    @Test(arguments: [
        ("echo '[]'", "[]\n"), ("cat; echo read", "read\n"), ("echo no list", "no list\n"), ("", ""),
        ("echo '[]'; echo problem >&2", "[]\n"),
        // What holds its output open is not waited for, and does not live on.
        ("sleep 99 & echo '[]'", "[]\n"), ("sleep 99 >&- 2>&- & echo '[]'", "[]\n"),
        ("exec 2>&-; echo '[]'; exec >&-; sleep 0.05", "[]\n"),
    ])
    func whatItPrints_IsItsList(lines: String, output: String) async throws {
        #expect(try await run(Self.sh(lines)).list == output)
        try await tree.waitFor(processes: 0)
    }

    @Test func program_RunsInTheFolderOfTheTree_WithOurEnvironment() async throws {
        try tree.write("beside", to: "data/list")
        let list = try await run(Self.sh("cat data/list; echo; echo $PATH; echo $0")).list
        let path = try #require(ProcessEnvironment.all()["PATH"])
        #expect(list == "beside\n\(path)\n\(tree.root)/list.sh\n")
    }

    @Test(arguments: [
        ("exit 3", GeneratorFailure.Reason.exit, "it ended with status 3", ""),
        ("echo '[]'; echo no host >&2; exit 1", .exit, "it ended with status 1", "no host\n"),
        ("kill -9 $$", .exit, "it was killed by signal 9", ""),
        ("yes", .output, "its list is larger than 1048576 bytes", ""),
        ("yes >&2 & head -c 1048577 /dev/zero; wait", .output, "its list is larger than 1048576 bytes", ""),
    ])
    func failure_SaysHowItEnded(
        lines: String, reason: GeneratorFailure.Reason, text: String, details: String
    ) async throws {
        let failure = try await run(Self.sh(lines)).failure
        #expect(failure?.reason == reason)
        #expect(failure?.text == text)
        #expect(failure?.details.hasSuffix(details) == true)
        #expect((failure?.details.utf8.count ?? 0) <= 4096)
        try await tree.waitFor(processes: 0)
    }

    @Test(arguments: [
        "sleep 99", "trap '' TERM INT HUP; while :; do sleep 1; done", "kill -STOP $$", "sleep 99 & wait",
        "exec >&- 2>&-; sleep 99", "yes >&2",
    ])
    func programThatHangs_IsKilledWithItsGroup(lines: String) async throws {
        var limits = GeneratorTree.limits
        limits.timeout = .milliseconds(300)
        let failure = try await run(Self.sh("echo begun >&2; " + lines), limits: limits).failure
        #expect(failure?.reason == .timeout)
        #expect(failure?.text == "it took longer than 300ms")
        #expect(failure?.details.isEmpty == false)
        try await tree.waitFor(processes: 0)
    }

    @Test func programThatCannotBeStarted_IsSaidWhy() async throws {
        for (text, says) in [("#!/no/such/shell\n", "what its first line names"), ("\u{7F}ELF", "Exec format error")] {
            let failure = try await run(text).failure
            #expect(failure?.reason == .interpreter)
            #expect(failure?.text.contains(says) == true, "\(failure?.text ?? "")")
        }
        let file = GeneratorFile(path: "gone", kind: .executable, stamp: .unknown)
        let failure = await ExecutableGenerator.run(file, root: tree.root, limits: GeneratorTree.limits).failure
        #expect(failure?.reason == .interpreter)
    }

    @Test(.needs(.python)) func memory_IsLimited() async throws {
        let python = try Tool.python.path()
        let failure = try await run("#!\(python)\na = []\nwhile True: a.append(bytearray(1 << 20))\n").failure
        #expect(failure?.reason == .exit)
        #expect(failure?.details.hasSuffix("MemoryError\n") == true)
    }

    @Test func cancellation_EndsIt() async throws {
        let file = try tree.executable(Self.sh("touch begun; sleep 99"))
        let run = Task { [tree] in await ExecutableGenerator.run(file, root: tree.root, limits: GeneratorTree.limits) }
        try await tree.waitFor("begun")
        run.cancel()
        #expect(await run.value.reason == .stopped)
        try await tree.waitFor(processes: 0)
    }
}
