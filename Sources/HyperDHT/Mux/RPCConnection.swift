/// All request channels of one connection: a ``Mux`` with an ``RPCChannel`` on each of its channels.
///
/// Decides; never reads, writes or waits. Each message of the secret stream goes into ``receive(_:)``, and what
/// ``takeFrames()`` gives after anything that was done goes out, each as a message of its own.
package struct RPCConnection: Sendable {
    package enum Event: Equatable, Sendable {
        case opened(Mux.Channel, ChannelName)
        /// By the peer, also where it refused to open it. `unanswered` are the own requests that came to nothing.
        case closed(Mux.Channel, ChannelName, unanswered: [UInt64])
        case request(Mux.Channel, id: UInt64, method: String, body: ArraySlice<UInt8>)
        case notice(Mux.Channel, method: String, body: ArraySlice<UInt8>)
        case answer(Mux.Channel, id: UInt64, Result<ArraySlice<UInt8>, RPCFailure>)
        /// The peer opened a channel that is not served here.
        case refusedChannel(ChannelName)
        /// The peer asked for something that was not done.
        case refusedRequest(Mux.Channel, method: String)
    }

    private let methods: [ChannelName: Set<String>]
    private let limits: RPCChannel.Limits
    private var mux: Mux
    private var channels: [Mux.Channel: RPCChannel] = [:]

    /// `methods` are those that are answered here, by the channel the peer may open for them.
    package init(
        serving methods: [ChannelName: Set<String>] = [:], limits: RPCChannel.Limits = .init(),
        muxLimits: Mux.Limits = .init()
    ) {
        (self.methods, self.limits) = (methods, limits)
        mux = Mux(serving: Set(methods.keys), limits: muxLimits)
    }

    /// The frames to send, in order.
    package mutating func takeFrames() -> [[UInt8]] { mux.takeFrames() }

    package mutating func open(_ name: ChannelName) throws(MuxError) -> Mux.Channel {
        let channel = try mux.open(name)
        channels[channel] = rpcChannel(name)
        return channel
    }

    private func rpcChannel(_ name: ChannelName) -> RPCChannel {
        RPCChannel(answering: methods[name] ?? [], limits: limits)
    }

    /// Gives the own requests that came to nothing.
    @discardableResult
    package mutating func close(_ channel: Mux.Channel) -> [UInt64] {
        mux.close(channel)
        return end(channel)
    }

    /// When the stream is gone: gives the own requests that came to nothing, by their channel. Nothing can be done after.
    package mutating func end() -> [Mux.Channel: [UInt64]] {
        defer { mux = Mux(limits: mux.limits) }
        var unanswered: [Mux.Channel: [UInt64]] = [:]
        for channel in channels.keys { unanswered[channel] = end(channel) }
        return unanswered
    }

    private mutating func end(_ channel: Mux.Channel) -> [UInt64] {
        var rpc = channels.removeValue(forKey: channel)
        return rpc?.closed() ?? []
    }

    /// The number under which the answer will come.
    package mutating func request(
        _ channel: Mux.Channel, _ method: String, _ body: [UInt8]
    ) throws(RPCError) -> UInt64 {
        guard var rpc = channels.removeValue(forKey: channel) else { throw .closed }
        defer { put(rpc, on: channel) }
        return try rpc.request(method, body)
    }

    /// Its answer is not waited for any more.
    package mutating func forget(_ id: UInt64, on channel: Mux.Channel) { channels[channel]?.forget(id) }

    /// False where nobody waits for the answer any more.
    @discardableResult
    package mutating func answer(
        _ id: UInt64, on channel: Mux.Channel, with result: Result<[UInt8], RPCFailure>
    ) -> Bool {
        guard var rpc = channels.removeValue(forKey: channel) else { return false }
        defer { put(rpc, on: channel) }
        return rpc.answer(id, with: result)
    }

    /// Takes one message of the secret stream. After an error the connection is to be closed.
    package mutating func receive(_ message: ArraySlice<UInt8>) throws(MuxError) -> [Event] {
        var events: [Event] = []
        for event in try mux.receive(message) {
            if let event = try received(event) { events.append(event) }
        }
        return events
    }

    private mutating func received(_ event: Mux.Event) throws(MuxError) -> Event? {
        switch event {
        case .refused(let name): return .refusedChannel(name)
        case .closed(let channel, let name):
            return .closed(channel, name, unanswered: end(channel))
        case .opened(let channel, let name, _):
            var rpc = channels.removeValue(forKey: channel) ?? rpcChannel(name)
            rpc.opened()
            put(rpc, on: channel)
            return .opened(channel, name)
        case .message(let channel, let type, let body):
            guard var rpc = channels.removeValue(forKey: channel) else { return nil }
            defer { put(rpc, on: channel) }
            do throws(WireError) {
                return try rpc.receive(type: type, body: body).map { Self.event($0, on: channel) }
            } catch { throw .malformed(error) }
        }
    }

    private static func event(_ event: RPCChannel.Event, on channel: Mux.Channel) -> Event {
        switch event {
        case .request(let id, let method, let body): .request(channel, id: id, method: method, body: body)
        case .notice(let method, let body): .notice(channel, method: method, body: body)
        case .answer(let id, let result): .answer(channel, id: id, result)
        case .refused(let method): .refusedRequest(channel, method: method)
        }
    }

    /// Puts back what was taken out to be changed in place, and sends what it has to say.
    private mutating func put(_ rpc: RPCChannel, on channel: Mux.Channel) {
        var rpc = rpc
        for message in rpc.takeMessages() {
            mux.send(channel, type: message.type, head: message.head, body: message.body)
        }
        channels[channel] = rpc
    }
}
