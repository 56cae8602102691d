import Foundation
import Testing

@testable import ExporterProxy

private func load(
    _ text: String, environment: [String: String] = [:], settings: [String] = []
) throws -> RootConfiguration {
    let folder = try TemporaryFolder()
    var overrides = ConfigurationOverrides()
    overrides.add(environment: environment)
    for setting in settings {
        let isTaken = overrides.add(setting: setting)
        #expect(isTaken)
    }
    return try ConfigurationFile.load(path: try folder.write(text, to: "c.toml"), overrides: overrides).configuration
}

/// What a user is told, without the path of the file.
private func problems(
    _ text: String, environment: [String: String] = [:], settings: [String] = []
) throws -> [String] {
    do {
        _ = try load(text, environment: environment, settings: settings)
        return []
    } catch let failure as ConfigurationFailure {
        return failure.lines.map { line in
            line.range(of: "c.toml").map { String(line[$0.upperBound...].drop { $0 == ":" }) } ?? line
        }
    }
}

private let defaults = RootConfiguration([:], ConfigurationProblems())

@Test func defaults_AreThoseThatAreDocumented() {
    #expect(defaults.exporter.workerThreads == 0 && defaults.exporter.concurrentRequests == 2048)
    #expect(defaults.exporter.http.address == HostPort(host: "0.0.0.0", port: 6555))
    #expect(defaults.exporter.http.bodyBytesMax == 1_048_576)
    #expect(defaults.receiver.format == .auto)
    #expect(defaults.receiver.receivesOnUnixSocket && defaults.receiver.receivesOnTCPSocket)
    #expect(defaults.receiver.unixSocket == "/var/run/exporter-proxy-receiver.sock")
    #expect(defaults.receiver.unixSocketAccess == .init(user: geteuid(), group: getegid(), mode: 0o660))
    #expect(defaults.receiver.tcpSocket == HostPort(host: "127.0.0.1", port: 6554))
    #expect(defaults.receiver.messageBytesMax == 16_777_216 && !defaults.receiver.replies)
    #expect(defaults.receiver.messageTimeout == .seconds(30) && defaults.receiver.idleTimeout == .seconds(3600))
    #expect(defaults.poll.targets.isEmpty && !defaults.poll.followsRedirects)
    #expect(defaults.store.staleAfter == .seconds(300) && defaults.store.expireAfter == nil)
    #expect(defaults.store.persistence.path.isEmpty && defaults.store.persistence.ack == .written)
    #expect(defaults.store.persistence.saveInterval == .seconds(5))
    #expect(!defaults.telemetry.isMerged)
    #expect(defaults.log.level == .info && defaults.log.format == .logfmt)
}

@Test(arguments: ["", "\n", "# nothing\n", "[exporter]\n[receiver]\n[poll_external]\n[store]\n[telemetry]\n[log]\n"])
func anEmptyFile_HoldsTheDefaults(text: String) throws {
    #expect(try load(text) == defaults)
}

@Test func noFile_HoldsTheDefaults() {
    let problems = ConfigurationProblems()
    #expect(RootConfiguration([:], problems) == defaults)
    #expect(problems.all.isEmpty)
}

@Test func theShippedFile_HoldsTheDefaults() throws {
    let shipped = try ConfigurationFile.load(
        path: Repository.root.appending(path: "config.toml").path, overrides: ConfigurationOverrides())
    // Without a file nothing is written anywhere.
    var expected = defaults
    expected.store.persistence.path = Persistence.Configuration.standardPath
    #expect(shipped.configuration == expected)
}

@Test func theShippedFile_HasEveryKey() throws {
    let text = try Repository.text(of: "config.toml")
    let declared = ConfigurationProblems()
    _ = RootConfiguration([:], declared)
    for key in declared.keys {
        let parts = key.path.split(separator: ".").map(String.init)
        guard let section = parts.first, let name = parts.last else { continue }
        // What stands in a table of its own is shown as a comment.
        let isTable = parts.count == 3 && !key.path.contains("[]")
        let isEntry = key.path.contains("[]") || isTable
        #expect(text.contains(isTable ? "# [\(section).\(parts[1])]" : "[\(section)]"), "\(key.path)")
        let line = isEntry ? (parts.count > 3 ? "\(parts[2]) = {" : "# \(name) = ") : "\n\(name) = "
        #expect(text.contains(line), "\(key.path)")
    }
}

/// The default as the shipped file writes it, for each key of a section itself that has one.
@Test func theShippedFile_ShowsTheDefaultOfEachKey() throws {
    let values = try TOMLFile(try Repository.text(of: "config.toml")).values
    let declared = ConfigurationProblems()
    _ = RootConfiguration([:], declared)
    for key in declared.keys where !key.path.contains("[]") && !key.path.hasSuffix("_endpoints") {
        if key.path == "store.path" { continue }
        let parts = key.path.split(separator: ".").map(String.init)
        if parts.count > 2 { continue }
        guard case .table(let section) = values[parts[0]], let value = section[parts[1]] else {
            Issue.record("\(key.path) is not in config.toml")
            continue
        }
        let shown =
            switch value {
            case .string(let text): "\"\(text)\""
            case .integer(let number): "\(number)"
            case .boolean(let flag): "\(flag)"
            case .array: "[\((value.asStrings ?? []).map { "\"\($0)\"" }.joined(separator: ", "))]"
            default: "\(value)"
            }
        #expect(shown == key.standard, "\(key.path)")
    }
}

@Test func theOriginalsFile_IsTaken() throws {
    let configuration = try load(
        """
        [exporter]
        worker_threads = 2
        concurrent_requests = 65534
        scrape_expose_endpoint = "127.0.0.1:6543"
        [receiver]
        format = "json"
        receive_on_unix_socket = false
        receiver_unix_socket = "/tmp/x.sock"
        unix_socket_user = "current_user"
        unix_socket_group = "current_group"
        receive_on_tcp_socket = true
        receiver_tcp_socket = "127.0.0.1:6600"
        [poll_external]
        poll_other_scrape_endpoints = true
        other_scrape_endpoints = ["http://127.0.0.1:1025/1025.html", "http://127.0.0.1:1026/1026.html"]
        allow_invalid_certs = true
        poll_interval = 7
        client_timeout = 3
        """)
    #expect(configuration.exporter.workerThreads == 2 && configuration.exporter.concurrentRequests == 65_534)
    #expect(configuration.exporter.http.address.port == 6543)
    #expect(configuration.receiver.format == .json && !configuration.receiver.receivesOnUnixSocket)
    #expect(configuration.receiver.tcpSocket.port == 6600)
    #expect(
        configuration.poll.targets.map(\.name) == ["external_poll: 127.0.0.1:1025", "external_poll: 127.0.0.1:1026"])
    #expect(configuration.poll.targets.allSatisfy { $0.interval == .seconds(7) && $0.timeout == .seconds(3) })
    #expect(configuration.poll.targets.allSatisfy { $0.allowsInvalidCertificates })
}

@Test(arguments: [
    // Unknown keys and sections, with the nearest known one.
    ("[receiver]\nfromat = 'json'\n", "2: receiver.fromat: unknown key, did you mean 'format'?"),
    ("[reciever]\nformat = 'json'\n", "1: reciever: unknown key, did you mean 'receiver'?"),
    ("[store]\nbanana = 1\n", "2: store.banana: unknown key"),
    ("zzzzzz = 1\n", "1: zzzzzz: unknown key"),
    // Wrong types.
    ("[receiver]\n\nreply = 1\n", "3: receiver.reply: expected true or false, found 1"),
    ("[receiver]\nreply = 'yes'\n", "2: receiver.reply: expected true or false, found \"yes\""),
    (
        "[exporter]\nworker_threads = 'two'\n",
        "2: exporter.worker_threads: expected an integer from 0 to 1024, found \"two\""
    ),
    ("[exporter]\nworker_threads = 1.5\n", "2: exporter.worker_threads: expected an integer from 0 to 1024, found 1.5"),
    (
        "[receiver]\nreceiver_unix_socket = 5\n",
        "2: receiver.receiver_unix_socket: expected the path of a Unix socket, of 1 to 107 bytes, found 5"
    ),
    ("[receiver]\nformat = ['json']\n", #"2: receiver.format: expected "auto", "json" or "capnp", found an array"#),
    (
        "[receiver]\nidle_timeout = 1979-05-27\n",
        #"2: receiver.idle_timeout: expected a duration above 0, such as 5, "30s" or "1h", found a date"#
    ),
    ("receiver = 5\n", "1: receiver: expected a table, found an integer"),
    (
        "[poll_external]\ntarget = 'x'\n",
        "2: poll_external.target: expected an array of tables ([[poll_external.target]]), found a string"
    ),
    ("[poll_external]\ntarget = [1]\n", "2: poll_external.target[0]: expected a table, found an integer"),
    (
        "[poll_external]\nother_scrape_endpoints = [1]\n",
        "2: poll_external.other_scrape_endpoints: expected an array of strings, found an array"
    ),
    // Values out of range.
    (
        "[exporter]\nconcurrent_requests = 0\n",
        "2: exporter.concurrent_requests: expected an integer from 1 to 65535, found 0"
    ),
    (
        "[exporter]\nconcurrent_requests = 65536\n",
        "2: exporter.concurrent_requests: expected an integer from 1 to 65535, found 65536"
    ),
    ("[receiver]\nformat = 'xml'\n", #"2: receiver.format: expected "auto", "json" or "capnp", found "xml""#),
    ("[receiver]\nformat = 'JSON'\n", #"2: receiver.format: expected "auto", "json" or "capnp", found "JSON""#),
    (
        "[poll_external]\npoll_interval = 0\n",
        #"2: poll_external.poll_interval: expected a duration above 0, such as 5, "30s" or "1h", found 0"#
    ),
    (
        "[poll_external]\nclient_timeout = -1\n",
        #"2: poll_external.client_timeout: expected a duration above 0, such as 5, "30s" or "1h", found -1"#
    ),
    (
        "[store]\nexpire_after = 'never'\n",
        #"2: store.expire_after: expected a duration, such as "30s" or "1h", or "off", found "never""#
    ),
    ("[store]\npath = 5\n", #"2: store.path: expected the path of a folder, or "", found 5"#),
    ("[store]\npath = \"a\\u0000\"\n", "2: store.path: expected the path of a folder, or \"\", found \"a\0\""),
    (
        "[store]\nack = 'yes'\n",
        #"2: store.ack: expected "written", "memory" or "fsync", found "yes""#
    ),
    (
        "[store]\nsave_interval = 0\n",
        #"2: store.save_interval: expected a duration above 0, such as 5, "30s" or "1h", found 0"#
    ),
    ("[store]\nsources_max = 0\n", "2: store.sources_max: expected an integer from 1 to 1000000, found 0"),
    (
        "[receiver]\nunix_socket_mode = '0999'\n",
        #"2: receiver.unix_socket_mode: expected an octal mode in quotes, from "0000" to "0777", found "0999""#
    ),
    (
        "[receiver]\nunix_socket_mode = '1777'\n",
        #"2: receiver.unix_socket_mode: expected an octal mode in quotes, from "0000" to "0777", found "1777""#
    ),
    (
        "[receiver]\nunix_socket_mode = 660\n",
        #"2: receiver.unix_socket_mode: expected an octal mode in quotes, from "0000" to "0777", found 660"#
    ),
    (
        "[receiver]\nunix_socket_user = 'no-such-user-here'\n",
        "2: receiver.unix_socket_user: expected \"current_user\", or a user of this machine by name or number, "
            + "found \"no-such-user-here\""
    ),
    (
        "[receiver]\nunix_socket_group = 'no-such-group-here'\n",
        "2: receiver.unix_socket_group: expected \"current_group\", or a group of this machine by name or number, "
            + "found \"no-such-group-here\""
    ),
    (
        "[receiver]\nreceiver_tcp_socket = 'localhost'\n",
        "2: receiver.receiver_tcp_socket: expected an address such as \"127.0.0.1:6554\", \"[::1]:6554\" or "
            + "\"localhost:6554\", found \"localhost\""
    ),
    (
        "[receiver]\nreceiver_unix_socket = ''\n",
        "2: receiver.receiver_unix_socket: expected the path of a Unix socket, of 1 to 107 bytes"
    ),
    (
        "[log]\nlevel = 'loud'\n",
        "2: log.level: expected \"trace\", \"debug\", \"info\", \"notice\", \"warning\", "
            + "\"error\" or \"critical\", found \"loud\""
    ),
])
func aProblem_IsSaidWithItsLineItsKeyAndWhatWasExpected(text: String, problem: String) throws {
    #expect(try problems(text) == [problem])
}

@Test func allProblems_AreSaidAtOnce() throws {
    let found = try problems(
        """
        [exporter]
        worker_threads = -1
        consurrent_requests = 5

        [receiver]
        format = "xml"
        receiver_tcp_socket = "nowhere"
        [poll_external]
        other_scrape_endpoints = [
            "http://ok:1/",
            "ftp://bad/",
        ]
        [[poll_external.target]]
        name = "one"
        [[poll_external.target]]
        url = "http://b:1/"
        intervall = "5s"
        [log]
        format = 5
        """)
    #expect(
        found.map { $0.split(separator: ":").prefix(2).joined(separator: ":") } == [
            "2: exporter.worker_threads", "3: exporter.consurrent_requests", "6: receiver.format",
            "7: receiver.receiver_tcp_socket", "11: poll_external.other_scrape_endpoints[1]",
            "13: poll_external.target[0].url", "17: poll_external.target[1].intervall", "19: log.format",
        ])
}

@Test(arguments: [
    ("[receiver\n", 1), ("[receiver]\nformat = \n", 2), ("a = 1\na = 2\n", 2), ("[receiver]\nformat = 'x\n", 2),
    ("=\n", 1), ("[#a]\n", 1), ("[receiver]\n\n[.a]\nb = 1\n", 3), ("[receiver]\n[[=", 2),
])
func aFileThatIsNoTOML_IsRefusedWithItsLine(text: String, line: Int) throws {
    let found = try problems(text)
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("\(line):") == true, "\(found)")
}

@Test func aFileThatCannotBeRead_IsNamed() throws {
    let folder = try TemporaryFolder()
    let absent = folder.file("absent.toml")
    #expect(throws: ConfigurationFailure(lines: ["cannot read \(absent): No such file or directory"])) {
        try ConfigurationFile.load(path: absent, overrides: ConfigurationOverrides())
    }
    let binary = try folder.write([0x61, 0xFF], to: "b.toml")
    #expect(throws: ConfigurationFailure(lines: ["\(binary): the file is not UTF-8"])) {
        try ConfigurationFile.load(path: binary, overrides: ConfigurationOverrides())
    }
    #expect(ConfigurationFailure.exitStatus == 78)
}

// MARK: Overrides

@Test func theEnvironment_OverridesTheFile_AndFlagsOverrideBoth() throws {
    let file = "[receiver]\nformat = 'json'\nidle_timeout = '1m'\nreply = true\n"
    let environment = [
        "EXPORTER_PROXY_RECEIVER__FORMAT": "capnp", "EXPORTER_PROXY_RECEIVER__IDLE_TIMEOUT": "2m", "PATH": "/bin",
        "EXPORTER_PROXY_HOME": "/x",
    ]
    let configuration = try load(file, environment: environment, settings: ["receiver.format=auto"])
    #expect(configuration.receiver.format == .auto)
    #expect(configuration.receiver.idleTimeout == .seconds(120))
    #expect(configuration.receiver.replies)
}

@Test func theLastFlagOfAKey_Wins() throws {
    #expect(try load("", settings: ["log.level=debug", "log.level=error"]).log.level == .error)
}

@Test(arguments: [
    ("exporter.worker_threads=4", \RootConfiguration.exporter.workerThreads, 4),
    ("receiver.message_bytes_max=64", \.receiver.messageBytesMax, 64),
    ("store.sources_max=7", \.store.sourcesMax, 7),
])
func aFlag_IsReadAsTheTypeOfItsKey(setting: String, key: any KeyPath<RootConfiguration, Int> & Sendable, value: Int)
    throws
{
    #expect(try load("", settings: [setting])[keyPath: key] == value)
}

@Test func flags_TakeBooleansDurationsListsAndTables() throws {
    let configuration = try load(
        "",
        settings: [
            "receiver.reply=true", "store.expire_after=90s", "store.stale_after=7", "receiver.unix_socket_mode=0600",
            "poll_external.poll_other_scrape_endpoints=true",
            "poll_external.other_scrape_endpoints=http://a:1/, http://b:1/",
            "poll_external.target=[{url = \"http://c:1/\", name = \"c\", labels = {site = \"x\"}}]",
            "receiver.receiver_unix_socket=/tmp/a=b.sock",
        ])
    #expect(configuration.receiver.replies && configuration.receiver.unixSocketAccess.mode == 0o600)
    #expect(configuration.store.expireAfter == .seconds(90) && configuration.store.staleAfter == .seconds(7))
    #expect(configuration.poll.targets.map(\.name) == ["external_poll: a:1", "external_poll: b:1", "c"])
    #expect(configuration.poll.targets.last?.labels == ["site": "x"])
    #expect(configuration.receiver.unixSocket == "/tmp/a=b.sock")
}

@Test func ownMetrics_CanBeMerged() throws {
    #expect(try load("[telemetry]\nmerge = true\n").telemetry.isMerged)
    #expect(try !load("[telemetry]\nmerge = true\n", settings: ["telemetry.merge=false"]).telemetry.isMerged)
    #expect(
        try problems("[telemetry]\nmerge = 1\n") == ["2: telemetry.merge: expected true or false, found 1"])
}

@Test func expiry_CanBeSwitchedOff() throws {
    #expect(try load("[store]\nexpire_after = '1h'\n", settings: ["store.expire_after=off"]).store.expireAfter == nil)
    #expect(try load("[store]\nexpire_after = 0\n").store.expireAfter == nil)
}

@Test func aProblemOfAnOverride_NamesWhereItWasSet() throws {
    #expect(
        try problems("[receiver]\nformat = 'json'\n", environment: ["EXPORTER_PROXY_RECEIVER__FORMAT": "xml"])
            == [#"EXPORTER_PROXY_RECEIVER__FORMAT: receiver.format: expected "auto", "json" or "capnp", found 'xml'"#])
    #expect(
        try problems("", settings: ["receiver.replay=true"])
            == ["--set receiver.replay: receiver.replay: unknown key, did you mean 'reply'?"])
}

@Test(arguments: ["format=json", "receiver.format", "", "=", "receiver=x", ".=x"])
func aSetting_IsRefused_WhenItIsNoKeyAndValue(setting: String) {
    var overrides = ConfigurationOverrides()
    let isTaken = overrides.add(setting: setting)
    #expect(!isTaken)
}

// MARK: Accounts and addresses

@Test func usersAndGroups_AreNamesOrNumbers() throws {
    #expect(
        try load("[receiver]\nunix_socket_user = 'root'\nunix_socket_group = 'root'\n").receiver.unixSocketAccess
            == .init(user: 0, group: 0, mode: 0o660))
    #expect(
        try load("[receiver]\nunix_socket_user = '12345'\nunix_socket_group = 54321\n").receiver.unixSocketAccess
            == .init(user: 12_345, group: 54_321, mode: 0o660))
    #expect(Account.user("daemon") == 1 && Account.group("daemon") == 1)
    #expect(Account.user("no-such-user-here") == nil && Account.group("no-such-group-here") == nil)
}

@Test(arguments: [
    ("localhost:1", "localhost"), ("[::1]:1", "::1"), (":1", "0.0.0.0"), ("proxy.example:1", "proxy.example"),
])
func addresses_AreHostsAndNumbers(text: String, host: String) throws {
    #expect(
        try load("[receiver]\nreceiver_tcp_socket = '\(text)'\n").receiver.tcpSocket == HostPort(host: host, port: 1))
}

// MARK: Lines of keys

@Test(
    arguments: [
        ("receiver.format", 2), ("receiver.reply", 4), ("receiver", 1), ("poll_external.target[0].url", 7),
        ("poll_external.target[1].url", 9), ("poll_external.target[1].name", 8), ("poll_external.target[2]", 6),
        ("a.b.c", 11), ("a.b", 10), ("a.b.quoted", 12), ("log.level", nil),
    ] as [(String, Int?)])
func aKey_IsFoundAtItsLineOrThatOfWhatHoldsIt(path: String, line: Int?) throws {
    let file = try TOMLFile(
        """
        [receiver]
        format = "json"
        # reply = 1
          reply = true

        [[poll_external.target]]
        url = "http://a/"
        [[ poll_external . target ]]
        url = "http://b/"
        [a.b]
        c = 1
        "quoted" = 2
        """)
    #expect(file.line(of: path) == line)
}

// MARK: The documentation

/// Every key, with its default, in one line of the documentation.
@Test(
    .enabled(if: FileManager.default.fileExists(atPath: Repository.root.appending(path: "docs/configuration.md").path)))
func theDocumentation_HasEveryKeyWithItsDefault() throws {
    let lines = try Repository.text(of: "docs/configuration.md").split(separator: "\n").map(String.init)
    let declared = ConfigurationProblems()
    _ = RootConfiguration([:], declared)
    for key in declared.keys {
        let row = lines.first { $0.hasPrefix("| `\(key.path)`") }
        #expect(row != nil, "\(key.path) is not documented")
        #expect(
            row?.dropFirst(key.path.count).contains(key.standard) == true, "\(key.path) is \(key.standard) by default")
    }
}

@Test(
    .enabled(if: FileManager.default.fileExists(atPath: Repository.root.appending(path: "docs/configuration.md").path)))
func theDocumentation_HasNoOtherKeys() throws {
    let text = try Repository.text(of: "docs/configuration.md")
    let declared = ConfigurationProblems()
    _ = RootConfiguration([:], declared)
    let known = Set(declared.keys.map(\.path))
    for match in text.matches(of: /(?m)^\| `([a-z_]+\.[a-z_.\[\]]+)`/) {
        #expect(known.contains(String(match.1)), "\(match.1) is no key")
    }
}

// MARK: Reloading

@Test func aReload_ReadsTheSameFile_UnderTheSameFlags() throws {
    let folder = try TemporaryFolder()
    var overrides = ConfigurationOverrides()
    overrides.add(environment: ["EXPORTER_PROXY_STORE__SOURCES_MAX": "7"])
    let path = try folder.write("[log]\nlevel = 'debug'\n[store]\nsources_max = 5\n", to: "c.toml")
    let started = try ConfigurationFile.load(path: path, overrides: overrides)
    _ = try folder.write("[log]\nlevel = 'error'\n[store]\nsources_max = 6\n", to: "c.toml")
    let reloaded = try started.reloaded()
    #expect(reloaded.path == path && reloaded.configuration.log.level == .error)
    #expect(reloaded.configuration.store.sourcesMax == 7)
    _ = try folder.write("[log]\nlevel = 'loud'\nx = 1\n", to: "c.toml")
    do {
        _ = try started.reloaded()
        Issue.record("a wrong file was taken")
    } catch {
        #expect(error.lines.count == 2)
    }
    try FileManager.default.removeItem(atPath: path)
    #expect(throws: ConfigurationFailure.self) { try started.reloaded() }
}

@Test(arguments: [
    ("", []), ("[exporter]\nidle_timeout = 5\n", ["exporter"]), ("[receiver]\nreply = true\n", ["receiver"]),
    ("[[poll_external.target]]\nurl = 'http://a/'\n", ["poll_external"]), ("[store]\nexpire_after = 1\n", ["store"]),
    ("[web.tls]\ncert_file = 'c'\nkey_file = 'k'\n", ["web"]),
    ("[web]\nenable_lifecycle = true\n[log]\nformat = 'json'\n", ["web", "log"]),
])
func changedSections_AreNamed(text: String, sections: [String]) throws {
    #expect(try load(text).changedSections(since: defaults) == sections)
}

@Test(arguments: [
    (0, 0, []), (0, 1, []), (1, 2, ["exporter.worker_threads"]), (3, 3, []), (3, 0, ["exporter.worker_threads"]),
])
func workerThreads_NeedARestart(old: Int, new: Int, keys: [String]) throws {
    let (old, new) = (
        try load("[exporter]\nworker_threads = \(old)\n"), try load("[exporter]\nworker_threads = \(new)\n")
    )
    #expect(new.keysThatNeedARestart(since: old) == keys)
}

@Test(arguments: [
    ("path = '/a'\nack = 'fsync'\nsave_interval = 9\n", ["store.path", "store.ack"]), ("path = ''\n", []),
    ("ack = 'memory'\n", ["store.ack"]), ("save_interval = '1h'\nsources_max = 5\n", []),
])
func theFileOfTheState_NeedsARestart(text: String, keys: [String]) throws {
    let new = try load("[store]\n" + text)
    #expect(new.keysThatNeedARestart(since: defaults) == keys)
}
