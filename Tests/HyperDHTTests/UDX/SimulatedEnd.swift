@testable import HyperDHT

/// One end of a stream with somebody who uses it: writes its bytes, reads the other's, and closes.
struct SimulatedEnd {
    enum Closing: Equatable, Sendable {
        /// Ends after its last byte.
        case ends
        /// Ends when the peer has.
        case endsAfterPeer
        /// Destroys the stream when it has all that it waits for, and the peer too.
        case destroys(after: Int)
        case never
    }

    var stream: UDXStream
    let outgoing: [UInt8]
    var closing: Closing
    /// How much is read at once, and how often; at once and all, unless a test says so.
    var readsAtMost = Int.max
    var readsAgainAfter: Int64 = 0
    private(set) var incoming: [UInt8] = []
    private(set) var written = 0
    private(set) var events: [UDXEvent] = []
    /// Whether the shell forgets it: datagrams go nowhere, and it says nothing more.
    var hasVanished = false
    private var readAt: Int64 = 0
    private var batch = DatagramBatch()

    init(_ stream: UDXStream, sends outgoing: [UInt8] = [], closing: Closing = .ends) {
        self.stream = stream
        self.outgoing = outgoing
        self.closing = closing
    }

    var closed: UDXCloseReason? { if case .closed(let reason) = events.last { reason } else { nil } }
    var hasHeardEnd: Bool { events.contains(.ended) }

    var nextAt: Int64? {
        guard !hasVanished else { return nil }
        let reading = stream.unreadBytes > 0 && readsAgainAfter > 0 ? readAt : nil
        return [stream.nextDeadline, reading].compactMap { $0 }.min()
    }

    mutating func receive(_ datagram: [UInt8], at now: Int64) {
        if !hasVanished { stream.receive(datagram[...], at: now) }
    }

    /// Does what somebody would do who uses the stream, and sends what it answers.
    mutating func work(at now: Int64, to link: inout SimulatedLink) {
        guard !hasVanished else { return }
        repeat {
            read(at: now)
            write()
            close(at: now)
            batch.removeAll()
            stream.poll(at: now, into: &batch)
            for datagram in batch { link.send(datagram, at: now) }
            while let event = stream.nextEvent() { events.append(event) }
        } while stream.nextDeadline.map { $0 <= now } ?? false
    }

    private mutating func read(at now: Int64) {
        guard stream.unreadBytes > 0, now >= readAt else { return }
        stream.read(to: &incoming, limit: readsAtMost)
        readAt = now + readsAgainAfter
    }

    private mutating func write() {
        written += stream.write(outgoing[written...])
    }

    private mutating func close(at now: Int64) {
        guard written == outgoing.count else { return }
        switch closing {
        case .ends: stream.end()
        case .endsAfterPeer: if hasHeardEnd { stream.end() }
        case .destroys(let count):
            if incoming.count == count, stream.unsentBytes == 0 { stream.destroy(at: now) }
        case .never: break
        }
    }
}
