import Foundation
import Glibc
import Logging
import NIOConcurrencyHelpers
import Testing

@testable import ExporterProxy

/// A receiver on a Unix socket and a port of its own, and what it writes to.
private final class House: Sendable {
    struct Settings {
        var toml: [String: ConfigurationValue] = [:]
        var connectionsMax = 100
        var sourcesMax = 1000
        var reserved = ReservedNames(names: ["owned"], prefixes: ["external_poll: "])
        var budget = 1000
    }

    let folder: TemporaryFolder
    let store: SnapshotStore
    let registry = InstrumentRegistry()
    let time = ManualTime()
    let lines: Lines
    let receiver: SocketReceiver

    init(_ settings: Settings) throws {
        folder = try TemporaryFolder()
        store = SnapshotStore(sourcesMax: settings.sourcesMax)
        let configuration = Self.configuration(settings.toml, folder)
        let lines = Lines()
        let output = LogOutput(
            LogSettings(LogConfiguration(reading: ConfigurationSection("log", [:], ConfigurationProblems()))),
            time: time.source, write: lines.add)
        self.lines = lines
        receiver = try SocketReceiver(
            configuration, connectionsMax: settings.connectionsMax,
            parts: .init(
                store: store, reserved: settings.reserved, registry: registry,
                budget: DescriptorBudget(settings.budget), logger: Logger(label: "test") { _ in output },
                time: time.source))
    }

    private static func configuration(
        _ toml: [String: ConfigurationValue], _ folder: TemporaryFolder
    ) -> SocketReceiver.Configuration {
        let standard: [String: ConfigurationValue] = [
            "receiver_unix_socket": .string(folder.file("r.sock")), "receiver_tcp_socket": .string("127.0.0.1:0"),
        ]
        let problems = ConfigurationProblems()
        let configuration = SocketReceiver.Configuration(
            reading: ConfigurationSection("receiver", standard.merging(toml) { $1 }, problems))
        #expect(problems.all.isEmpty)
        return configuration
    }

    /// What a reload with these settings opens.
    func prepare(_ settings: Settings) throws -> SocketReceiver.Change {
        try receiver.prepare(
            Self.configuration(settings.toml, folder), connectionsMax: settings.connectionsMax,
            reserved: settings.reserved)
    }

    final class Lines: Sendable {
        private let kept = NIOLockedValueBox<[String]>([])
        var all: [String] { kept.withLockedValue { $0 } }
        func add(_ line: String) { kept.withLockedValue { $0.append(line) } }
    }

    var unix: String { folder.file("r.sock") }
    var tcp: String { receiver.names.last ?? "" }

    func served(_ app: String) -> String? { store.entry(of: app)?.snapshot?.body.text }

    func refused(_ reason: String, _ door: String = "unix") -> Int? {
        registry.value("exporter_proxy_receiver_refused_total{door=\"\(door)\",reason=\"\(reason)\"}")
    }

    func count(_ name: String, _ door: String = "unix") -> Int? {
        registry.value("exporter_proxy_receiver_\(name)_total{door=\"\(door)\"}")
    }

    /// One connection that sends `bytes` and ends; answers what came back once the receiver has ended too.
    @discardableResult
    func push(_ bytes: [UInt8], to name: String? = nil) throws -> String? {
        let socket = try BlockingSocket(name: name ?? unix)
        _ = socket.trySend(bytes)
        socket.endSending()
        return socket.textToEnd()
    }

    @discardableResult
    func push(_ text: String, to name: String? = nil) throws -> String? { try push([UInt8](text), to: name) }

    /// Makes the loop look at its clock.
    func poke() throws { try push(#"{"poke":"x"}"#, to: tcp) }
}

private func settings(_ change: (inout House.Settings) -> Void) -> House.Settings {
    var settings = House.Settings()
    change(&settings)
    return settings
}

private func withHouse(
    _ settings: House.Settings = .init(), _ body: @escaping @Sendable (House) throws -> Void
) async throws {
    let house = try House(settings)
    try await withRunning(house.receiver) { try await onOwnThread { try body(house) } }
    #expect(!FileManager.default.fileExists(atPath: house.unix))
}

@Test func openConnections_AreKnownAtEachDoor() async throws {
    try await withHouse { house in
        func open(_ door: String) -> Int? {
            house.registry.value("exporter_proxy_receiver_connections{door=\"\(door)\"}")
        }
        #expect(open("unix") == 0 && open("tcp") == 0)
        let sockets = try [house.unix, house.unix, house.tcp].map { try BlockingSocket(name: $0) }
        wait(until: "all are open") { open("unix") == 2 && open("tcp") == 1 }
        for socket in sockets {
            socket.endSending()
            #expect(socket.readToEnd() == [])
        }
        wait(until: "all are closed") { open("unix") == 0 && open("tcp") == 0 }
    }
}

// MARK: Messages

@Test func bothDoors_TakeBothFormats() async throws {
    try await withHouse { house in
        for (door, name) in [("unix", house.unix), ("tcp", house.tcp)] {
            try house.push("{\"json \(door)\":\"m 1\"}", to: name)
            try house.push(CapnpMessages.message(app: "capnp \(door)", data: "m 2\n"), to: name)
            var random = SeededGenerator(seed: 1)
            try house.push(
                CapnpMessages.pack(CapnpMessages.message(app: "packed \(door)", data: "m 3"), &random), to: name)
            #expect(house.served("json \(door)") == "m 1\n")
            #expect(house.served("capnp \(door)") == "m 2\n")
            #expect(house.served("packed \(door)") == "m 3\n")
            #expect(house.store.entry(of: "json \(door)")?.snapshot?.origin.address == name)
            #expect(house.store.entry(of: "json \(door)")?.snapshot?.origin.door.rawValue == door)
            #expect(house.count("messages", door) == 3 && house.count("connections", door) == 3)
        }
        #expect(house.store.entry(of: "json tcp")?.snapshot?.receivedAt == .example)
    }
}

@Test func aMessage_IsStoredBeforeTheConnectionEnds() async throws {
    try await withHouse(settings { $0.toml["reply"] = .boolean(true) }) { house in
        let socket = try BlockingSocket(path: house.unix)
        for round in 1...3 {
            try socket.send("{\"a\":\"m \(round)\"}\n")
            #expect(socket.line() == #"{"ok":true,"apps":["a"]}"#)
            #expect(house.served("a") == "m \(round)\n")
        }
        try socket.send(#"{"a":"#)
        try socket.send(#"["x","y"],"b \"":"z"}"#)
        #expect(socket.line() == #"{"ok":true,"apps":["a","b \""]}"#)
        #expect(house.served("a") == "x\ny\n")
    }
}

@Test func capnpMessages_AreTakenOneAfterTheOther_HoweverTheyAreCut() async throws {
    try await withHouse { house in
        let socket = try BlockingSocket(name: house.tcp)
        let messages = (0..<50).flatMap { CapnpMessages.message(app: "app \($0 % 10)", data: "m \($0)\n") }
        var rest = messages[...]
        var random = SeededGenerator(seed: 4)
        while !rest.isEmpty {
            let count = min(rest.count, Int.random(in: 1...100, using: &random))
            try socket.send(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        socket.endSending()
        #expect(socket.readToEnd() == [])
        for app in 0..<10 { #expect(house.served("app \(app)") == "m \(40 + app)\n") }
        #expect(house.count("messages", "tcp") == 50)
    }
}

@Test func largeMessages_ComeWhole() async throws {
    try await withHouse { house in
        let text = String(repeating: "m{a=\"é\"} 1\n", count: 400_000)
        try house.push(CapnpMessages.message(app: "capnp", data: text))
        try house.push("{\"json\":\(EscapedText.json(text))}")
        var random = SeededGenerator(seed: 1)
        try house.push(CapnpMessages.pack(CapnpMessages.message(app: "packed", data: text), &random))
        for app in ["capnp", "json", "packed"] { #expect(house.served(app) == text) }
        #expect(house.count("bytes").map { $0 > 3 * text.utf8.count / 2 } == true)
    }
}

@Test func theNewestOfAnApp_Wins_WhicheverDoorItCameThrough() async throws {
    try await withHouse { house in
        try house.push(#"{"a":"1"}"#, to: house.unix)
        house.time.advance(by: .seconds(1))
        try house.push(#"{"a":"2"}"#, to: house.tcp)
        #expect(house.served("a") == "2\n")
        #expect(house.store.entry(of: "a")?.snapshot?.origin.door == .tcp)
        #expect(house.store.entry(of: "a")?.snapshot?.receivedAt == .example.advanced(by: .seconds(1)))
        try house.push(#"{"b":"1","b":"2"}"#)
        #expect(house.served("b") == "2\n")
    }
}

@Test(arguments: ["", "\n", "{}", " {} {} "])
func nothing_IsNoMistake(text: String) async throws {
    try await withHouse { house in
        let reply = try house.push(text)
        #expect(reply == "")
        #expect(house.lines.all.allSatisfy { !$0.contains("refused") })
        #expect(house.store.view().entries.isEmpty)
    }
}

// MARK: Refusals

private struct Refusal: CustomTestStringConvertible, Sendable {
    var reason: String
    var bytes: [UInt8]
    var testDescription: String { reason }

    init(_ reason: String, _ bytes: [UInt8]) {
        self.reason = reason
        self.bytes = bytes
    }

    init(_ reason: String, _ text: String) { self.init(reason, [UInt8](text)) }
}

@Test(arguments: [
    Refusal("json_invalid", #"{"a":1}"#), Refusal("json_invalid", #"{"a":"x","b":tru"#),
    Refusal("json_invalid", #"{"a":"# + String(repeating: "[", count: 10_000)),
    Refusal("json_invalid", #"{"a":"\ud800"}"#),
    Refusal(
        "capnp_invalid",
        CapnpMessages.message([CapnpMessages.root + CapnpMessages.far(segment: 0, pad: 1) + CapnpMessages.null])),
    Refusal("capnp_invalid", CapnpMessages.message([[]])),
    Refusal("format_unknown", CapnpMessages.word32(1 << 24) + CapnpMessages.null),
    Refusal("capnp_invalid", CapnpMessages.word32(511) + CapnpMessages.null),
    Refusal("not_utf8", [UInt8](#"{"a":""#) + [0xFF] + [UInt8]("\"}")),
    Refusal("not_utf8", CapnpMessages.message(app: [0xFF], data: [])),
    Refusal("name_empty", #"{"":"x"}"#), Refusal("name_empty", CapnpMessages.message(app: "", data: "x")),
    Refusal("name_too_long", "{\"\(String(repeating: "n", count: 256))\":\"x\"}"),
    Refusal("name_control_character", #"{"a\u001b":"x"}"#),
    Refusal("name_reserved", #"{"..":"x"}"#), Refusal("name_reserved", #"{"owned":"x"}"#),
    Refusal("name_reserved", #"{"external_poll: 127.0.0.1:1":"x"}"#),
    Refusal("too_large", "{\"a\":\"" + String(repeating: "x", count: 200_000)),
    Refusal("too_large", CapnpMessages.word32(0) + CapnpMessages.word32(1 << 20)),
    Refusal("truncated", #"{"a":"x"#), Refusal("truncated", Array(CapnpMessages.simple.dropLast())),
    Refusal("truncated", Array(CapnpMessages.simplePacked.dropLast())),
    Refusal("http_request", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
    Refusal("format_unknown", "# HELP m x\nm 1\n"),
])
private func aRefusedMessage_IsCountedAndSaid_AndDisturbsNobody(refusal: Refusal) async throws {
    try await withHouse(
        settings {
            $0.toml["reply"] = .boolean(true)
            $0.toml["message_bytes_max"] = .integer(100_000)
        }
    ) { house in
        let other = try BlockingSocket(path: house.unix)
        try other.send(#"{"other":"m 1"}"#)
        #expect(other.line() == #"{"ok":true,"apps":["other"]}"#)

        let reply = try house.push(refusal.bytes)
        #expect(house.refused(refusal.reason) == 1)
        #expect(reply?.contains("{\"ok\":false,\"reason\":\"\(refusal.reason)\",\"error\":\"") == true)
        let object = try JSONSerialization.jsonObject(with: Data((reply ?? "").utf8)) as? [String: Any]
        #expect(object?["ok"] as? Bool == false)
        let line = house.lines.all.first { $0.contains("message refused") }
        #expect(line?.contains("reason=\(refusal.reason)") == true)
        #expect(line?.contains("peer=\"uid=\(geteuid()) pid=\(getpid())\"") == true)
        #expect(house.store.view().entries.count == 1)

        try other.send(#"{"other":"m 2"}"#)
        #expect(other.line() == #"{"ok":true,"apps":["other"]}"#)
        #expect(house.served("other") == "m 2\n")
    }
}

@Test func whatCameBeforeAMistake_Stays() async throws {
    try await withHouse { house in
        try house.push(#"{"a":"1"}{"b":"2"} garbage"#)
        try house.push(CapnpMessages.message(app: "c", data: "3") + CapnpMessages.message([[]]))
        #expect(house.served("a") == "1\n" && house.served("b") == "2\n" && house.served("c") == "3\n")
        #expect(house.refused("json_invalid") == 1 && house.refused("capnp_invalid") == 1)
    }
}

@Test func nothingOfAMessage_IsStored_WhenOneOfItsAppsIsReserved() async throws {
    try await withHouse { house in
        try house.push(#"{"a":"1","owned":"2"}"#)
        #expect(house.served("a") == nil && house.served("owned") == nil)
        #expect(house.lines.all.contains { $0.contains("app=owned") })
    }
}

@Test func aRefusal_IsSaidOnceForManyOfAKind() async throws {
    try await withHouse { house in
        for _ in 0..<10 { try house.push(#"{"a":1}"#) }
        #expect(house.lines.all.filter { $0.contains("message refused") }.count == 1)
        #expect(house.refused("json_invalid") == 10)
    }
}

@Test func theRestOfManyRefusals_IsSaidAsASumAfterAMinute() async throws {
    try await withHouse { house in
        for _ in 0..<10 { try house.push(#"{"a":1}"#) }
        house.time.advance(by: .seconds(61))
        try house.poke()
        try house.poke()
        #expect(house.lines.all.contains { $0.contains("more refusals of a kind") && $0.contains("count=9") })
    }
}

@Test func aRefusal_NeverShowsTheBody() async throws {
    try await withHouse { house in
        try house.push(#"{"a":"secret_metric 1","b":1}"#)
        try house.push("{\"a\":\"secret_metric 1")
        #expect(house.lines.all.contains { $0.contains("app=b") && $0.contains("offset=") })
        #expect(house.lines.all.allSatisfy { !$0.contains("secret") })
    }
}

@Test func aNewApp_IsRefused_WhenTheTableIsFull() async throws {
    try await withHouse(settings { $0.sourcesMax = 1 }) { house in
        try house.push(#"{"a":"1"}"#)
        try house.push(#"{"b":"1"}"#)
        try house.push(#"{"a":"2"}"#)
        #expect(house.served("a") == "2\n" && house.served("b") == nil)
        #expect(house.refused("too_many_sources") == 1)
    }
}

@Test(arguments: [
    ("json", CapnpMessages.simple, [UInt8](#"{"a":"1"}"#)), ("capnp", [UInt8](#"{"a":"1"}"#), CapnpMessages.simple),
])
func theOtherFormat_IsRefused_WhenOneIsConfigured(format: String, other: [UInt8], own: [UInt8]) async throws {
    try await withHouse(settings { $0.toml["format"] = .string(format) }) { house in
        try house.push(other)
        #expect(house.refused("format_not_accepted") == 1 && house.store.view().entries.isEmpty)
        try house.push(own)
        #expect(house.store.view().entries.count == 1)
    }
}

@Test func aClientThatResets_LosesOnlyItsUnfinishedMessage() async throws {
    try await withHouse { house in
        let socket = try BlockingSocket(name: house.tcp)
        try socket.send(#"{"a":"1"}{"b":"#)
        try socket.resetConnection()
        try house.poke()
        #expect(house.served("a") == "1\n" && house.served("b") == nil)
    }
}

@Test func aClientThatDoesNotReadItsReplies_IsClosed() async throws {
    try await withHouse(settings { $0.toml["reply"] = .boolean(true) }) { house in
        let socket = try BlockingSocket(path: house.unix)
        let many = [UInt8](String(repeating: #"{"app":"x"}"#, count: 18_000))
        try socket.send(many)
        try house.poke()
        #expect(house.refused("replies_not_read") == 0)
        // The last reply may come to lie in the queue after the first look at the clock.
        for _ in 0..<20 where house.refused("replies_not_read") == 0 {
            house.time.advance(by: .seconds(31))
            try house.poke()
        }
        #expect(house.refused("replies_not_read") == 1)
        #expect(house.served("poke") == "x\n")
    }
}

/// More replies than a socket holds.
@Test func aClientThatReadsItsRepliesLate_GetsThemAll() async throws {
    try await withHouse(settings { $0.toml["reply"] = .boolean(true) }) { house in
        let socket = try BlockingSocket(path: house.unix)
        try socket.send([UInt8](String(repeating: #"{"app":"x"}"#, count: 10_000)))
        try house.poke()
        var replies = 0
        while replies < 10_000, socket.line() == #"{"ok":true,"apps":["app"]}"# { replies += 1 }
        #expect(replies == 10_000)
        #expect(house.refused("replies_not_read") == 0)
    }
}

// MARK: Time

@Test func aMessage_MustBeWholeInTime() async throws {
    try await withHouse(settings { $0.toml["reply"] = .boolean(true) }) { house in
        let slow = try BlockingSocket(name: house.tcp)
        let idle = try BlockingSocket(name: house.tcp)
        try slow.send(#"{"a":"x"#)
        try house.poke()
        house.time.advance(by: .seconds(29))
        try slow.send("y")
        try house.poke()
        #expect(house.refused("message_timeout", "tcp") == 0)
        house.time.advance(by: .seconds(1))
        try house.poke()
        #expect(slow.line()?.contains("\"reason\":\"message_timeout\"") == true)
        #expect(house.refused("message_timeout", "tcp") == 1)
        try idle.send(#"{"b":"x"}"#)
        #expect(idle.line() == #"{"ok":true,"apps":["b"]}"#)
    }
}

@Test func aConnection_IsClosed_WhenItIsSilentForTooLong() async throws {
    try await withHouse { house in
        let silent = try BlockingSocket(path: house.unix)
        let busy = try BlockingSocket(path: house.unix)
        try busy.send(#"{"a":"1"}"#)
        try house.poke()
        house.time.advance(by: .seconds(3599))
        try busy.send(#"{"a":"2"}"#)
        try house.poke()
        house.time.advance(by: .seconds(1))
        try house.poke()
        #expect(silent.readToEnd() == [])
        #expect(house.count("connections_idle_closed") == 1)
        try busy.send(#"{"a":"3"}"#)
        busy.endSending()
        #expect(busy.readToEnd() == [])
        #expect(house.served("a") == "3\n")
    }
}

// MARK: Limits

@Test func clientsWait_WhenAllPlacesAreTaken_AndAreServedWhenOneGoes() async throws {
    try await withHouse(settings { $0.connectionsMax = 2 }) { house in
        let first = try BlockingSocket(path: house.unix)
        let second = try BlockingSocket(path: house.unix)
        try first.send(#"{"first":"1"}"#)
        try house.poke()
        let waiting = try BlockingSocket(path: house.unix)
        try waiting.send(#"{"waiting":"1"}"#)
        waiting.endSending()
        try house.poke()
        #expect(house.served("first") == "1\n" && house.served("waiting") == nil)
        #expect(house.count("connections") == 2)
        first.endSending()
        #expect(first.readToEnd() == [])
        #expect(waiting.readToEnd() == [])
        #expect(house.served("waiting") == "1\n")
        second.endSending()
    }
}

@Test func theConnectionIdleLongest_MakesRoom_WhenSomebodyWaits() async throws {
    try await withHouse(
        settings {
            $0.connectionsMax = 2
            $0.toml["message_timeout"] = .string("10m")
        }
    ) { house in
        let oldest = try BlockingSocket(path: house.unix)
        let busy = try BlockingSocket(path: house.unix)
        try busy.send(#"{"busy":"#)
        try house.poke()
        house.time.advance(by: .seconds(10))
        let waiting = try BlockingSocket(path: house.unix)
        try waiting.send(#"{"waiting":"1"}"#)
        waiting.endSending()
        try house.poke()
        #expect(house.served("waiting") == nil)
        house.time.advance(by: .seconds(19))
        try house.poke()
        #expect(house.served("waiting") == nil && house.count("connections_evicted") == 0)
        house.time.advance(by: .seconds(1))
        try house.poke()
        #expect(oldest.readToEnd() == [])
        #expect(waiting.readToEnd() == [])
        #expect(house.served("waiting") == "1\n" && house.count("connections_evicted") == 1)
        try busy.send(#""1"}"#)
        busy.endSending()
        #expect(busy.readToEnd() == [])
        #expect(house.served("busy") == "1\n")
    }
}

@Test func manyWaitingClients_AreAllServed_ThroughTwoPlaces() async throws {
    try await withHouse(settings { $0.connectionsMax = 2 }) { house in
        let sockets = try (0..<40).map { index in
            let socket = try BlockingSocket(path: house.unix)
            try socket.send("{\"app \(index)\":\"1\"}")
            socket.endSending()
            return socket
        }
        for socket in sockets { #expect(socket.readToEnd() == []) }
        #expect(house.store.view().entries.count == 40)
    }
}

@Test func theDescriptorBudget_HoldsForBothDoorsTogether() async throws {
    try await withHouse(settings { $0.budget = 2 }) { house in
        let first = try BlockingSocket(path: house.unix)
        let second = try BlockingSocket(name: house.tcp)
        try first.send(#"{"first":"1"}"#)
        try second.send(#"{"second":"1"}"#)
        let waiting = try BlockingSocket(name: house.tcp)
        try waiting.send(#"{"waiting":"1"}"#)
        waiting.endSending()
        first.endSending()
        #expect(first.readToEnd() == [])
        #expect(waiting.readToEnd() == [])
        second.endSending()
        #expect(second.readToEnd() == [])
        #expect(["first", "second", "waiting"].allSatisfy { house.served($0) == "1\n" })
    }
}

@Test func hundredsOfIdleConnections_AreHeld() async throws {
    try await withHouse(
        settings {
            $0.connectionsMax = 1000
            $0.budget = 1000
        }
    ) { house in
        let idle = try (0..<300).map { _ in try BlockingSocket(path: house.unix) }
        try house.push(#"{"a":"1"}"#)
        #expect(house.served("a") == "1\n")
        #expect(house.count("connections") == 301)
        withExtendedLifetime(idle) {}
    }
}

// MARK: The end

@Test func whatWasSentBeforeTheEnd_IsTaken() async throws {
    let house = try House(.init())
    let sockets = try await withRunning(house.receiver) {
        try await onOwnThread {
            try house.push(#"{"app 0":"1"}"#)
            return try (0..<100).map { index in
                let socket = try BlockingSocket(path: house.unix)
                try socket.send("{\"app \(index)\":\"1\"}")
                return socket
            }
        }
    }
    for socket in sockets { #expect(socket.readToEnd() == []) }
    #expect(house.store.view().entries.count == 100)
    #expect(throws: (any Error).self) { try BlockingSocket(path: house.unix) }
}

// MARK: Reloading

private func withRunningHouse(
    _ settings: House.Settings = .init(), _ body: @escaping @Sendable (House) async throws -> Void
) async throws {
    let house = try House(settings)
    try await withRunning(house.receiver) { try await body(house) }
}

@Test func openConnections_GoOn_WithWhatHoldsFromTheNextMessageOn() async throws {
    try await withRunningHouse { house in
        let sockets = try [BlockingSocket(name: house.unix), BlockingSocket(name: house.tcp)]
        let names = house.receiver.names
        try await onOwnThread {
            for socket in sockets { try socket.send(#"{"a":"m 1"}"#) }
            wait(until: "both are stored") { house.count("messages") == 1 && house.count("messages", "tcp") == 1 }
            try sockets[0].send(#"{"half":"#)
            wait(until: "the half is read") { house.count("bytes") == 11 + 8 }
        }
        await house.receiver.apply(
            try house.prepare(
                settings {
                    $0.toml["reply"] = .boolean(true)
                    $0.toml["message_bytes_max"] = .integer(64)
                    $0.reserved.names = ["now owned"]
                }))
        #expect(house.receiver.names == names)
        try await onOwnThread {
            // What has begun ends as it began, however long it is.
            try sockets[0].send("\"\(String(repeating: "x", count: 100))\"}")
            #expect(sockets[0].line() == #"{"ok":true,"apps":["half"]}"#)
            try sockets[1].send(#"{"owned":"free"}"#)
            #expect(sockets[1].line() == #"{"ok":true,"apps":["owned"]}"#)
            try sockets[1].send(#"{"now owned":"m"}"#)
            #expect(sockets[1].line()?.contains("name_reserved") == true)
            try sockets[0].send("{\"a\":\"\(String(repeating: "x", count: 100))\"}")
            #expect(sockets[0].line()?.contains("too_large") == true)
        }
    }
}

@Test func anotherFormat_HoldsForOpenConnections() async throws {
    try await withRunningHouse { house in
        let socket = try BlockingSocket(name: house.tcp)
        try await onOwnThread {
            try socket.send(#"{"a":"m 1"}"#)
            wait(until: "it is stored") { house.served("a") == "m 1\n" }
        }
        await house.receiver.apply(try house.prepare(settings { $0.toml["format"] = .string("capnp") }))
        try await onOwnThread {
            try socket.send(#"{"a":"m 2"}"#)
            #expect(socket.readToEnd() == [])
            #expect(house.refused("format_not_accepted", "tcp") == 1 && house.served("a") == "m 1\n")
        }
    }
}

@Test func aMovedReceiver_TakesWhatWasSent_AndOnlyItsConnectionsEnd() async throws {
    try await withRunningHouse { house in
        let old = house.tcp
        let (idle, half, other) = try (
            BlockingSocket(name: old), BlockingSocket(name: old), BlockingSocket(name: house.unix)
        )
        try await onOwnThread {
            for socket in [idle, other] { try socket.send(#"{"a":"m 1"}"#) }
            try half.send(#"{"half":"#)
            wait(until: "all is read") { house.count("bytes", "tcp") == 11 + 8 && house.count("messages") == 1 }
        }
        let change = try house.prepare(settings { $0.toml["receiver_tcp_socket"] = .string("127.0.0.2:0") })
        try await onOwnThread { _ = try house.push(#"{"still":"here"}"#, to: old) }
        #expect(house.served("still") == "here\n")
        await house.receiver.apply(change)
        #expect(house.tcp.hasPrefix("127.0.0.2:"))
        try await onOwnThread {
            #expect(throws: SystemError.self) { try BlockingSocket(name: old) }
            #expect(idle.readToEnd() == [])
            try half.send(#""m 2"}"#)
            #expect(half.readToEnd() == [] && house.served("half") == "m 2\n")
            try other.send(#"{"b":"m 3"}"#)
            other.endSending()
            #expect(other.readToEnd() == [] && house.served("b") == "m 3\n")
            let client = try ClientSocket.connect(to: try #require(HostPort(house.tcp)))
            try ClientSocket.sendAll(Array(#"{"c":"m 4"}"#.utf8), over: client)
            wait(until: "the new one takes messages") { house.served("c") == "m 4\n" }
        }
        let said = house.lines.all.filter { $0.contains("receiving") }
        #expect(said.count == 4 && said.contains { $0.contains("\"no longer receiving\" on=\(old)") })
    }
}

@Test func aReceiver_CanChangeItsHostAlone_AndBeSwitchedOffAndOn() async throws {
    try await withRunningHouse { house in
        let port = try #require(HostPort(house.tcp)?.port)
        for host in ["0.0.0.0", "127.0.0.1", "off", "127.0.0.1"] {
            let change = settings {
                $0.toml["receive_on_tcp_socket"] = .boolean(host != "off")
                $0.toml["receiver_tcp_socket"] = .string("\(host):\(port)")
            }
            await house.receiver.apply(try house.prepare(change))
            #expect(house.receiver.names == [house.unix] + (host == "off" ? [] : ["\(host):\(port)"]))
            try await onOwnThread {
                let client = try? BlockingSocket(port: port)
                #expect((client == nil) == (host == "off"))
                try client?.send("{\"\(host)\":\"m 1\"}")
                client?.endSending()
                _ = client?.readToEnd()
            }
            #expect(house.served(host) == (host == "off" ? nil : "m 1\n"))
        }
        #expect(house.count("messages", "tcp") == 3)
        #expect(throws: SystemError.self) { try ListeningSocket.tcp(HostPort(host: "0.0.0.0", port: port)) }
    }
}

@Test func aReceiverThatCannotMove_StaysAsItWas() async throws {
    try await withRunningHouse { house in
        let taken = try ListeningSocket.tcp(HostPort(host: "127.0.0.1", port: 0))
        let names = house.receiver.names
        #expect(throws: SystemError.self) {
            try house.prepare(
                settings {
                    $0.toml["receiver_unix_socket"] = .string(house.folder.file("new.sock"))
                    $0.toml["receiver_tcp_socket"] = .string(taken.name)
                })
        }
        #expect(house.receiver.names == names)
        #expect(!FileManager.default.fileExists(atPath: house.folder.file("new.sock")))
        try await onOwnThread {
            for name in names { try house.push("{\"\(name)\":\"m 1\"}", to: name) }
        }
        #expect(house.store.count == 2)
    }
}

@Test func theSocketFile_TakesAnotherMode_AndGetsItBack_WhenTheReloadFailsElsewhere() async throws {
    try await withRunningHouse { house in
        func mode() -> UInt32 {
            var status = stat()
            lstat(house.unix, &status)
            return status.st_mode & 0o777
        }
        let change = try house.prepare(settings { $0.toml["unix_socket_mode"] = .string("0606") })
        #expect(mode() == 0o606)
        house.receiver.abandon(change)
        #expect(mode() == 0o660)
        await house.receiver.apply(try house.prepare(settings { $0.toml["unix_socket_mode"] = .string("0606") }))
        #expect(mode() == 0o606)
        try await onOwnThread { _ = try house.push(#"{"a":"m 1"}"#) }
        #expect(house.served("a") == "m 1\n")
    }
}

@Test func moreConnections_AreTaken_WhenTheLimitIsRaised() async throws {
    try await withRunningHouse(settings { $0.connectionsMax = 1 }) { house in
        let first = try BlockingSocket(name: house.unix)
        let second = try BlockingSocket(name: house.unix)
        try await onOwnThread {
            try first.send(#"{"a":"m 1"}"#)
            wait(until: "the first is read") { house.served("a") != nil }
            try second.send(#"{"b":"m 1"}"#)
        }
        await house.receiver.apply(try house.prepare(settings { $0.connectionsMax = 2 }))
        try await onOwnThread { wait(until: "the second is read") { house.served("b") != nil } }
        withExtendedLifetime(first) {}
    }
}
