import FoundationEssentials
import TestSupport
import Testing

/// The subcommands, as a shell sees them: status, standard output and standard error.
@Suite(.sharesMachine)
struct CommandTests {
    private static func proxy(
        _ arguments: String..., input: String = "", environment: [String: String] = [:]
    ) async throws -> (exit: ChildProcess.Exit, output: String, errors: String) {
        try await run(
            ProxyProcess.program, arguments, input: Array(input.utf8),
            environment: ProxyProcess.environment.merging(environment) { $1 })
    }

    // MARK: check

    @Test func check_OfTheShippedFile_IsGood() async throws {
        let result = try await Self.proxy("check", "--config", "\(Tool.repository)/config.toml")
        #expect(result.exit == .status(0), "\(result.errors)")
        #expect(result.output == "\(Tool.repository)/config.toml: ok\n")
    }

    @Test func check_NamesEveryProblemWithItsLine_AndIsStatus78() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "wrong.toml",
            """
            [exporter]
            concurrent_requests = 65536
            scrape_expose_endpoint = "nowhere"
            [receiver]
            fromat = "json"
            format = "xml"
            message_timeout = "soon"
            [poll_external]
            poll_interval = -1
            [[poll_external.target]]
            name = "no url"
            [stroe]

            """)
        let result = try await Self.proxy("check", "-c", path)
        #expect(result.exit == .status(78))
        #expect(result.output == "")
        for (line, key) in [
            (2, "exporter.concurrent_requests"), (3, "exporter.scrape_expose_endpoint"), (5, "receiver.fromat"),
            (6, "receiver.format"), (7, "receiver.message_timeout"), (9, "poll_external.poll_interval"),
            (12, "stroe"),
        ] {
            #expect(result.errors.contains("\(path):\(line): \(key): "), "\(key) in\n\(result.errors)")
        }
        #expect(result.errors.contains("poll_external.target[0].url: "), "\(result.errors)")
        #expect(result.errors.contains(#""format""#) || result.errors.contains("'format'"), "\(result.errors)")
        #expect(result.errors.contains("store"), "the nearest known section in\n\(result.errors)")
    }

    @Test func check_OfBrokenTOML_NamesLineAndColumn() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("broken.toml", "[exporter]\nworker_threads = = 1\n")
        let result = try await Self.proxy("check", "-c", path)
        #expect(result.exit == .status(78))
        #expect(result.errors.contains("\(path):2:"), "\(result.errors)")
    }

    @Test func check_OfAFileThatIsNotThere_NamesItsPath() async throws {
        let result = try await Self.proxy("check", "--config", "/nowhere/config.toml")
        #expect(result.exit == .status(78))
        #expect(result.errors.contains("/nowhere/config.toml"))
    }

    @Test func serving_WithAWrongConfiguration_IsStatus78AsWell() async throws {
        let result = try await Self.proxy("--set", "receiver.format=xml")
        #expect(result.exit == .status(78))
        #expect(result.errors.contains("receiver.format"), "\(result.errors)")
    }

    @Test func environment_OverridesTheFile_AndIsNamedInProblems() async throws {
        let result = try await Self.proxy(
            "check", "-c", "\(Tool.repository)/config.toml",
            environment: ["EXPORTER_PROXY_EXPORTER__CONCURRENT_REQUESTS": "none"])
        #expect(result.exit == .status(78))
        #expect(result.errors.contains("EXPORTER_PROXY_EXPORTER__CONCURRENT_REQUESTS"), "\(result.errors)")
    }

    // MARK: check metrics

    @Test func checkMetrics_OfAGoodFile_CountsFamiliesAndSamples() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("good.prom", exposition("good") + exposition("better"))
        let result = try await Self.proxy("check", "metrics", path)
        #expect(result.exit == .status(0), "\(result.errors)")
        #expect(result.output == "\(path): valid text 0.0.4: 2 families, 2 samples\n")
        let json = try await Self.proxy("check", "metrics", "--output", "json", path)
        #expect(json.exit == .status(0) && json.output == "[]\n", "\(json)")
    }

    @Test func checkMetrics_OfABadFile_ShowsEveryError_AndIsStatus1() async throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("bad.prom", "good 1\nbad-name 1\nbad{a=\"b\"} value\n")
        let result = try await Self.proxy("check", "metrics", path)
        #expect(result.exit == .status(1))
        #expect(
            result.output == """
                2:4: no metric name can stand here, or go on like this
                    bad-name 1
                       ^
                    use letters, digits, _ and :, and no digit first

                3:12: the value is not a number
                    bad{a="b"} value
                               ^
                    write a decimal number, +Inf, -Inf or NaN

                """)
        #expect(result.errors == "exporter-proxy: \(path): not valid text 0.0.4: 2 errors\n")
    }

    @Test func checkMetrics_AsJSON_IsAnArrayOfErrors() async throws {
        let text = "a{b=\"\\q\"} 1\na\u{7}\u{e9} 1\n"
        let result = try await Self.proxy("check", "metrics", "--output", "json", "-", input: text)
        #expect(result.exit == .status(1))
        let value = try JSONDecoder().decode(JSONCase.self, from: Data(result.output.utf8))
        #expect(value.array.map { $0["line"].number } == [1, 2])
        #expect(value.array.map { $0["reason"].string } == ["label_escape", "bad_name"])
        #expect(value.array.map { $0["text"].string } == ["a{b=\"\\q\"} 1", "a\\x07\u{e9} 1"])
        #expect(value.array.first?["refused_by"].array.map(\.string) == ["promtool"])
    }

    /// The same text is judged by the format that is named.
    @Test(arguments: [
        ([], "a 1\n", 0), (["-"], "a 1\n", 0), (["--format", "openmetrics"], "a 1\n", 1),
        (["--format", "openmetrics", "-"], "a 1\n# EOF\n", 0), (["--format", "text"], "# EOF\na 1", 1),
        ([], "", 0), (["--format=openmetrics"], "", 1),
    ])
    func checkMetrics_OfStandardInput_HoldsItAgainstTheFormat(
        arguments: [String], input: String, status: Int32
    ) async throws {
        let result = try await run(
            ProxyProcess.program, ["check", "metrics"] + arguments, input: Array(input.utf8),
            environment: ProxyProcess.environment)
        #expect(result.exit == .status(status), "\(result)")
        let sentence = status == 0 ? result.output : result.errors
        #expect(sentence.contains("standard input: \(status == 0 ? "valid" : "not valid") "), "\(result)")
    }

    @Test(arguments: ["/nowhere/file.prom", "/"])
    func checkMetrics_OfWhatCannotBeRead_IsStatus66(path: String) async throws {
        let result = try await Self.proxy("check", "metrics", path)
        #expect(result.exit == .status(66))
        #expect(result.output == "" && result.errors.hasPrefix("exporter-proxy: cannot read \(path): "), "\(result)")
    }

    @Test(arguments: [["--format", "xml"], ["--output", "yaml"], ["one", "two"], ["-c", "config.toml"]])
    func checkMetrics_WithAWrongArgument_IsAUsageError(arguments: [String]) async throws {
        let result = try await run(
            ProxyProcess.program, ["check", "metrics"] + arguments, environment: ProxyProcess.environment)
        #expect(result.exit == .status(64), "\(result)")
    }

    // MARK: flags

    @Test func version_IsOneLine() async throws {
        let result = try await Self.proxy("--version")
        #expect(result.exit == .status(0))
        #expect(result.output.wholeMatch(of: /exporter-proxy \d+\.\d+\.\d+\n/) != nil, "\(result.output)")
    }

    @Test(arguments: [["--bogus"], ["push", "app", "--bogus"], ["bogus"], ["--set", "nonsense"]])
    func unknownArgument_IsAUsageError(arguments: [String]) async throws {
        let result = try await run(ProxyProcess.program, arguments, environment: ProxyProcess.environment)
        #expect(result.exit == .status(64), "\(result)")
        #expect(result.errors.contains("Usage: "), "\(result.errors)")
    }

    // MARK: apps

    @Test func apps_PrintsWhatTheWindowShows() async throws {
        try await withProxy { proxy in
            try proxy.send(#"{"shown": "a 1"}"#)
            let table = try await Self.proxy("apps", "--url", proxy.url(""))
            #expect(table.exit == .status(0), "\(table.errors)")
            #expect(table.output.contains("| shown "))
            #expect(table.output.hasPrefix("+-") && table.output.hasSuffix("-+\n"))

            let json = try await Self.proxy("apps", "--json", "--url", proxy.url("/"))
            #expect(json.exit == .status(0), "\(json.errors)")
            #expect(json.output.contains(#""name": "shown""#), "\(json.output)")
        }
    }

    @Test func apps_WithoutAProxy_SaysWhereItLooked() async throws {
        let port = try freePort()
        let result = try await Self.proxy("apps", "--url", "http://127.0.0.1:\(port)")
        #expect(result.exit == .status(1))
        #expect(result.errors.contains("127.0.0.1:\(port)"))
        #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }

    // MARK: push

    @Test(arguments: ProxyProcess.Door.allCases, [false, true])
    func push_SendsAFileOrStandardInput(door: ProxyProcess.Door, capnp: Bool) async throws {
        try await withProxy { proxy in
            let address = door == .unix ? ["--unix", proxy.unixSocket] : ["--tcp", "127.0.0.1:\(proxy.tcpPort)"]
            let flags = address + (capnp ? ["--capnp"] : [])
            let text = "pushed{label=\"ü\\\"\\\\\"} 2\n"
            let file = try proxy.folder.write("file.prom", text)
            let fromFile = try await run(
                ProxyProcess.program, ["push", "from file", file] + flags, environment: ProxyProcess.environment)
            let fromInput = try await run(
                ProxyProcess.program, ["push", "from input"] + flags, input: Array("last_line 1".utf8),
                environment: ProxyProcess.environment)
            #expect(fromFile.exit == .status(0), "\(fromFile.errors)")
            #expect(fromInput.exit == .status(0), "\(fromInput.errors)")
            #expect(try proxy.metrics() == text + "last_line 1\n")
        }
    }

    @Test func push_ThatIsRefused_SaysWhyAndFails() async throws {
        try await withProxy(["receiver.reply": "true"]) { proxy in
            let result = try await Self.proxy("push", "", "--unix", proxy.unixSocket, input: "a 1\n")
            #expect(result.exit == .status(1))
            #expect(result.errors.contains("the app name is empty"), "\(result.errors)")
        }
    }

    @Test func push_ToNobody_NamesTheAddress() async throws {
        let port = try freePort()
        let result = try await Self.proxy("push", "app", "--tcp", "127.0.0.1:\(port)", input: "a 1\n")
        #expect(result.exit == .status(1))
        #expect(result.errors.contains("127.0.0.1:\(port)"), "\(result.errors)")
    }
}
