import Foundation
import TestSupport
import Testing

@testable import ExporterProxy

/// The life of the interpreter.
@Suite(.needs(.python))
struct PythonInterpreterTests {
    private let tree: GeneratorTree
    private let program: String

    init() throws {
        tree = try GeneratorTree()
        program = try Tool.python.path()
    }

    private func python(_ program: String? = nil, patience: Duration = .seconds(20)) -> PythonInterpreter {
        PythonInterpreter(program: program ?? self.program, root: tree.root, logger: .silent, patience: patience)
    }

    /// Says that it has begun, and does not end.
    private static func hanging(_ mark: String) -> String {
        "import time\nopen('\(mark)', 'w').close()\ntime.sleep(99)"
    }

    @Test func interpreter_StartsWithTheFirstRun_AndLeavesNothing() async throws {
        let python = python()
        try await withRunning(python) { [tree] in
            #expect(tree.processes == 0)
            #expect(await python.list("return []").list == "[]")
            #expect(tree.processes == 2)
        }
        #expect(tree.processes == 0)
        #expect(await python.list("return []").reason == .stopped)
    }

    @Test func virtualenv_IsItsFolder() async throws {
        let folder = Tool.repository + "/.build-venv"
        let python = python(folder)
        try await withRunning(python) {
            #expect(await python.list("import sys\nreturn [sys.prefix]").list == #"["\#(folder)"]"#)
        }
    }

    @Test(arguments: ["no-such-python", "/no/such/python", "/dev/null", "/etc", "/bin/false"])
    func interpreterThatCannotBeStarted_IsNamedWithItsKey(program: String) async throws {
        let python = python(program)
        try await withRunning(python) {
            let failure = await python.list("return []").failure
            #expect(failure?.reason == .interpreter)
            #expect(failure?.text.contains(program) == true)
            #expect((failure?.text.contains("discovery.python") == true) == (program != "/bin/false"))
        }
    }

    @Test func interpreterThatSpeaksNonsense_IsEnded() async throws {
        try tree.write("#!/bin/sh\necho 'Python 9 (what else?)'\nexec cat # \(tree.root)\n", to: "python")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tree.root + "/python")
        let python = python(tree.root + "/python")
        try await withRunning(python) {
            let failure = await python.list("return []").failure
            #expect(failure?.reason == .interpreter)
            #expect(failure?.text.hasSuffix("was ended: what it answered made no sense") == true)
        }
        #expect(tree.processes == 0)
    }

    @Test func runsBesideOneThatHangs_AreNotTouched() async throws {
        let python = python()
        try await withRunning(python) { [tree] in
            let hanging = Task { await python.list(Self.hanging("begun")) }
            try await tree.waitFor("begun")
            await withTaskGroup(of: String?.self) { group in
                for number in 0..<20 { group.addTask { await python.list("return [\(number)]").list } }
                var lists: Set<String> = []
                for await list in group { lists.insert(list ?? "none") }
                #expect(lists == Set((0..<20).map { "[\($0)]" }))
            }
            hanging.cancel()
            #expect(await hanging.value.reason == .stopped)
            try await tree.waitFor(processes: 2)
        }
    }

    @Test func parentThatIsKilled_FailsItsRuns_AndIsThereForTheNext() async throws {
        let python = python()
        try await withRunning(python) { [tree] in
            for round in 0..<3 {
                let neighbour = Task { await python.list(Self.hanging("begun\(round)")) }
                try await tree.waitFor("begun\(round)")
                let killer = await python.list("import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(99)").failure
                #expect(killer?.reason == .interpreter)
                #expect(killer?.text.hasSuffix("was ended by one of its generators") == true)
                #expect(await neighbour.value.reason == .interpreter)
                #expect(await python.list("return []").list == "[]")
                try await tree.waitFor(processes: 2)
            }
        }
        #expect(tree.processes == 0)
    }

    @Test func parentThatIsStopped_IsEnded_AndIsThereForTheNext() async throws {
        var limits = GeneratorTree.limits
        limits.timeout = .milliseconds(300)
        let python = python(patience: .milliseconds(300))
        try await withRunning(python) { [tree, limits] in
            #expect(await python.list("return []").list == "[]")
            let body = "import os, signal, time\nos.kill(os.getppid(), signal.SIGSTOP)\ntime.sleep(99)"
            let failure = await python.list(body, limits: limits).failure
            #expect(failure?.reason == .interpreter)
            #expect(failure?.text.hasSuffix("did not answer, and was ended") == true)
            // The next one waits until it is gone.
            #expect(await python.list("return []").list == "[]")
            try await tree.waitFor(processes: 2)
        }
        #expect(tree.processes == 0)
    }

    @Test func shutdown_EndsWhatRuns_WhereverItHasGone() async throws {
        let python = python()
        let escape = """
            import os, time
            if os.fork() == 0:
              os.setsid()
              if os.fork() == 0:
                open('escaped', 'w').close()
                time.sleep(99)
              os._exit(0)
            time.sleep(99)
            """
        let run = try await withRunning(python) { [tree] in
            let run = Task { await python.list(escape) }
            try await tree.waitFor("escaped")
            return run
        }
        #expect(tree.processes == 0)
        #expect(await run.value.reason == .stopped)
    }

    @Test func cancellation_LeavesNothing() async throws {
        let python = python()
        let service = Task { await python.run() }
        let run = Task { [tree] in
            let result = await python.list(Self.hanging("begun"))
            #expect(tree.processes == 0)
            return result
        }
        try await tree.waitFor("begun")
        service.cancel()
        await service.value
        #expect(tree.processes == 0)
        #expect(await run.value.reason == .stopped)
    }

    @Test func endOfRequests_EndsWhatRuns_WhoeverHasAsked() async throws {
        let escape = "import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(99)\n"
        let request = PythonRequest(
            path: "a.py", source: Array(escape.utf8), parameters: [], question: .list, limits: GeneratorTree.limits)
        let child = try ChildProcess(
            program, ["-c", PythonScript.beginning, tree.root],
            input: FieldFrames.text(PythonScript.text) + request.frame(number: 1))
        #expect(try await child.exit() == .status(0))
        #expect(child.errorText.isEmpty)
        #expect(tree.processes == 0)
    }

    @Test func modulesOfTheFolderWeAreStartedIn_AreNotTaken() async throws {
        // Before all others they would be looked for there.
        for name in ["json", "signal", "traceback", "ctypes"] {
            try tree.write("raise SystemExit(9)\n", to: "\(name).py")
        }
        let before = FileManager.default.currentDirectoryPath
        #expect(FileManager.default.changeCurrentDirectoryPath(tree.root))
        defer { _ = FileManager.default.changeCurrentDirectoryPath(before) }
        let python = python()
        try await withRunning(python) { #expect(await python.list("return []").list == "[]") }
    }
}
