import Testing

@testable import ExporterProxy

/// Files, entries of config.toml and the environment of Hermes, as the program reads them.
struct EventsConfigurationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func load(_ text: String, _ environment: [String: String] = [:]) throws -> RootConfiguration {
        var overrides = ConfigurationOverrides()
        overrides.add(environment: environment)
        return try ConfigurationFile.load(path: try folder.write(text, to: "c.toml"), overrides: overrides)
            .configuration
    }

    /// Without the folder's path.
    private func problems(_ text: String, _ environment: [String: String] = [:]) throws -> [String] {
        do {
            _ = try load(text, environment)
            return []
        } catch let failure as ConfigurationFailure {
            return failure.lines.map { $0.replacing("\(folder.path)/", with: "") }
        }
    }

    private func hermes(_ text: String) throws -> String { try folder.write(text, to: "hermes.json") }

    private static let file = #"{"service_name":"mail","counters":[{"metric_name":"a_total","labels":["x"]}]}"#

    @Test func withoutTheSection_NothingIsOpen() throws {
        let events = try load("").events
        #expect(!events.isOpen && !events.isUsed && events.listen == nil && events.receiveBuffer == 4 << 20)
        #expect(try !load("").reservedNames.contains("events"))
        #expect(try load("[events]\nlisten = \"127.0.0.1:0\"").reservedNames.contains("events"))
    }

    @Test func definitions_ComeFromTheFileAndFromEntries_AndEntriesWin() throws {
        let path = try hermes(
            #"{"service_name":"mail","counters":[{"metric_name":"a_total"}],"histograms":[{"metric_name":"h"}]}"#)
        let events = try load(
            """
            [events]
            definitions = "\(path)"
            prefix_service_name = true
            expire_after = "1h"
            [[events.histogram]]
            name = "h"
            buckets = [1, 2.5]
            [[events.summary]]
            name = "s"
            objectives = [0.5]
            max_age = "1m"
            expire_after = "5s"
            """
        ).events
        let definitions = events.settings.definitions
        #expect(definitions.usable.map(\.name).sorted() == ["a_total", "h", "s"])
        #expect(definitions.usable.first { $0.name == "h" }?.buckets == [1, 2.5])
        #expect(definitions.prefix == "mail_" && events.settings.expireAfter == .seconds(3600))
        #expect(events.warnings.isEmpty && events.isUsed && !events.isOpen)
    }

    @Test(arguments: [
        (#"{"counters":[{"metric_name":""}]}"#, ["hermes.json: counters[0].metric_name: there is no name"]),
        (#"{"counters":5}"#, ["hermes.json: counters: expected an array of objects, found a number"]),
        ("{\n\n?}", ["hermes.json: not JSON, byte 3: expected a key in double quotes (line 3)"]),
    ])
    func problemOfTheFile_NamesFileAndPlace(text: String, expected: [String]) throws {
        #expect(try problems("[events]\ndefinitions = \"\(hermes(text))\"") == expected)
    }

    @Test func problems_AreAllNamed_AtTheirPlaces() throws {
        #expect(
            try problems(
                """
                [events]
                listen = "here"
                definitions = "\(folder.file("none.json"))"
                colour = 1
                [[events.counter]]
                name = "a b"
                [[events.gauge]]
                name = "x_count"
                [[events.summary]]
                name = "x"
                [[poll_external.target]]
                url = "http://127.0.0.1:1/"
                name = "events"
                """) == [
                    "c.toml:2: events.listen: expected an address such as \"0.0.0.0:7789\", or \"\", found \"here\"",
                    "c.toml:4: events.colour: unknown key",
                    "c.toml:11: poll_external.target: the name 'events' is that of the packets' metrics",
                    "c.toml:3: events.definitions: cannot read none.json: No such file or directory",
                    "c.toml:6: events.counter[0].name: 'a b' is no metric name ([a-zA-Z_:][a-zA-Z0-9_:]*)",
                    "c.toml:10: events.summary[0].name: its sample 'x_count' is a metric too",
                ])
    }

    @Test func unknownKeysOfTheFile_AreWarnings() throws {
        let path = try hermes(
            #"{"listen_port":1,"counterz":[],"histograms":[{"metric_name":"h","buckets":[1]}]}"#)
        let warnings = try load("[events]\ndefinitions = \"\(path)\"").events.warnings
        #expect(
            warnings.map { $0.replacing("\(folder.path)/hermes.json: ", with: "") } == [
                "counterz: unknown key, without effect, did you mean 'counters'?",
                "histograms[0].buckets: without effect in this file: define the metric in config.toml to give it buckets",
                "listen_address and listen_port are without effect: see events.listen",
            ])
    }

    // MARK: The environment of Hermes

    @Test func withoutAFileOfDefinitions_ItsEnvironmentSaysNothing() throws {
        let variables = [
            "LISTEN_ADDRESS": "127.0.0.1", "LISTEN_PORT": "abc", "PROMETHEUS_LISTEN_PORT": "x", "LOG_LEVEL": "DEBUG",
            "HERMES_CONFIG_PATH": "", "CONFIG_FILE_PATH": "",
        ]
        #expect(try load("", variables) == load(""))
    }

    /// Variables besides the file, and where packets and scrapes come in.
    @Test(arguments: [
        ([:], "0.0.0.0:7789", "0.0.0.0:6555"),
        (["LISTEN_PORT": "7001"], "0.0.0.0:7001", "0.0.0.0:6555"),
        (["LISTEN_ADDRESS": "127.0.0.1", "LISTEN_PORT": ""], "127.0.0.1:7789", "0.0.0.0:6555"),
        (["LISTEN_ADDRESS": "::1", "LISTEN_PORT": "7001"], "[::1]:7001", "0.0.0.0:6555"),
        (["PROMETHEUS_LISTEN_PORT": "8080"], "0.0.0.0:7789", "0.0.0.0:8080"),
        (["EXPORTER_PROXY_EVENTS__LISTEN": "127.0.0.1:9", "LISTEN_PORT": "8"], "127.0.0.1:9", "0.0.0.0:6555"),
    ])
    func itsEnvironment_OpensTheDoor(variables: [String: String], events: String, http: String) throws {
        for name in ["HERMES_CONFIG_PATH", "CONFIG_FILE_PATH"] {
            let path = try hermes(Self.file)
            let configuration = try load("", variables.merging([name: path]) { $1 })
            #expect(configuration.events.listen?.description == events)
            #expect(configuration.exporter.http.address.description == http)
            #expect(configuration.events.settings.definitions.usable.map(\.name) == ["a_total"])
        }
    }

    /// Hermes 0.1.0: the file says where, unless a variable does.
    @Test(arguments: [([:], "127.0.0.1:7002"), (["LISTEN_PORT": "7001"], "0.0.0.0:7001")])
    func fileOfTheOldestHermes_SaysWhere(variables: [String: String], expected: String) throws {
        let path = try hermes(#"{"listen_address":"127.0.0.1","listen_port":7002}"#)
        let events = try load("", variables.merging(["CONFIG_FILE_PATH": path]) { $1 }).events
        #expect(events.listen?.description == expected)
    }

    @Test func newerVariable_IsHeard_AndLimitsAndLevels() throws {
        let path = try hermes(Self.file)
        let configuration = try load(
            "",
            [
                "HERMES_CONFIG_PATH": path, "CONFIG_FILE_PATH": "/none", "MAX_BUFFER_SIZE": "2048", "LOG_LEVEL": "warn",
            ])
        #expect(configuration.events.packetBytesMax == 2048 && configuration.log.level == .warning)
        let other = try load("", ["HERMES_CONFIG_PATH": path, "LOG_LEVEL": "LOUD"])
        #expect(other.log.level == .info)
    }

    @Test func configurationFile_WinsOverIt_UnlessItSaysNothing() throws {
        let variables = ["HERMES_CONFIG_PATH": try hermes(Self.file), "LISTEN_PORT": "7001", "LOG_LEVEL": "DEBUG"]
        let loud = try load("[events]\nlisten = \"127.0.0.1:7003\"\n[log]\nlevel = \"error\"", variables)
        #expect(loud.events.listen?.port == 7003 && loud.log.level == .error)
        let quiet = try load("[events]\nlisten = \"\"\ndefinitions = \"\"", variables)
        #expect(quiet.events.listen?.port == 7001 && !quiet.events.settings.definitions.usable.isEmpty)
    }

    @Test func wrongVariable_IsNamed() throws {
        let path = try hermes(Self.file)
        let lines = try problems("", ["HERMES_CONFIG_PATH": path, "LISTEN_PORT": "abc", "MAX_BUFFER_SIZE": "1"])
        #expect(lines.count == 2)
        #expect(lines.first?.hasPrefix("LISTEN_PORT: events.listen: expected an address") == true)
        #expect(lines.last?.hasPrefix("MAX_BUFFER_SIZE: events.packet_bytes_max: expected an integer") == true)
    }
}
