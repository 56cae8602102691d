import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// Who sends events, and over which doors: programs, a shell, and whoever has a socket.
@Suite(.sharesMachine)
struct EventClientTests {
    // MARK: Python

    private static let script = Tool.repository + "/Tests/Clients/python/events.py"

    private static func counters(_ values: [String: String]) -> [String] {
        values.map { "sample_counter{label_1=\"\($0.key)\"} \($0.value)" }
    }

    private static func gauges(_ values: [String: String]) -> [String] {
        values.map { "sample_gauge{label_1=\"\($0.key)\",label_2=\"python\"} \($0.value)" }
    }

    private static func summary(_ label: String, _ sum: String, _ count: Int) -> [String] {
        ["sample_summary_sum{label_1=\"\(label)\"} \(sum)", "sample_summary_count{label_1=\"\(label)\"} \(count)"]
    }

    /// What everybody sends.
    private static let common =
        counters([
            "once": "1", "thrice": "3", #"é☃ \"b\"\n\\"#: "1", "by name": "1", "wrapper": "1", "behind": "1",
        ]) + gauges(["set": "65.4"]) + histogramSamples("sample_histogram", "label_1=\"x\"", [0.01, 6.54, 20])
        + summary("x", "23.84", 2)

    private static let numbers = gauges(["NaN": "NaN", "infinity": "-Inf"])

    private static func steps(raises: String) -> [String] {
        gauges(["steps": "2", "block": "0", "wrapper": "0", "raises": raises])
    }

    /// What only our sender can say.
    private static let own =
        counters(["by value": "2.5", "5": "1", "batch": "100", "threads": "80"])
        + gauges(["by value": "4.5", "batch": "7"]) + summary("batch", "0.5", 1)

    @Test(.needs(.promtool), arguments: [false, true])
    func ourSender_IsTakenWhole(isUnix: Bool) async throws {
        let folder = try TemporaryFolder()
        try await withEvents(in: folder) { proxy, _ in
            let place = isUnix ? folder.path("events.sock") : "127.0.0.1:\(try proxy.eventPort())"
            // 30 in single calls, a batch of 102 and 80 of threads.
            let outcome = try await proxy.outcome(of: 212) {
                let result = try await run("/usr/bin/python3", [Self.script, place])
                #expect(result.exit == .status(0), "\(result.output)\(result.errors)")
            }
            #expect(outcome == [isUnix ? "unix" : "udp": 212])
            try await proxy.expectSamples(Self.common + Self.numbers + Self.steps(raises: "0") + Self.own)
        }
    }

    /// With pydantic 1, python-hermes works but for a gauge that stays up when the wrapped function raises.
    @Test(.needs(.hermesPydantic1, .promtool)) func pythonHermes_WithPydantic1_IsTakenWhole() async throws {
        try await withEvents { proxy, _ in
            let outcome = try await proxy.outcome(of: 25) {
                let result = try await Self.runHermes(.hermesPydantic1, proxy)
                #expect(!result.contains(":"), "\(result)")
            }
            #expect(outcome == ["udp": 25])
            try await proxy.expectSamples(Self.common + Self.numbers + Self.steps(raises: "1"))
        }
    }

    /// With pydantic 2, it raises where a gauge is to go up or down, and sends NaN and Infinity as null.
    @Test(.needs(.hermesPydantic2, .promtool)) func pythonHermes_WithPydantic2_IsTakenAsFarAsItSends() async throws {
        try await withEvents { proxy, _ in
            let outcome = try await proxy.outcome(of: 16) {
                let result = try await Self.runHermes(.hermesPydantic2, proxy)
                #expect(result.split(separator: "\n").filter { $0.hasSuffix(": InvalidMetricException") }.count == 5)
            }
            #expect(outcome == ["udp": 14, "missing_value": 2])
            try await proxy.expectSamples(Self.common)
        }
    }

    private static func runHermes(_ tool: Tool, _ proxy: ProxyProcess) async throws -> String {
        let result = try await run(
            tool.path(), [script, "--hermes", "127.0.0.1:\(try proxy.eventPort())"])
        #expect(result.exit == .status(0), "\(result.output)\(result.errors)")
        return result.output
    }

    /// What the clients of Hermes were seen to send, byte by byte.
    @Test(.needsConformanceCases) func datagramsOfHermesClients_AreTaken() async throws {
        let clients = try ConformanceCases.load("hermes/client-datagrams.json")["clients"].object
        try await withEvents { proxy, udp in
            var taken = 0
            for (client, calls) in clients {
                for (call, datagram) in calls.object {
                    guard let datagram = datagram.string, datagram.hasPrefix("{") else { continue }
                    // There a gauge is set to nothing.
                    let isNothing = client.contains("pydantic 2") && call.contains("nan")
                    let outcome = try await proxy.outcome { try udp.sendDatagram(datagram) }
                    #expect(outcome == [isNothing ? "missing_value" : "udp": 1], "\(client): \(call)")
                    taken += 1
                }
            }
            #expect(taken >= 16)
        }
    }

    // MARK: Shells

    /// A shell command, of which the port is `$PORT`, and what it counts as.
    struct Line: Sendable {
        var door: ProxyProcess.EventDoor
        var command: String
        var input = ""
        var outcome: [String: Int]
        var plain: Int
    }

    private static let lines = [
        Line(
            door: .udp, command: "echo '\(plainPacket)' > /dev/udp/127.0.0.1/$PORT", outcome: ["udp": 1], plain: 1),
        Line(
            door: .udp, command: "printf '%s\\n' '\(plainPacket)' '\(plainPacket)' > /dev/udp/127.0.0.1/$PORT",
            // bash writes each line by itself, or both at once.
            outcome: ["udp": 2], plain: 2),
        Line(
            door: .tcp, command: "echo '\(plainPacket)' > /dev/tcp/127.0.0.1/$PORT", outcome: ["tcp": 1], plain: 1),
        Line(
            door: .udp, command: "nc -u -w 1 -q 0 127.0.0.1 $PORT", input: plainPacket, outcome: ["udp": 1], plain: 1),
        Line(
            door: .tcp, command: "nc -N 127.0.0.1 $PORT", input: plainPacket + "\n" + plainPacket,
            outcome: ["tcp": 2], plain: 2),
        Line(
            door: .tcp, command: "nc -N 127.0.0.1 $PORT",
            input: "\(plainPacket)\r\n\nbroken\n[\(plainPacket), \(plainPacket)]\n",
            outcome: ["tcp": 3, "malformed": 1, "empty": 1],
            plain: 3),
        Line(
            door: .tcp, command: "nc -N 127.0.0.1 $PORT",
            input: "\(plainPacket)\n\(String(repeating: " ", count: 3000))\(plainPacket)\n\(plainPacket)",
            outcome: ["tcp": 2, "too_long": 1], plain: 2),
    ]

    @Test(.needs(.nc, .promtool)) func shells_SendByOneLine() async throws {
        try await withEvents(["events.packet_bytes_max": "2048"]) { proxy, _ in
            var plain = 0
            for line in Self.lines {
                let environment = ["PORT": "\(try proxy.eventPort(line.door))"]
                let outcome = try await proxy.outcome(of: line.outcome.values.reduce(0, +)) {
                    let result = try await run(
                        "/bin/bash", ["-c", line.command], input: Array(line.input.utf8), environment: environment)
                    #expect(result.exit == .status(0), "\(line.command): \(result.errors)")
                }
                #expect(outcome == line.outcome, "\(line.command) of \(line.input)")
                plain += line.plain
                try await proxy.expectSamples(["plain_counter \(plain)"])
            }
        }
    }

    /// What is said besides the door, and what comes of it.
    private static let commands: [(arguments: [String], sample: String)] = [
        (["plain_counter", "--counter"], "plain_counter 1"),
        (
            ["sample_counter", "--counter", "-l", #"label_1=a "b" = é"#, "-v", "2.5"],
            #"sample_counter{label_1="a \"b\" = é"} 2.5"#
        ),
        (
            ["sample_gauge", "--gauge", "-v", "5", "-l", "label_1=a", "-l", "label_2=b"],
            #"sample_gauge{label_1="a",label_2="b"} 5"#
        ),
        (
            ["sample_gauge", "--gauge", "--increment", "-l", "label_1=a", "-l", "label_2=b"],
            #"sample_gauge{label_1="a",label_2="b"} 6"#
        ),
        (
            ["sample_gauge", "--gauge", "--decrement", "-v", "2", "-l", "label_1=a", "-l", "label_2=b"],
            #"sample_gauge{label_1="a",label_2="b"} 4"#
        ),
        (
            ["sample_gauge", "--gauge", "-v", "nan", "-l", "label_1=n", "-l", "label_2=b"],
            #"sample_gauge{label_1="n",label_2="b"} NaN"#
        ),
        (
            ["sample_histogram", "--histogram", "-v", "0.2", "-l", "label_1=a"],
            #"sample_histogram_sum{label_1="a"} 0.2"#
        ),
        (["sample_summary", "--summary", "--value", "3", "-l", "label_1=a"], #"sample_summary_sum{label_1="a"} 3"#),
    ]

    @Test func command_SendsAnEvent_ToEachDoor() async throws {
        let folder = try TemporaryFolder()
        try await withEvents(in: folder) { proxy, _ in
            let doors = [
                ["--udp", "127.0.0.1:\(try proxy.eventPort())"], ["--unix", folder.path("events.sock")],
                ["--tcp", "127.0.0.1:\(try proxy.eventPort(.tcp))"],
            ]
            for (number, command) in Self.commands.enumerated() {
                _ = try await proxy.outcome(of: 1) {
                    let result = try await run(
                        ProxyProcess.program, ["event"] + command.arguments + doors[number % doors.count],
                        environment: ProxyProcess.environment)
                    #expect(result.exit == .status(0) && result.output.hasPrefix("sent to "), "\(result.errors)")
                }
                #expect(try proxy.scrape().has(command.sample), "\(command.sample)")
            }
        }
    }

    @Test(arguments: [
        (["x"], 64), (["x", "--gauge"], 64), (["x", "--histogram"], 64), (["x", "--counter", "-l", "a"], 64),
        (["x", "--counter", "--increment"], 64), (["x", "--counter", "--udp", "here"], 1),
        (["x", "--counter", "--unix", "/none/e.sock"], 1), (["x", "--counter", "--udp", "127.0.0.1:1"], 1),
    ])
    func commandThatCannotSend_SaysWhy(arguments: [String], status: Int) async throws {
        let result = try await run(
            ProxyProcess.program, ["event"] + arguments, environment: ProxyProcess.environment)
        #expect(
            result.exit == .status(Int32(status)) && result.output.isEmpty && !result.errors.isEmpty, "\(result.errors)"
        )
    }

    // MARK: Sizes and doors

    @Test func linesOverTCP_ComeInParts_AndFromManyAtOnce() async throws {
        try await withEvents { proxy, _ in
            let port = try proxy.eventPort(.tcp)
            let clients = try (0..<20).map { _ in try SocketClient.tcp(port) }
            let outcome = try await proxy.outcome(of: 60) {
                for part in [plainPacket.prefix(9), plainPacket.dropFirst(9) + "\n\(plainPacket)\n", plainPacket[...]] {
                    for client in clients { try client.send(String(part)) }
                }
                for client in clients { client.endSending() }
                for client in clients { #expect(try client.readToEnd() == .closed([])) }
            }
            #expect(outcome == ["tcp": 60])
            #expect(try proxy.scrape().has("plain_counter 60"))
            try await wait(until: "all are closed") { try proxy.ownSample("exporter_proxy_events_connections") == 0 }
        }
    }

    @Test func unixSocket_TakesDatagrams() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("events.sock")
        try await withEvents(in: folder) { proxy, _ in
            let client = try SocketClient.unix(path, SOCK_DGRAM)
            let batch = Array(repeating: plainPacket, count: 1000).joined(separator: "\n")
            let outcome = try await proxy.outcome(of: 1003) {
                try client.sendDatagram(plainPacket)
                try client.sendDatagram(batch)
                try client.sendDatagram("")
                let script = """
                    import socket, sys
                    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(sys.argv[1].encode(), sys.argv[2])
                    """
                let result = try await run("/usr/bin/python3", ["-c", script, plainPacket, path])
                #expect(result.exit == .status(0), "\(result.errors)")
            }
            #expect(outcome == ["unix": 1002, "empty": 1])
            // Who sends is known there.
            #expect(proxy.log.contains("uid="), "\(proxy.log)")
        }
        #expect(access(path, F_OK) != 0, "the socket file was left behind")
    }

    @Test func largeDatagrams_AreTakenUpToTheBound() async throws {
        // The largest that UDP carries.
        let count = 65_507 / (plainPacket.utf8.count + 1)
        let batch = "[" + Array(repeating: plainPacket, count: count - 1).joined(separator: ",") + "]"
        try await withEvents { proxy, udp in
            let padded = plainPacket + String(repeating: " ", count: 65_507 - plainPacket.utf8.count)
            let outcome = try await proxy.outcome(of: count) {
                try udp.sendDatagram(batch)
                try udp.sendDatagram(padded)
            }
            #expect(batch.utf8.count > 60_000 && outcome == ["udp": count])
            #expect(try proxy.scrape().has("plain_counter \(count)"))
        }
        try await withEvents(["events.packet_bytes_max": "100"]) { proxy, udp in
            let outcome = try await proxy.outcome(of: 4) {
                try udp.sendDatagram(plainPacket + String(repeating: " ", count: 100 - plainPacket.utf8.count))
                // What is beyond it is not looked at, not even whether it is empty.
                try udp.sendDatagram(plainPacket + String(repeating: " ", count: 101 - plainPacket.utf8.count))
                try udp.sendDatagram(batch)
                try udp.sendDatagram(plainPacket)
            }
            #expect(outcome == ["udp": 2, "too_long": 2])
            #expect(try proxy.scrape().has("plain_counter 2"))
        }
    }
}
