/// What the owner of the transport does.
extension SecureChannel {
    /// The handshake is through: from now on bytes go and come.
    mutating func begin(_ session: NoiseSession, at now: Int64) {
        guard end == nil, stream == nil else { return }
        let stream = SecretStream(session, limits: limits.stream, at: now)
        outgoing.append(encrypted: stream.header)
        self.stream = stream
        heardAt = now
    }

    // MARK: Receiving

    /// False while bytes are to be left in the transport, which then tells the peer to wait.
    var isReading: Bool {
        end == nil && stream != nil && events.count < limits.eventsMax
            && (outgoing.bytes <= limits.readingBytesMax || !requests.isEmpty)
    }

    /// The next bytes of the peer, however they are cut.
    mutating func receive(_ bytes: ArraySlice<UInt8>, at now: Int64) {
        guard end == nil, !peerHasEnded, !bytes.isEmpty else { return }
        heardAt = now
        counters.bytesReceived += bytes.count
        expectAnswers(at: now)
        let expectedBytesMax = expectedBytesMax(at: now)
        stream?.expectedBytesMax = expectedBytesMax
        do throws(SecretStreamError) {
            guard let messages = try stream?.receive(bytes) else { return }
            confirm()
            for message in messages where end == nil { receive(message) }
        } catch {
            close(.stream(error))
        }
    }

    /// To be called wherever the last request may come to its end, before it does.
    mutating func expectAnswers(at now: Int64) {
        if !requests.isEmpty { answersUntil = now + limits.lateAnswerTime }
    }

    /// Only who has been asked may send as much as an answer has: of all others no more is kept than a request needs.
    private func expectedBytesMax(at now: Int64) -> Int {
        if let answersUntil, now <= answersUntil { return SecretStream.messageBytesMax }
        return limits.rpc.requestBytesMax + Self.aroundRequestBytes
    }

    private mutating func confirm() {
        guard !isConfirmed, let stream, stream.isConfirmed else { return }
        isConfirmed = true
        events.append(.confirmed(stream.remote))
    }

    private mutating func receive(_ message: [UInt8]) {
        counters.messagesReceived += 1
        do throws(MuxError) {
            for event in try rpc.receive(message[...]) { note(event) }
            collect()
        } catch {
            close(.mux(error))
        }
    }

    private mutating func note(_ event: RPCConnection.Event) {
        switch event {
        case .request where phase != .open: return
        case .request: counters.requestsReceived += 1
        case .refusedRequest: counters.requestsRefused += 1
        case .refusedChannel: counters.channelsRefused += 1
        case .answer(let channel, let id, _): requests[Request(channel: channel, id: id)] = nil
        case .closed(let channel, _, let unanswered):
            for id in unanswered { requests[Request(channel: channel, id: id)] = nil }
        case .opened, .notice: break
        }
        events.append(.rpc(event))
    }

    /// The peer says nothing more. When it has been heard before it is well, and this side ends too.
    mutating func receiveEnd(at now: Int64) {
        guard end == nil, !peerHasEnded else { return }
        guard let stream, stream.hasHeader, stream.unfinishedBytes == 0 else {
            close(.truncated)
            return
        }
        peerHasEnded = true
        giveUpRequests()
        end(at: now)
    }

    private mutating func giveUpRequests() {
        _ = rpc.end()
        let unanswered = requests.keys.sorted { $0.id < $1.id }
        requests = [:]
        for request in unanswered { events.append(.unanswered(request.channel, id: request.id)) }
    }

    // MARK: Sending

    /// The bytes that are to go next; empty where none are. ``took(_:at:)`` says how many of them have gone.
    mutating func nextBytes(at now: Int64) -> ArraySlice<UInt8> {
        while !outgoing.portionIsFull, stream != nil, let message = outgoing.takeMessage() {
            counters.messagesSent += 1
            if let bytes = stream?.frame(message, at: now) { outgoing.append(encrypted: bytes) }
        }
        return outgoing.next
    }

    mutating func took(_ count: Int, at now: Int64) {
        outgoing.took(count)
        counters.bytesSent += count
        if count > 0 { progressed(at: now) }
        if outgoing.isEmpty {
            unreadSince = nil
        } else if count > 0 || unreadSince == nil {
            unreadSince = now
        }
    }

    /// Something of what was said has gone further: the end has time again.
    mutating func progressed(at now: Int64) {
        if case .ending = phase { phase = .ending(until: now + limits.endTimeout) }
    }

    /// Whether all that was said has gone, and nothing follows: the transport is to say so.
    var wantsEnd: Bool { if case .ending = phase { outgoing.isEmpty } else { false } }

    // MARK: Time

    /// Does what is due.
    mutating func poll(at now: Int64) {
        guard end == nil else { return }
        expectAnswers(at: now)
        expireRequests(at: now)
        if !isReading || peerHasEnded { heardAt = now }
        if let end = overdue(at: now) {
            close(end)
        } else if phase == .open, outgoing.isEmpty, let bytes = stream?.keepAlive(at: now) {
            counters.keepAlivesSent += 1
            outgoing.append(encrypted: bytes)
        }
    }

    /// An empty message shows the peer that this side has the keys.
    mutating func sayNothing(at now: Int64) {
        guard end == nil, let bytes = stream?.frame([], at: now) else { return }
        counters.keepAlivesSent += 1
        outgoing.append(encrypted: bytes)
    }

    private mutating func expireRequests(at now: Int64) {
        let expired = requests.filter { $0.value <= now }
        for request in expired.keys.sorted(by: { $0.id < $1.id }) {
            forget(request.id, on: request.channel)
            counters.requestsTimedOut += 1
            events.append(.unanswered(request.channel, id: request.id))
        }
    }

    private func overdue(at now: Int64) -> ConnectionEnd? {
        if !isConfirmed, confirmUntil <= now { return .notConfirmed }
        if case .ending(let until) = phase, until <= now { return .endTimedOut }
        if let unreadSince, unreadSince + limits.unreadTimeout <= now { return .unread(bytes: outgoing.bytes) }
        if let silence = limits.silenceTimeout, heardAt + silence <= now { return .timedOut }
        return nil
    }

    /// When to call ``poll(at:)`` if nothing else happens before; nil for never.
    var nextDeadline: Int64? {
        guard end == nil else { return nil }
        var next = requests.values.min() ?? .max
        if !isConfirmed { next = min(next, confirmUntil) }
        if case .ending(let until) = phase { next = min(next, until) }
        if let unreadSince { next = min(next, unreadSince + limits.unreadTimeout) }
        if let silence = limits.silenceTimeout, isReading, !peerHasEnded { next = min(next, heardAt + silence) }
        if phase == .open, outgoing.isEmpty, let stream { next = min(next, stream.keepAliveAt) }
        return next == .max ? nil : next
    }

    // MARK: The end

    /// Gives up all requests, all that waits and the keys.
    mutating func close(_ end: ConnectionEnd) {
        guard self.end == nil else { return }
        phase = .closed(end)
        giveUpRequests()
        outgoing.removeAll()
        stream?.close()
        stream = nil
        unreadSince = nil
        events.append(.closed(end))
    }
}
