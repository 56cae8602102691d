import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// `/targets` as those see it who ask: lists that stay while something fails, and what is said of it.
@Suite(.sharesMachine)
struct DiscoveryTests {
    private static func settings(_ folder: TemporaryFolder, _ more: [String: String] = [:]) -> [String: String] {
        ["discovery.root": "\"\(folder.path)\"", "discovery.cache_time": "\"off\""].merging(more) { $1 }
    }

    private static func list(_ target: String) -> String { #"[{"targets":["\#(target)"]}]"# + "\n" }

    @Test func failingGenerator_LeavesItsLastListStanding() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a.py", "def generate_targets():\n    return [{'targets': ['a:1']}]\n")
        try await withProxy(Self.settings(folder)) { proxy in
            let good = try proxy.get("/targets")
            #expect(good.status == 200 && good.text == Self.list("a:1") && good.header("age") == nil, "\(good)")
            try folder.write("a.py", "def generate_targets():\n    raise ValueError('no database')\n")
            let stale = try await answer(to: "the file is looked at again") {
                let answer = try proxy.get("/targets")
                return answer.header("age") == nil ? nil : answer
            }
            #expect(stale.status == 200 && stale.text == good.text && stale.header("etag") == good.header("etag"))
            #expect(try proxy.ownSample(#"httpsd_path_requests_total{path="",status="stale"}"#) >= 1)
            #expect(try proxy.ownSample(#"httpsd_generator_requests_total{generator="a.py",status="fail"}"#) >= 1)
            let debug = try proxy.get("/targets?debug=true")
            #expect(debug.status == 500 && debug.text.contains("no database"), "\(debug)")
            #expect(debug.text.contains("\"\(folder.path)/a.py\""))
            #expect(proxy.log.contains("a generator of targets failed"), "\(proxy.log)")
            try folder.write("a.py", "def generate_targets():\n    return [{'targets': ['b:1']}]\n")
            try await wait(until: "it is well again") { try proxy.get("/targets").text == Self.list("b:1") }
        }
    }

    @Test func failingGenerator_WithoutALastList_Is500_AndSaysWhichAndWhy() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("s"), withIntermediateDirectories: true)
        try folder.write("s/ok.json", #"[{"targets": ["a:1"]}]"#)
        try folder.write("s/bad.py", "def generate_targets():\n    raise ValueError('no database')\n")
        try await withProxy(Self.settings(folder)) { proxy in
            for path in ["/targets", "/targets/s", "/targets/s/bad.py"] {
                let answer = try proxy.get(path)
                #expect(answer.status == 500 && answer.header("content-type") == "application/json", "\(answer)")
                #expect(answer.text.contains("s/bad.py") && answer.text.contains("no database"), "\(answer)")
            }
            #expect(try proxy.get("/targets/s/ok.json").status == 200)
        }
    }

    @Test func whoHasTheList_IsNotSentItAgain() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a.json", #"[{"targets": ["a:1"], "labels": {"z": "1", "b": "2"}}]"#)
        try await withProxy(Self.settings(folder)) { proxy in
            let tag = try #require(try proxy.get("/targets").header("etag"))
            let second = try proxy.get("/targets", headers: ["If-None-Match: \(tag)"])
            #expect(second.status == 304 && second.body == [], "\(second)")
            #expect(try proxy.get("/targets", headers: ["If-None-Match: \"x\""]).status == 200)
            try folder.write("a.json", #"[{"targets": ["b:1"]}]"#)
            try await wait(until: "the file is read again") {
                try proxy.get("/targets", headers: ["If-None-Match: \(tag)"]).status == 200
            }
        }
    }

    @Test func folderThatIsGone_AnswersWhatItSaidLast() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("d"), withIntermediateDirectories: true)
        try folder.write("d/a.json", #"[{"targets": ["a:1"]}]"#)
        try await withProxy(Self.settings(folder)) { proxy in
            let good = try proxy.get("/targets/d")
            try FileManager.default.removeItem(atPath: folder.path("d"))
            let stale = try await answer(to: "the folder is looked at again") {
                let answer = try proxy.get("/targets/d")
                return answer.header("age") == nil ? nil : answer
            }
            #expect(stale.status == 200 && stale.text == good.text)
            #expect(try proxy.get("/targets/e").status == 404)
            try FileManager.default.createDirectory(atPath: folder.path("d"), withIntermediateDirectories: true)
            #expect(try proxy.get("/targets/d").text == "[]\n", "a folder that is empty has none")
        }
    }

    @Test func trees_ComeAndGoWithAReload() async throws {
        let (one, two) = (try TemporaryFolder(), try TemporaryFolder())
        try one.write("a.json", #"[{"targets": ["a:1"]}]"#)
        try two.write("b.json", #"[{"targets": ["b:1"]}]"#)
        let tree = "\n[[discovery.tree]]\nroot = \"\(two.path)\"\npath = \"dc/two\"\n"
        try await withProxy(Self.settings(one), more: tree) { proxy in
            #expect(try proxy.get("/targets").text == #"[{"targets":["a:1"]},{"targets":["b:1"]}]"# + "\n")
            for path in ["/targets/dc", "/targets/dc/two", "/targets/dc/two/b.json"] {
                #expect(try proxy.get(path).text == Self.list("b:1"), "\(path)")
            }
            let file = String(decoding: TemporaryFolder.read(proxy.configurationPath), as: UTF8.self)
            try proxy.folder.write("config.toml", file.replacing(tree, with: ""))
            #expect(try await proxy.hangUp().contains("reloaded"))
            #expect(try proxy.get("/targets").text == Self.list("a:1"))
            #expect(try proxy.get("/targets/dc").status == 404)
        }
    }

    @Test func treeInTheFolderOfAnother_KeepsItsOwnLists_AndIsMissedWhenItIsGone() async throws {
        let (one, two) = (try TemporaryFolder(), try TemporaryFolder())
        try FileManager.default.createDirectory(atPath: one.path("dc"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: two.path("tree"), withIntermediateDirectories: true)
        try one.write("dc/a.json", #"[{"targets": ["a:1"]}]"#)
        try two.write("tree/a.json", #"[{"targets": ["b:1"]}]"#)
        let tree = "\n[[discovery.tree]]\nroot = \"\(two.path("tree"))\"\npath = \"dc\"\n"
        try await withProxy(Self.settings(one), more: tree) { proxy in
            let both = #"[{"targets":["a:1"]},{"targets":["b:1"]}]"# + "\n"
            for path in ["/targets", "/targets/dc", "/targets"] { #expect(try proxy.get(path).text == both, "\(path)") }
            try FileManager.default.moveItem(atPath: two.path("tree"), toPath: two.path("away"))
            let stale = try await answer(to: "the folder is looked at again") {
                let answer = try proxy.get("/targets/dc")
                return answer.status == 200 && answer.header("age") == nil ? nil : answer
            }
            #expect(stale.status == 200 && stale.text == both, "\(stale)")
            #expect(proxy.log.contains("the tree of targets cannot be read"))
        }
    }

    @Test func runningNow_IsForAdministrators() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a.py", "import os\ndef generate_targets():\n    return [{'targets': [f'{os.getpid()}:1']}]\n")
        let settings = Self.settings(
            folder, ["discovery.cache_time": "\"1h\"", "web.protect": "[\"admin\"]"])
        let secrets = try TemporaryFolder()
        let file = try secrets.write("token", "0123456789abcdef0123456789abcdef")
        let user = "\n[[web.token]]\nfile = \"\(file)\"\nroles = [\"admin\"]\n"
        try await withProxy(settings, more: user) { proxy in
            let first = try proxy.get("/targets").text
            #expect(try proxy.get("/targets").text == first)
            for path in ["/targets?reload=true", "/targets?debug=true"] {
                #expect(try proxy.get(path).status == 401, "\(path)")
            }
            let token = ["Authorization: Bearer 0123456789abcdef0123456789abcdef"]
            let second = try proxy.get("/targets?reload=true", headers: token)
            #expect(second.status == 200 && second.text != first, "\(second)")
        }
    }

    // MARK: Hostile generators

    @Test func hostileGenerators_CostNobodyElseAnything() async throws {
        let folder = try TemporaryFolder()
        let hostile = [
            "hang.py": "def generate_targets():\n    while True: pass\n",
            "fork.py": "import os, time\ndef generate_targets():\n    os.fork(); time.sleep(100)\n",
            "flood.py": "def generate_targets():\n    return ['x' * (1 << 28)]\n",
            "exit.py": "import os\ndef generate_targets():\n    os._exit(1)\n",
            "half.py": "def generate_targets():\n    return [{'targe",
            "bytes.py": "# \u{00e9}\ndef generate_targets():\n    return b'x'\n",
            "half.json": #"[{"targets": ["a:"#,
            "program": "#!/bin/sh\nyes\n",
            "sick": "#!/bin/sh\necho no database >&2\nexit 3\n",
        ]
        try FileManager.default.createDirectory(atPath: folder.path("bad"), withIntermediateDirectories: true)
        for (name, text) in hostile {
            let path = try folder.write("bad/\(name)", text)
            if !name.contains(".") { chmod(path, 0o755) }
        }
        try folder.write("bad/latin.py", Array("# \u{e9}".utf8.dropLast()) + [0xE9] + Array("\n".utf8))
        try FileManager.default.createDirectory(atPath: folder.path("good"), withIntermediateDirectories: true)
        try folder.write("good/a.py", "def generate_targets(**p):\n    return [{'targets': ['a:1']}]\n")
        let settings = Self.settings(folder, ["discovery.timeout": "\"1s\"", "discovery.output_bytes_max": "65536"])
        try await withProxy(settings) { proxy in
            for name in hostile.keys.sorted() + ["latin.py"] {
                let answer = try proxy.get("/targets/bad/\(name)")
                #expect(answer.status == 500 && answer.text.contains("bad/\(name)"), "\(answer)")
                #expect(try proxy.get("/targets/good").text == Self.list("a:1"), "after \(name)")
            }
            #expect(try proxy.get("/targets/bad/sick?debug=true").text.contains("no database"))
        }
    }

    @Test func strangersParameters_LeaveListsAndScrapesAlone() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a.json", #"[{"targets": ["a:1"]}]"#)
        try folder.write(
            "hang.py", "import time\ndef generate_targets(**p):\n    p and time.sleep(1000)\n    return []\n")
        try await withProxy(Self.settings(folder)) { proxy in
            let clients = try (0..<90).map { number in
                let client = try SocketClient.tcp(proxy.httpPort)
                try client.send("GET /targets/hang.py?x=\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                return client
            }
            try await wait(until: "what cannot wait is refused") {
                try proxy.get("/targets/hang.py?x=y").text.contains("too many generators wait")
            }
            #expect(try proxy.get("/targets/a.json").text == Self.list("a:1"))
            #expect(try proxy.get("/metrics").status == 200)
            withExtendedLifetime(clients) {}
        }
    }

    // MARK: Start

    @Test func flagsOfTheOriginal_ServeATreeWithoutAFile() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a.json", #"[{"targets": ["a:1"]}]"#)
        let child = try ChildProcess(
            ProxyProcess.program,
            [
                "serve", "--targets", folder.path, "--host", "127.0.0.1", "-p", "0", "-r", "/foo", "--cache-type",
                "Timeout", "--cache-opt", "timeout=10", "--cache-opt", "name=x", "--set",
                "receiver.receive_on_tcp_socket=false", "--set", "receiver.receive_on_unix_socket=false",
            ], environment: ProxyProcess.environment, directory: folder.path)
        let port = try await answer(to: "it serves") { () -> UInt16? in
            let mark = "http://127.0.0.1:"
            guard let line = child.errorText.split(separator: "\n").first(where: { $0.contains(mark) }) else {
                return nil
            }
            return line.split(separator: mark).last.flatMap { UInt16($0.prefix { $0.isNumber }) }
        }
        for path in ["/targets", "/foo/targets", "/foo/targets/a.json"] {
            #expect(try HTTPAnswer.get(port, path).text == Self.list("a:1"), "\(path)")
        }
        child.send(SIGTERM)
        #expect(try await child.exit(within: .seconds(5)) == .status(0))
    }

    @Test func relativeTree_IsOneWithItsUtilsAndPrograms() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("tree"), withIntermediateDirectories: true)
        try folder.write("tree/_utils.py", "name = 'a:1'\n")
        try folder.write(
            "tree/a.py", "from _utils import name\ndef generate_targets():\n    return [{'targets': [name]}]\n")
        chmod(try folder.write("tree/b", "#!/bin/sh\necho '[{\"targets\": [\"b:1\"]}]'\n"), 0o755)
        let (exit, output, errors) = try await run(
            ProxyProcess.program, ["check", "targets", "tree", "--output", "json"],
            environment: ProxyProcess.environment, directory: folder.path)
        #expect(exit == .status(0), "\(output)\(errors)")
        #expect(output.contains("a.py") && output.contains("\"b\""), "\(output)")
    }

    @Test(arguments: [
        (["serve", "--host", "127.0.0.1"], 64, "--targets"),
        (["serve", "--targets", "/", "--cache-opt", "colour=red"], 64, "colour"),
        (["serve", "--targets", "/", "-s", "nonsense"], 78, "discovery.sentry_dsn"),
    ])
    func flagsThatMakeNoSense_AreRefused(arguments: [String], status: Int32, word: String) async throws {
        let (exit, _, errors) = try await run(ProxyProcess.program, arguments)
        #expect(exit == .status(status) && errors.contains(word), "\(errors)")
    }
}
