import Foundation
import Glibc
import Testing

@testable import ExporterProxy

/// The doors of packets with sockets of their own, and what they fill.
private final class EventHouse: Sendable {
    let folder: TemporaryFolder
    let store = SnapshotStore()
    let registry = InstrumentRegistry()
    let time = ManualTime()
    let log = LogLines()
    let room: EventRoom
    let receiver: EventReceiver

    static let definitions = """
        counter = [{name = "plain_total"}, {name = "short_total", labels = ["a"], expire_after = "5s"}]
        """

    init(_ more: String = "") throws {
        folder = try TemporaryFolder()
        let configuration = try Self.configuration(folder, more)
        room = EventRoom(configuration.settings, store: store)
        receiver = try EventReceiver(
            configuration,
            parts: .init(
                room: room, registry: registry, logger: log.logger, time: time.source))
    }

    /// With each door, unless `more` closes it.
    static func configuration(_ folder: TemporaryFolder, _ more: String) throws -> EventsConfiguration {
        let standard = """
            listen = "127.0.0.1:0"
            tcp_listen = "127.0.0.1:0"
            unix_socket = "\(folder.file("e.sock"))"
            """
        var values = try TOMLFile(standard + "\n" + definitions).values
        values.merge(try TOMLFile(more).values) { $1 }
        let problems = ConfigurationProblems()
        var configuration = EventsConfiguration(reading: ConfigurationSection("events", values, problems))
        #expect(configuration.readDefinitions(listensAsFileSays: false, problems).isEmpty && problems.all.isEmpty)
        return configuration
    }

    func prepare(_ more: String) throws -> EventReceiver.Change {
        try receiver.prepare(try Self.configuration(folder, more))
    }

    var udp: String { receiver.names.first ?? "" }
    var unix: String { folder.file("e.sock") }
    var tcp: String { receiver.names.last ?? "" }

    func sender(_ place: String? = nil) throws -> OwnedDescriptor {
        let place = place ?? udp
        return place.hasPrefix("/")
            ? try UnixSocketFile.connect(to: place, sendsDatagrams: true)
            : try ClientSocket.connect(to: try #require(HostPort(place)), sendsDatagrams: true)
    }

    func send(_ text: String, to place: String? = nil) throws {
        let descriptor = try sender(place)
        let bytes = Array(text.utf8)
        #expect(Glibc.send(descriptor.raw, bytes, bytes.count, 0) == bytes.count)
    }

    func count(_ name: String, _ labels: String = "") -> Int? {
        registry.value("exporter_proxy_events_\(name)\(labels)")
    }

    func packets(_ door: String) -> Int? { count("packets_total", "{door=\"\(door)\"}") }

    func refused(_ reason: String) -> Int? { count("refused_total", "{reason=\"\(reason)\"}") }

    var page: String {
        _ = room.refresh(at: time.source())
        return store.entry(of: "events")?.snapshot?.body.text ?? ""
    }
}

private func withEventHouse(
    _ more: String = "", _ body: @escaping @Sendable (EventHouse) throws -> Void
) async throws {
    let house = try EventHouse(more)
    try await withRunning(house.receiver) { try await onOwnThread { try body(house) } }
    #expect(!FileManager.default.fileExists(atPath: house.unix))
}

private let packet = #"{"metric_name":"plain_total"}"#

struct EventReceiverTests {
    @Test func packets_AreCountedAtEachDoor() async throws {
        try await withEventHouse { house in
            try house.send(packet)
            try house.send("\(packet)\n\(packet)", to: house.unix)
            let socket = try BlockingSocket(name: house.tcp)
            try socket.send(packet + "\n" + packet + "\n[\(packet),\(packet)]\n\(packet)")
            socket.endSending()
            #expect(socket.textToEnd() == "")
            wait(until: "all are counted") {
                house.packets("udp") == 1 && house.packets("unix") == 2 && house.packets("tcp") == 5
            }
            #expect(house.count("datagrams_total", "{door=\"udp\"}") == 1 && house.count("series") == 1)
            #expect(house.page == "# TYPE plain_total counter\nplain_total 8\n")
            #expect(
                house.store.entry(of: "events")?.snapshot?.origin.address
                    == house.receiver.names.joined(separator: ", "))
            #expect(house.count("connections") == 0 && house.count("connections_total") == 1)
        }
    }

    @Test func refusals_AreCounted_AndTheFirstIsSaidWithItsSender() async throws {
        try await withEventHouse { house in
            for _ in 0..<3 { try house.send("nonsense") }
            try house.send("nonsense", to: house.unix)
            try house.send(#"{"metric_name":"plain_total","payload":{"labels":{"b":""}}}"#)
            wait(until: "all are counted") { house.refused("malformed") == 4 && house.refused("unknown_label") == 1 }
            wait(until: "they are said") { house.log.count("packet of events refused") == 3 }
            #expect(
                house.log.count("peer=127.0.0.1:") == 2
                    && house.log.count("peer=\"uid=\(geteuid()) pid=\(getpid())\"") == 1)
            #expect(house.page.isEmpty && house.store.count == 0)
        }
    }

    @Test func packetThatIsTooLong_IsRefusedAsAWhole_AndTheNextIsTaken() async throws {
        try await withEventHouse("packet_bytes_max = 40") { house in
            try house.send(packet + String(repeating: " ", count: 12))
            try house.send(packet + String(repeating: " ", count: 11))
            try house.send(packet + String(repeating: " ", count: 12), to: house.unix)
            let socket = try BlockingSocket(name: house.tcp)
            try socket.send(packet + String(repeating: " ", count: 100) + "\n\(packet)\n")
            wait(until: "all are counted") {
                house.refused("too_long") == 3 && house.packets("udp") == 1 && house.packets("tcp") == 1
            }
        }
    }

    @Test func largestDatagram_IsTakenAsABatch() async throws {
        try await withEventHouse { house in
            let count = 65_507 / (packet.utf8.count + 1)
            try house.send(Array(repeating: packet, count: count).joined(separator: "\n"))
            wait(until: "all are counted") { house.packets("udp") == count }
        }
    }

    @Test func emptyDatagram_IsCounted_AndNothingMore() async throws {
        try await withEventHouse { house in
            try house.send("")
            try house.send("", to: house.unix)
            wait(until: "both are counted") { house.refused("empty") == 2 }
        }
    }

    @Test func expiry_TakesSeriesThatAreSilent() async throws {
        try await withEventHouse { house in
            try house.send(#"{"metric_name":"short_total","payload":{"labels":{"a":"1"}}}"#)
            wait(until: "it is counted") { house.count("series") == 1 }
            house.time.advance(by: .seconds(6))
            try house.send(packet)
            wait(until: "it is gone") { house.count("series_expired_total") == 1 && house.count("series") == 1 }
        }
    }

    @Test func silentConnection_IsClosedAfterItsTime() async throws {
        try await withEventHouse("idle_timeout = \"10s\"") { house in
            let socket = try BlockingSocket(name: house.tcp)
            try socket.send(packet)
            wait(until: "it is open") { house.count("connections") == 1 }
            house.time.advance(by: .seconds(11))
            try house.send(packet)
            #expect(socket.textToEnd() == "")
            wait(until: "its last line counts") { house.packets("tcp") == 1 }
            #expect(house.count("connections_idle_closed_total") == 1)
        }
    }

    @Test func fullDoor_LetsTheNewOneIn_WhereOneIsIdle() async throws {
        try await withEventHouse("connections_max = 1") { house in
            let first = try BlockingSocket(name: house.tcp)
            wait(until: "it is open") { house.count("connections") == 1 }
            let second = try BlockingSocket(name: house.tcp)
            try second.send(packet + "\n")
            house.time.advance(by: .seconds(31))
            try house.send(packet)
            #expect(first.textToEnd() == "")
            wait(until: "the second one is read") { house.packets("tcp") == 1 }
        }
    }

    // MARK: Reload

    @Test func reload_MovesADoor_AndWhatWasSentBeforeCounts() async throws {
        let house = try EventHouse()
        try await withRunning(house.receiver) {
            let (old, unix, tcp) = (house.udp, house.unix, house.tcp)
            let sender = try house.sender()
            let bytes = Array(packet.utf8)
            for _ in 0..<500 { _ = send(sender.raw, bytes, bytes.count, 0) }
            let port = HostPort(old)?.port ?? 0
            await house.receiver.apply(try house.prepare("listen = \"0.0.0.0:\(port)\""))
            #expect(house.packets("udp") == 500)
            #expect(house.receiver.names == ["0.0.0.0:\(port)", unix, tcp])
            try house.send(packet)
            await house.receiver.apply(try house.prepare("listen = \"\"\ntcp_listen = \"\"\nunix_socket = \"\""))
            #expect(house.packets("udp") == 501 && house.receiver.names.isEmpty)
            #expect(!FileManager.default.fileExists(atPath: unix))
            #expect(house.page == "# TYPE plain_total counter\nplain_total 501\n")
            #expect(throws: (any Error).self) { try BlockingSocket(name: tcp) }
        }
        #expect(house.log.count("no longer receiving events") == 4 && house.log.count("msg=\"receiving events\"") == 3)
    }

    @Test func reloadThatCannotBe_ChangesNothing() async throws {
        let house = try EventHouse()
        try await withRunning(house.receiver) {
            let before = house.receiver.names
            let taken = try DatagramSocket.udp(HostPort(host: "127.0.0.1", port: 0), buffer: 4096)
            #expect(throws: SystemError.self) { try house.prepare("listen = \"\(taken.name)\"") }
            #expect(throws: (any Error).self) { try house.prepare("unix_socket = \"/none/e.sock\"") }
            #expect(house.receiver.names == before)
            try house.send(packet)
            try await onOwnThread { wait(until: "it is counted") { house.packets("udp") == 1 } }
        }
    }

    @Test func newDefinitions_HoldFromThenOn() async throws {
        let house = try EventHouse()
        try await withRunning(house.receiver) {
            try house.send(packet)
            try await onOwnThread { wait(until: "it is counted") { house.packets("udp") == 1 } }
            let port = house.udp
            await house.receiver.apply(
                try house.prepare("listen = \"\(port)\"\ncounter = [{name = \"plain_total\"}, {name = \"new_total\"}]"))
            try house.send(#"{"metric_name":"new_total"}"#)
            try await onOwnThread { wait(until: "it is counted") { house.packets("udp") == 2 } }
            #expect(house.page.contains("plain_total 1\n") && house.page.contains("new_total 1\n"))
        }
    }

    // MARK: The end, and what is lost

    @Test func end_TakesWhatWasSent() async throws {
        let house = try EventHouse()
        let sender = try house.sender()
        let bytes = Array(packet.utf8)
        for _ in 0..<1000 { #expect(send(sender.raw, bytes, bytes.count, 0) == bytes.count) }
        try await withRunning(house.receiver) {}
        #expect(house.packets("udp") == 1000)
    }

    @Test func whatTheKernelThrowsAway_IsCountedAndSaid() async throws {
        let house = try EventHouse("receive_buffer = 4096")
        let sender = try house.sender()
        let bytes = Array(packet.utf8)
        // Nobody reads yet.
        for _ in 0..<200 { #expect(send(sender.raw, bytes, bytes.count, 0) == bytes.count) }
        try await withRunning(house.receiver) {}
        #expect((house.count("kernel_drops_total") ?? 0) > 100)
        #expect((house.packets("udp") ?? 0) + (house.count("kernel_drops_total") ?? 0) == 200)
        #expect(house.log.count("datagrams were lost before they could be read") == 1)
    }

    @Test func withoutADoor_ThereAreNoCounters() async throws {
        let house = try EventHouse("listen = \"\"\ntcp_listen = \"\"\nunix_socket = \"\"")
        try await withRunning(house.receiver) {}
        #expect(!house.registry.exposition().contains("exporter_proxy_events_"))
    }
}
