import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import ExporterProxy

/// A server whose only route is the door for streams.
final class DoorHouse: Sendable {
    /// What the next streams find.
    enum Mood: Sendable {
        case open, busy, closed
        /// Says so much together with its 101.
        case talkative(Int)
    }

    let server: HTTPServer
    let registry = InstrumentRegistry()
    let port: Int
    /// Of the last stream; it says what it hears.
    private let ends = NIOLockedValueBox<[StreamEnd]>([])
    private let mood: NIOLockedValueBox<Mood>

    var end: StreamEnd? { ends.withLockedValue { $0.last } }

    init(tls: HTTPServer.TLS.Configuration? = nil, _ mood: Mood = .open) async throws {
        var configuration = HTTPServer.Configuration()
        configuration.address = HostPort(host: "127.0.0.1", port: 0)
        let (ends, box) = (ends, NIOLockedValueBox(mood))
        self.mood = box
        let door = StreamDoor {
            if case .closed = box.withLockedValue({ $0 }) { false } else { true }
        } judge: { _, loop in
            loop.submit { Self.verdict(box.withLockedValue { $0 }, ends) }
        }
        server = try await HTTPServer.open(
            configuration, tls: tls, router: HTTPRouter([door.route]), group: MultiThreadedEventLoopGroup.singleton,
            registry: registry, logger: .silent, time: ManualTime().source)
        port = server.port ?? 0
    }

    private static func verdict(_ mood: Mood, _ ends: NIOLockedValueBox<[StreamEnd]>) -> StreamDoor.Verdict {
        if case .busy = mood { return .refused("too many connections") }
        let end = StreamEnd(echoes: true)
        ends.withLockedValue { $0.append(end) }
        return .taken { stream in
            end.begin(stream)
            if case .talkative(let count) = mood { stream?.write([UInt8](repeating: 0x61, count: count)[...]) }
        }
    }

    func url(_ scheme: String, host: String = "127.0.0.1") throws -> BridgeURL {
        guard let url = BridgeURL("\(scheme)://\(host):\(port)") else { throw UnknownHost(host: host) }
        return url
    }
}

/// Runs `body` on a thread of its own, beside the server.
func withDoor(
    tls: HTTPServer.TLS.Configuration? = nil, _ mood: DoorHouse.Mood = .open,
    _ body: @escaping @Sendable (DoorHouse) throws -> Void
) async throws {
    let house = try await DoorHouse(tls: tls, mood)
    try await withRunning(house.server) { try await onOwnThread { try body(house) } }
}

extension BridgeDialer {
    static func make(_ url: BridgeURL, caFile: String? = nil, patience: Duration = .seconds(10)) throws -> BridgeDialer
    {
        var configuration = Configuration(url: url, caFile: caFile)
        configuration.connectTimeout = patience
        configuration.answerTimeout = patience
        return try BridgeDialer(configuration, group: MultiThreadedEventLoopGroup.singleton)
    }

    /// The outcome; blocks until it is there, and is told once.
    func outcome() -> Outcome? {
        let box = NIOLockedValueBox<[Outcome]>([])
        dial { outcome in box.withLockedValue { $0.append(outcome) } }
        wait(until: "it is told") { box.withLockedValue { !$0.isEmpty } }
        let outcomes = box.withLockedValue { $0 }
        return outcomes.count == 1 ? outcomes.first : nil
    }

    /// The sentence of a failure.
    func failure() -> String? {
        if case .failure(let failure) = outcome() { failure.description } else { nil }
    }
}
