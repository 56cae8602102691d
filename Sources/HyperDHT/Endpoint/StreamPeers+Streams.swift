/// What the owner of the streams tells and asks.
extension StreamPeers {
    /// A stream has come, and is that of the peer with this number from now on. `host` is where it comes from, without
    /// a port: it is counted, and shown. Who is not let in by `isAdmitted` is closed without a word.
    package mutating func accept(
        as identity: KeyPair, serving methods: [ChannelName: Set<String>], host: String, at now: Int64,
        isAdmitted: @escaping @Sendable (PublicKey) -> Bool
    ) throws(Refusal) -> PeerNumber {
        if let refusal = refusal(of: host, at: now) {
            counters.refused[refusal, default: 0] += 1
            throw refusal
        }
        let peer = nextNumber()
        let connection = StreamConnection(
            calledAs: identity, serving: methods, limits: limits, at: now, isAdmitted: isAdmitted)
        entries[peer] = Entry(connection, server: identity.publicKey, host: host)
        places.begin(host)
        counters.accepted += 1
        touch(peer)
        return peer
    }

    private mutating func refusal(of host: String, at now: Int64) -> Refusal? {
        if entries.count >= bounds.peersMax { return .tooMany }
        if places.peers(of: host) >= bounds.peersPerHostMax { return .tooManyOfHost }
        if places.handshakes >= bounds.handshakesMax { return .tooManyHandshakes }
        if places.handshakes(of: host) >= bounds.handshakesPerHostMax { return .tooManyHandshakesOfHost }
        return handshakeRates.take(of: host, at: now) ? nil : .tooOften
    }

    /// There is a stream to the peer now; `address` is for people to read. False where it is not wanted any more.
    @discardableResult
    package mutating func dialled(_ peer: PeerNumber, address: String, at now: Int64) -> Bool {
        guard entries[peer]?.hasStream == false, entries[peer]?.isClosed == false else { return false }
        entries[peer]?.hasStream = true
        entries[peer]?.address = address
        touch(peer)
        return true
    }

    /// There is no stream to the peer to be had; `sentence` says why.
    package mutating func dialFailed(_ peer: PeerNumber, because sentence: String, at now: Int64) {
        guard entries[peer]?.hasStream == false else { return }
        entries[peer]?.failure = sentence
        counters.dialsFailed += 1
        lost(peer, at: now)
    }

    /// The next bytes of the peer, however they are cut. Also while it is not to be read they are not lost.
    package mutating func received(_ bytes: ArraySlice<UInt8>, of peer: PeerNumber, at now: Int64) {
        guard entries[peer] != nil else { return }
        counters.bytesReceived += bytes.count
        entries[peer]?.connection.receive(bytes, at: now)
        touch(peer)
    }

    /// The peer sends nothing more.
    package mutating func receivedEnd(of peer: PeerNumber, at now: Int64) {
        entries[peer]?.connection.receiveEnd(at: now)
        touch(peer)
    }

    /// The stream is no more: nothing can be sent or received.
    package mutating func lost(_ peer: PeerNumber, at now: Int64) {
        entries[peer]?.connection.lost()
        touch(peer)
    }

    /// So many of the bytes of ``StreamAction/write(_:_:)`` have gone.
    package mutating func wrote(_ count: Int, to peer: PeerNumber, at now: Int64) {
        entries[peer]?.wrote(count, at: now)
        touch(peer)
    }

    /// Whether its connection is not over.
    package func isKnown(_ peer: PeerNumber) -> Bool { entries[peer] != nil }

    /// Whether bytes of the peer are to be read.
    package func isReading(_ peer: PeerNumber) -> Bool { entries[peer]?.connection.isReading ?? false }

    // MARK: What is to be done

    /// When to call ``poll(at:)`` if nothing else happens before; nil for never.
    package var nextDeadline: Int64? { deadlines.next }

    /// Whether something has happened since the last ``poll(at:)``.
    package var isPollDue: Bool { !touched.isEmpty }

    /// Does what is due.
    package mutating func poll(at now: Int64) {
        while let peer = deadlines.popDue(at: now) { touch(peer) }
        let peers = touched
        touched.removeAll(keepingCapacity: true)
        for peer in peers { look(at: peer, now) }
    }

    /// What is to be done, one at a time, until nil.
    package mutating func nextAction() -> StreamAction? { actions.isEmpty ? nil : actions.removeFirst() }

    private mutating func look(at peer: PeerNumber, _ now: Int64) {
        guard entries[peer] != nil else { return }
        counters.looks += 1
        entries[peer]?.isTouched = false
        entries[peer]?.connection.poll(at: now)
        write(to: peer, at: now)
        settle(peer)
        mark(peer)
        deadlines.set(peer, at: entries[peer]?.connection.nextDeadline)
    }

    private mutating func write(to peer: PeerNumber, at now: Int64) {
        while let bytes = entries[peer]?.takeBytes(within: bounds.windowBytes, at: now) {
            counters.bytesSent += bytes.count
            actions.append(.write(peer, bytes))
        }
    }

    /// Says what the stream does not know yet.
    mutating func settle(_ peer: PeerNumber) {
        while let action = entries[peer]?.nextAction(for: peer) { actions.append(action) }
    }
}

extension StreamPeers.Entry {
    /// The next bytes to be written, if any may be.
    fileprivate mutating func takeBytes(within window: Int, at now: Int64) -> ArraySlice<UInt8>? {
        guard hasStream else { return nil }
        let bytes = connection.nextBytes(at: now).prefix(max(0, window - bytesInFlight))
        guard !bytes.isEmpty else { return nil }
        connection.took(bytes.count, at: now)
        bytesInFlight += bytes.count
        return bytes
    }

    fileprivate mutating func wrote(_ count: Int, at now: Int64) {
        bytesInFlight = max(0, bytesInFlight - count)
        connection.channel.progressed(at: now)
    }

    fileprivate mutating func nextAction(for peer: PeerNumber) -> StreamAction? {
        guard !isClosed else { return nil }
        if let end = connection.channel.end {
            isClosed = true
            return .close(peer, afterWrites: end == .ended)
        }
        guard hasStream else { return nil }
        if connection.isReading != isReading {
            isReading.toggle()
            return .setReading(peer, isReading)
        }
        guard !hasEnded, connection.wantsEnd else { return nil }
        hasEnded = true
        return .end(peer)
    }
}
