import TestSupport
import Testing

@testable import ExporterProxy

/// What generators return, and what they do to us.
@Suite(.needs(.python))
struct PythonGeneratorTests {
    /// One after the other, with one interpreter: it has to live through all of them.
    private func withInterpreter(
        _ body: @escaping @Sendable (PythonInterpreter, GeneratorTree) async throws -> Void
    ) async throws {
        let tree = try GeneratorTree()
        let python = PythonInterpreter(program: try Tool.python.path(), root: tree.root, logger: .silent)
        try await withRunning(python) { try await body(python, tree) }
        #expect(tree.processes == 0)
    }

    @Test func whatIsAList_IsWrittenAsJSON() async throws {
        try await withInterpreter { python, tree in
            for (body, list) in [
                ("return []", "[]"),
                (
                    "return [{'targets': ['a:1'], 'labels': {'é': 'b'}}]",
                    #"[{"targets":["a:1"],"labels":{"\u00e9":"b"}}]"#
                ),
                ("return ({'targets': []},)", #"[{"targets":[]}]"#),
                ("yield {'targets': ['a:1']}\nyield {}", #"[{"targets":["a:1"]},{}]"#),
                ("return map(str, range(2))", #"["0","1"]"#),
                ("return {'targets': ()}", #"[{"targets":[]}]"#),
                (#"return ['\ud800']"#, #"["\ud800"]"#),
                ("return [10**30, 1.5, None, True]", "[1000000000000000000000000000000,1.5,null,true]"),
                ("print('x' * 100000)\nimport os\nos.write(1, b'[[]')\nreturn []", "[]"),
                ("import threading, time\nthreading.Thread(target=time.sleep, args=(99,)).start()\nreturn []", "[]"),
                ("import atexit, time\natexit.register(time.sleep, 99)\nreturn []", "[]"),
                ("import os\nos.fork()\nreturn []", "[]"),
                ("import os\nos.closerange(0, 50)\nreturn []", "[]"),
                ("import os, json\nos._exit = os.write = json.JSONEncoder = None\nreturn []", "[]"),
                ("import sys\nreturn [sys.stdin.read(), __name__]", #"["","generator:a.b"]"#),
                (
                    "import os, sys\nreturn [__file__, os.getcwd(), sys.path[-1]]",
                    #"["\#(tree.root)/a/b.py","\#(tree.root)","\#(tree.root)"]"#
                ),
            ] {
                #expect(await python.list(body).list == list, "\(body)")
            }
        }
    }

    @Test func generatorThatFails_IsSaidWhy_AndLeavesNothing() async throws {
        typealias Reason = GeneratorFailure.Reason
        let cases: [(source: String, reason: Reason, text: String)] = [
            ("return None", .notList, "it returned None, which is no list"),
            ("return 'abc'", .notList, "a str"),
            ("return {1}", .notList, "a set"),
            ("return object()", .notList, "an object"),
            ("async def list(): return []\nreturn list()", .notList, "a coroutine"),
            ("return [{1}]", .notList, "TypeError: Object of type set is not JSON"),
            ("return [b'a']", .notList, "bytes"),
            ("return [float('nan')]", .notList, "ValueError: Out of range float"),
            ("a = []\na.append(a)\nreturn a", .notList, "Circular"),
            ("a = []\nfor _ in range(99999): a = [a]\nreturn a", .notList, "RecursionError"),
            ("raise ValueError('a\\nb')", .exception, "ValueError: a b (a/b.py line 3)"),
            ("yield {}\nreturn 1 / 0", .exception, "ZeroDivisionError: division by zero (a/b.py line 4)"),
            (
                "class E(Exception):\n  def __str__(self): raise self\nraise E()", .exception,
                "E: <exception str() failed>"
            ),
            ("return generate_targets()", .exception, "RecursionError"),
            ("raise KeyboardInterrupt", .exception, "KeyboardInterrupt"),
            ("import no_such_module", .exception, "No module named 'no_such_module'"),
            ("import sys\nsys.exit('bye')", .exit, "it called sys.exit(bye)"),
            ("raise SystemExit", .exit, "it called sys.exit(None)"),
            ("import os\nos._exit(0)", .exit, "it ended with status 0 before it gave a list"),
            ("import os\nos._exit(3)", .exit, "status 3"),
            ("import os\nos.kill(os.getpid(), 9)", .exit, "it was killed by signal 9 (SIGKILL)"),
            ("import ctypes\nctypes.string_at(0)", .exit, "signal 11 (SIGSEGV)"),
            ("import os\nos.closerange(0, 9999)\nreturn []", .exit, "before it gave a list"),
            ("bytearray(10 << 30)", .memory, "it needs more than 268435456 bytes of memory"),
            ("a = []\nwhile True: a.append('x' * 1000000 + str(len(a)))", .memory, "memory"),
            ("import mmap\nmmap.mmap(-1, 10 << 30)", .memory, "memory"),
            ("return ['x' * 1000000] * 1000", .output, "it"),
            ("while True: yield {}", .output, "its list is larger than 1048576 bytes"),
        ]
        try await withInterpreter { python, tree in
            for (source, reason, text) in cases {
                let failure = await python.list(source).failure
                #expect(failure?.reason == reason, "\(source): \(failure?.text ?? "a list")")
                #expect(failure?.text.contains(text) == true, "\(source): \(failure?.text ?? "a list")")
            }
            try await tree.waitFor(processes: 2)
            #expect(await python.list("return []").list == "[]")
        }
    }

    @Test func sourceThatIsNoPython_IsSaidWhereAndWhy() async throws {
        try await withInterpreter { python, _ in
            for (source, text) in [
                ("def f(:\n", "SyntaxError: invalid syntax (a/b.py line 1)"),
                ("def generate_targets():\n    return [{'targets", "SyntaxError"),
                ("a = 1\n", "no function generate_targets"),
                ("a = 1\u{0}", "null bytes"), ("", "no function"), ("generate_targets = []", "no function"),
            ] {
                let failure = await python.source(source).failure
                #expect(failure?.reason == .exception && failure?.text.contains(text) == true, "\(failure?.text ?? "")")
            }
            let file = GeneratorFile(path: "a/b.py", kind: .python, stamp: .unknown)
            let result = await python.generate(
                file, source: Array("a = '".utf8) + [0xFF, 0x27, 0x0A], parameters: [],
                limits: GeneratorTree.limits)
            #expect(result.failure?.text.contains("utf-8") == true)
        }
    }

    /// None of them ends by itself, and some resist.
    @Test func generatorThatHangs_IsKilledWithAllItHasStarted() async throws {
        var limits = GeneratorTree.limits
        limits.timeout = .milliseconds(300)
        try await withInterpreter { [limits] python, tree in
            let deaf = "for n in range(1, 32):\n  if n not in (9, 19): signal.signal(n, signal.SIG_IGN)\n"
            let escape = "if os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0: time.sleep(99)\n  os._exit(0)\n"
            for body in [
                "time.sleep(99)", "while True: pass", "os.fork()\ntime.sleep(99)", deaf + "time.sleep(99)",
                "os.kill(os.getpid(), signal.SIGSTOP)", "for _ in range(5): os.fork()\ntime.sleep(99)",
                escape + "time.sleep(99)", "subprocess.run(['setsid', 'sleep', '99'])",
                "while True: yield time.sleep(1)",
            ] {
                let head = "import os, signal, subprocess, time"
                let failure = await python.list(body, head: head, limits: limits).failure
                #expect(failure?.reason == .timeout, "\(body): \(failure?.text ?? "a list")")
                #expect(failure?.text == "it took longer than 300ms")
            }
            #expect(await python.source("import time\ntime.sleep(99)", limits: limits).reason == .timeout)
            try await tree.waitFor(processes: 2)
        }
    }

    @Test func generatorThatHangs_SaysWhereItIs() async throws {
        var limits = GeneratorTree.limits
        limits.timeout = .seconds(1)
        try await withInterpreter { [limits] python, tree in
            let failure = await python.list("print('before')\ntime.sleep(99)", head: "import time", limits: limits)
                .failure
            #expect(failure?.details.contains("before\n") == true)
            #expect(failure?.details.contains(#"File "\#(tree.root)/a/b.py", line 4 in generate_targets"#) == true)
            #expect(failure?.details.contains("exporter-proxy") == false)
            #expect(failure?.details.contains("<string>") == false)
        }
    }

    @Test func whatLeavesItsSession_EndsWithItsRun() async throws {
        let escape = """
            import os, time
            if os.fork() == 0:
              os.setsid()
              if os.fork() == 0:
                open('escaped', 'w').close()
                time.sleep(99)
              os._exit(0)
            while not os.path.exists('escaped'): time.sleep(0.01)
            return []
            """
        try await withInterpreter { python, tree in
            #expect(await python.list(escape).list == "[]")
            try await tree.waitFor(processes: 2)
            #expect(tree.has("escaped"))
        }
    }

    @Test func details_AreTheTracebackOfTheUser_AndWhatWasPrinted() async throws {
        try await withInterpreter { python, tree in
            let body = "print('first')\nprint('x' * 99999)\ndef f(n): return f(n - 1) if n else 1 / 0\nf(200)"
            let details = try #require(await python.list(body).failure?.details)
            #expect(details.hasPrefix("Traceback (most recent call last):\n  File \"\(tree.root)/a/b.py\", line 6"))
            #expect(
                details.contains("ZeroDivisionError") && details.contains("It printed:\n") && details.hasSuffix("xxx"))
            #expect(!details.contains("first") && !details.contains("exporter-proxy"))
            #expect(details.utf8.count < 13_000)
        }
    }

    @Test func parameters_AreKeywords_WhateverTheirNames() async throws {
        let names = ["path", "root", "self", "source", "ü", "not a name", "path"]
        try await withInterpreter { python, _ in
            let given = names.enumerated().map { (name: $1, value: "\($0)") }
            let body = "return sorted(given.items())"
            #expect(
                await python.list(body, parameters: given).list
                    == #"[["not a name","5"],["path","0"],["root","1"],["self","2"],["source","3"],["\u00fc","4"]]"#)
            let source = "def generate_targets(cluster='none'): return [cluster]"
            #expect(await python.source(source).list == #"["none"]"#)
            #expect(await python.source(source, parameters: [("cluster", "")]).list == #"[""]"#)
            #expect(
                await python.source(source, parameters: [("region", "")]).failure?.text.contains("'region'") == true)
        }
    }

    @Test func testFunction_IsAskedWhereItIsWanted() async throws {
        let both = "def generate_targets(): return [1]\ndef test_generate_targets(): return [2]"
        try await withInterpreter { python, _ in
            #expect(await python.source(both).list == "[1]")
            #expect(await python.source(both, question: .rehearsal).list == "[2]")
            #expect(await python.source("def generate_targets(): return [1]", question: .rehearsal).list == "[1]")
            let object = "def generate_targets(): return {'a': (1, None)}"
            #expect(await python.source(object, question: .anything).list == #"{"a":[1,null]}"#)
            #expect(await python.source("def test_generate_targets(): return [1]").reason == .exception)
        }
    }

    @Test func tree_IsImportedAfreshEachTime() async throws {
        try await withInterpreter { python, tree in
            for number in 1...3 {
                try tree.write("NUMBER = \(number)\n", to: "_utils/__init__.py")
                #expect(await python.list("return [NUMBER]", head: "from _utils import NUMBER").list == "[\(number)]")
            }
            #expect(!tree.has("_utils/__pycache__"))
            // A compiled file that looks as if it were of the text beside it.
            let body = """
                path = '_utils/__init__.py'
                for number in '45':
                  with open(path, 'w') as file: file.write('NUMBER = ' + number + chr(10))
                  os.utime(path, (1, 1))
                  if number == '4': py_compile.compile(path)
                from _utils import NUMBER
                return [NUMBER, os.path.exists('_utils/__pycache__')]
                """
            #expect(await python.list(body, head: "import os, py_compile").list == "[5,true]")
        }
    }

    @Test func nothingOfARun_IsThereInTheNext() async throws {
        try await withInterpreter { python, _ in
            let body =
                "import sys, os\nsys.seen = getattr(sys, 'seen', 0) + 1\nos.environ['SEEN'] = '1'\nreturn [sys.seen]"
            for _ in 0..<3 { #expect(await python.list(body).list == "[1]") }
            #expect(await python.list("import os\nreturn [os.environ.get('SEEN')]").list == "[null]")
        }
    }

    @Test func answersOfAnySize_ComeWhole() async throws {
        var limits = GeneratorTree.limits
        limits.outputBytesMax = 8_000_003
        try await withInterpreter { [limits] python, _ in
            let most = await python.list("return ['x' * 7999999]", limits: limits)
            #expect(most.list?.utf8.count == 8_000_003)
            #expect(await python.list("return ['x' * 8000000]", limits: limits).reason == .output)
            // What comes by another way is not believed.
            let forged = """
                import os, struct
                for name in os.listdir('/proc/self/fd'):
                  if int(name) > 2:
                    try: os.write(int(name), struct.pack('!IIIIII', 20, 99, 1, 2, 3, 4))
                    except OSError: pass
                os._exit(0)
                """
            #expect(await python.list(forged).reason == .exit)
        }
    }
}
