import Testing

@testable import HyperDHT

/// One end of a connection with somebody who uses it: asks, answers, and remembers what has happened.
struct PeerEnd {
    var connection: PeerConnection
    /// Whether it answers what it is asked.
    var answers = true
    /// Whether its process is gone: datagrams go nowhere, and it says nothing more.
    var hasVanished = false
    /// Whether nobody takes its events.
    var isDeaf = false
    private(set) var events: [SecureChannel.Event] = []
    private(set) var asked: [Mux.Channel: [UInt64: Int]] = [:]
    /// Own requests whose answer was the right one, and all that were answered.
    private(set) var right = 0
    private(set) var answered = 0
    /// The most that its buffers have held.
    private(set) var bufferBytesMax = 0
    private var batch = DatagramBatch()

    init(_ connection: PeerConnection) { self.connection = connection }

    var end: ConnectionEnd? { connection.channel.end }
    var unanswered: [UInt64] {
        events.compactMap { event in if case .unanswered(_, let id) = event { id } else { nil } }
    }
    /// Requests of the other end that have come.
    var requests: [(channel: Mux.Channel, id: UInt64)] {
        events.compactMap { event in
            if case .rpc(.request(let channel, let id, _, _)) = event { (channel, id) } else { nil }
        }
    }

    mutating func ask(_ sizes: [Int], timeout: Int64? = nil, at now: Int64) throws {
        let channel = try asked.keys.first ?? connection.channel.open(Answers.channel)
        for size in sizes {
            let id = try connection.channel.request(
                channel, Answers.method, Answers.request(of: size), timeout: timeout, at: now)
            asked[channel, default: [:]][id] = size
        }
    }

    mutating func receive(_ datagram: [UInt8], at now: Int64) {
        if !hasVanished { connection.receive(datagram[...], at: now) }
    }

    mutating func work(at now: Int64, to link: inout SimulatedLink) throws {
        guard !hasVanished else { return }
        var hasMore: Bool
        repeat {
            batch.removeAll()
            connection.poll(at: now, into: &batch)
            for datagram in batch { link.send(datagram, at: now) }
            bufferBytesMax = max(bufferBytesMax, connection.bufferBytes)
            hasMore = connection.nextDeadline.map { $0 <= now } ?? false
            while !isDeaf, let event = connection.channel.nextEvent() {
                try heed(event)
                hasMore = true
            }
        } while hasMore
    }

    private mutating func heed(_ event: SecureChannel.Event) throws {
        switch event {
        case .rpc(.request(let channel, let id, _, let body)) where answers:
            connection.channel.answer(id, on: channel, with: .success(try Answers.answer(to: body)))
        case .rpc(.answer(let channel, let id, let result)):
            answered += 1
            guard let size = asked[channel]?[id], case .success(let body) = result else { break }
            if body.elementsEqual(Answers.bytes(size)) { right += 1 }
        default: break
        }
        // Answers are long, and have been looked at.
        if case .rpc(.answer) = event { return }
        events.append(event)
    }
}
