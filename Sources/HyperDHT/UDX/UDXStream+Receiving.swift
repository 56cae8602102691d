extension UDXStream {
    /// Takes in a datagram of the peer. What is wrong with it is counted, and changes nothing.
    package mutating func receive(_ datagram: ArraySlice<UInt8>, at now: Int64) {
        let packet: UDXPacket
        do throws(UDXPacketError) {
            packet = try UDXPacket(datagram)
        } catch {
            counters.refuse(.malformed)
            return
        }
        guard packet.streamID == id else {
            counters.refuse(.foreignStream)
            return
        }
        counters.packetsReceived += 1
        switch state {
        case .open: receive(packet, at: now)
        case .lingering: receiveLate(packet, at: now)
        case .finished: counters.refuse(.closed)
        }
    }

    private mutating func receive(_ packet: UDXPacket, at now: Int64) {
        // An acknowledgment of what was never sent shows that the packet is forged, or of another life.
        guard sender.judge(packet.next) != .unsent else {
            counters.refuse(.acknowledgesUnsent)
            return
        }
        heardAt = now
        hearsPeer()
        if packet.kinds.contains(.destroy) {
            receiveDestroy(packet, at: now)
            return
        }
        acknowledge(packet, at: now)
        take(packet, at: now)
        if packet.kinds.contains(.message) { counters.refuse(.message) }
        if sender.isDone, receiver.hasEnded { close(.ended, at: now) }
    }

    /// One of an earlier time is none: the peer has sent more after it.
    private mutating func receiveDestroy(_ packet: UDXPacket, at now: Int64) {
        guard 0..<configuration.packetsMax ~= receiver.distance(to: packet.sequence) else {
            counters.refuse(.duplicate)
            return
        }
        close(.reset, at: now)
    }

    private mutating func acknowledge(_ packet: UDXPacket, at now: Int64) {
        let answer = sender.acknowledge(packet.next, packet.ranges, window: packet.window, at: now)
        if answer == .unsentRanges { counters.refuse(.ranges) }
        if events.wantsRoom, sender.room >= configuration.sendBytesMax / 2 {
            (events.wantsRoom, events.isWritable) = (false, true)
        }
    }

    private mutating func take(_ packet: UDXPacket, at now: Int64) {
        let (unread, hadEnded) = (receiver.unreadBytes, receiver.hasEnded)
        if !packet.payload.isEmpty { makeRoom(at: now) }
        if let refusal = receiver.accept(packet) {
            counters.refuse(refusal)
            return
        }
        guard packet.kinds.contains(.data) else {
            events.hasEnded = events.hasEnded || !hadEnded && receiver.hasEnded
            return
        }
        counters.payloadBytesReceived += packet.payload.count
        if receiver.unreadBytes > unread { events.isReadable = true }
        if receiver.hasEnded, !hadEnded { events.hasEnded = true }
    }

    /// Bytes come or go: after a pause, what a transfer before it has needed is given back.
    mutating func makeRoom(at now: Int64) {
        if busyAt != .min, now - busyAt > 1_000_000_000 {
            sender.shrink()
            receiver.shrink()
        }
        busyAt = now
    }
}
