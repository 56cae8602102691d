import Testing

@testable import HyperDHT

/// A stream whose peer is played by hand, packet by packet.
final class UDXTalk {
    var stream: UDXStream
    var now: Int64 = 1_000_000_000
    private var batch = DatagramBatch()
    /// The peer's next sequence number, and what it says it has room for.
    var sequence: UInt32 = 0
    var window: UInt32 = 1 << 20

    init(_ configuration: UDXConfiguration = UDXConfiguration(), isConnected: Bool = true) {
        stream = UDXStream(id: 7, remoteID: isConnected ? 8 : nil, configuration: configuration)
        sequence = configuration.initialSequence
    }

    /// What the stream sends now.
    func poll() -> [UDXPacket] {
        batch.removeAll()
        stream.poll(at: now, into: &batch)
        return batch.compactMap { datagram in
            do {
                return try UDXPacket(datagram)
            } catch {
                Issue.record("\(error)")
                return nil
            }
        }
    }

    /// Everything that it sends by `time`, at the times at which it wants to be asked.
    func poll(until time: Int64) -> [UDXPacket] {
        var packets = poll()
        while let deadline = stream.nextDeadline, deadline <= time {
            now = max(now, deadline)
            packets += poll()
        }
        now = max(now, time)
        return packets
    }

    /// What it answers to a packet with a sequence number of its own.
    func send(
        _ kinds: UDXPacket.Kinds, _ payload: [UInt8] = [], next: UInt32 = 0, at sequence: UInt32? = nil
    ) -> [UDXPacket] {
        let packet = UDXPacket(
            kinds, streamID: 7, window: window, sequence: sequence ?? self.sequence, next: next, payload: payload[...])
        if sequence == nil, !kinds.isDisjoint(with: .sequenced) { self.sequence &+= 1 }
        return send(packet)
    }

    func send(_ packet: UDXPacket) -> [UDXPacket] {
        var bytes: [UInt8] = []
        packet.write(to: &bytes)
        return send(bytes)
    }

    func send(_ datagram: [UInt8]) -> [UDXPacket] {
        stream.receive(datagram[...], at: now)
        return poll()
    }

    func acknowledge(_ next: UInt32, _ ranges: [UDXRange] = []) -> [UDXPacket] {
        var packet = UDXPacket(
            ranges.isEmpty ? [] : .ranges, streamID: 7, window: window, sequence: sequence, next: next)
        packet.ranges = UDXPacket.Ranges(ranges)
        return send(packet)
    }

    func write(_ count: Int) -> [UDXPacket] {
        #expect(stream.write([UInt8](repeating: 1, count: count)[...]) == count)
        return poll()
    }

    func read() -> [UInt8] {
        var bytes: [UInt8] = []
        stream.read(to: &bytes)
        return bytes
    }

    func events() -> [UDXEvent] {
        var events: [UDXEvent] = []
        while let event = stream.nextEvent() { events.append(event) }
        return events
    }
}

/// In nanoseconds.
func seconds(_ seconds: Double) -> Int64 { Int64(seconds * 1_000_000_000) }
