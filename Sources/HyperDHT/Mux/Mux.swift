/// The channels of one connection.
///
/// Decides; never reads, writes or waits. Each message of the secret stream goes into ``receive(_:)``, and what
/// ``takeFrames()`` gives goes out, each as a message of its own.
///
/// A channel is open when both sides have opened its name. What the peer opens is opened here at once where it is in
/// `served`, and refused otherwise: a refusal is no error, since peers open what others may not have. So no message
/// comes before its channel is open on this side, and none has to be kept.
package struct Mux: Sendable {
    package struct Limits: Sendable {
        /// Of each side; also how many names the peer may have refused at a time.
        package var channelsMax = 64
        /// Frames that one received frame may make us send.
        package var answersMax = 128
        package var frame = MuxFrame.Limits()

        package init() {}
    }

    /// Stands for one channel from its opening to its end, and for no later one.
    package struct Channel: Hashable, Sendable {
        fileprivate let number: Int
        fileprivate let serial: UInt64
    }

    package enum Event: Equatable, Sendable {
        /// Both sides have opened it.
        case opened(Channel, ChannelName, handshake: ArraySlice<UInt8>)
        case message(Channel, type: UInt64, body: ArraySlice<UInt8>)
        /// By the peer, also where it refused to open it.
        case closed(Channel, ChannelName)
        /// The peer opened what is not served here.
        case refused(ChannelName)
    }

    private struct Local {
        let name: ChannelName
        let serial: UInt64
        /// The peer's number; `nil` until it has opened the name.
        var remote: Int?
        /// Closed here before the peer opened it or refused it: the number is free only after that.
        var isClosed = false
    }

    package let limits: Limits
    private var served: Set<ChannelName>
    /// By own number, less one.
    private var locals: [Local?] = []
    private var freeNumbers: [Int] = []
    /// Own number by the peer's, less one.
    private var remotes: [Int?] = []
    /// Own numbers of opens that the peer has not answered, oldest first.
    private var unanswered: [ChannelName: [Int]] = [:]
    private var serial: UInt64 = 0
    private var frames: [[UInt8]] = []

    package init(serving served: Set<ChannelName> = [], limits: Limits = Limits()) {
        (self.served, self.limits) = (served, limits)
    }

    /// The frames to send, in order.
    package mutating func takeFrames() -> [[UInt8]] {
        defer { frames = [] }
        return frames
    }

    /// Channels of this side that are open or will be.
    package var openCount: Int { locals.count { $0.map { !$0.isClosed } ?? false } }
}

// MARK: - What this side does

extension Mux {
    /// Opens a channel; messages may be sent at once, and reach the peer if it opens the name too.
    package mutating func open(_ name: ChannelName, handshake: [UInt8] = []) throws(MuxError) -> Channel {
        let channel = try allocate(name)
        unanswered[name, default: []].append(channel.number)
        frames.append(MuxFrame.open(channel: channel.number, name: name, handshake: handshake[...]).bytes)
        return channel
    }

    /// False where the channel is closed: the message goes nowhere.
    @discardableResult
    package mutating func send(
        _ channel: Channel, type: UInt64, head: [UInt8] = [], body: ArraySlice<UInt8> = []
    ) -> Bool {
        guard local(channel) != nil else { return false }
        frames.append(MuxFrame.data(channel: channel.number, type: type, head: head, body: body))
        return true
    }

    /// Closing what is closed is not an error.
    package mutating func close(_ channel: Channel) {
        guard let local = local(channel) else { return }
        frames.append(MuxFrame.close(channel: channel.number).bytes)
        if local.remote == nil {
            locals[channel.number - 1]?.isClosed = true
        } else {
            free(channel.number)
        }
    }

    private func local(_ channel: Channel) -> Local? {
        guard channel.number <= locals.count, let local = locals[channel.number - 1], local.serial == channel.serial,
            !local.isClosed
        else {
            return nil
        }
        return local
    }

    private mutating func allocate(_ name: ChannelName) throws(MuxError) -> Channel {
        let number: Int
        if let free = freeNumbers.popLast() {
            number = free
        } else {
            guard locals.count < limits.channelsMax else { throw .tooManyChannels(max: limits.channelsMax) }
            locals.append(nil)
            number = locals.count
        }
        serial += 1
        locals[number - 1] = Local(name: name, serial: serial)
        return Channel(number: number, serial: serial)
    }

    private mutating func free(_ number: Int) {
        if let remote = locals[number - 1]?.remote { remotes[remote - 1] = nil }
        locals[number - 1] = nil
        freeNumbers.append(number)
    }
}

// MARK: - What the peer does

extension Mux {
    /// Takes one message of the secret stream. After an error the connection is to be closed.
    package mutating func receive(_ bytes: ArraySlice<UInt8>) throws(MuxError) -> [Event] {
        let before = frames.count
        let frame = try MuxFrame(bytes, limits: limits.frame)
        var events: [Event] = []
        let items = if case .batch(let items) = frame { items } else { [frame] }
        for item in items {
            if let event = try receive(item) { events.append(event) }
            guard frames.count - before <= limits.answersMax else { throw .tooManyAnswers(max: limits.answersMax) }
        }
        return events
    }

    private mutating func receive(_ frame: MuxFrame) throws(MuxError) -> Event? {
        switch frame {
        case .data(let remote, let type, let body): received(type, body, from: remote)
        case .open(let remote, let name, let handshake): try opened(remote, name, handshake)
        case .reject(let number): try rejected(number)
        case .close(let remote): closed(remote)
        // Batches have been taken apart, and what later versions say is theirs.
        case .batch, .unknown: nil
        }
    }

    /// `nil` of what was on its way when the channel was closed or refused.
    private func received(_ type: UInt64, _ body: ArraySlice<UInt8>, from remote: Int) -> Event? {
        guard let channel = channel(of: remote) else { return nil }
        return .message(channel, type: type, body: body)
    }

    private func channel(of remote: Int) -> Channel? {
        guard remote > 0, remote <= remotes.count, let number = remotes[remote - 1] else {
            return nil
        }
        return locals[number - 1].map { Channel(number: number, serial: $0.serial) }
    }

    private mutating func opened(
        _ remote: Int, _ name: ChannelName, _ handshake: ArraySlice<UInt8>
    ) throws(MuxError) -> Event? {
        // The reference refuses channel 0 and goes on.
        guard remote > 0 else { return refuse(remote, name) }
        if remote == remotes.count + 1 {
            guard remotes.count < limits.channelsMax else { throw .tooManyChannels(max: limits.channelsMax) }
            remotes.append(nil)
        }
        guard remote <= remotes.count, remotes[remote - 1] == nil else {
            throw .outOfOrder("channel \(remote) cannot be opened")
        }
        if let number = takeUnanswered(name) { return pair(number, remote, handshake) }
        guard served.contains(name), !isOpen(name) else { return refuse(remote, name) }
        let channel = try allocate(name)
        frames.append(MuxFrame.open(channel: channel.number, name: name, handshake: []).bytes)
        return pair(channel.number, remote, handshake)
    }

    private mutating func refuse(_ remote: Int, _ name: ChannelName) -> Event {
        frames.append(MuxFrame.reject(channel: remote).bytes)
        return .refused(name)
    }

    /// `nil` where this side has closed the channel in the meantime: its close is on the way.
    private mutating func pair(_ number: Int, _ remote: Int, _ handshake: ArraySlice<UInt8>) -> Event? {
        guard let local = locals[number - 1], !local.isClosed else {
            free(number)
            return nil
        }
        locals[number - 1]?.remote = remote
        remotes[remote - 1] = number
        return .opened(Channel(number: number, serial: local.serial), local.name, handshake: handshake)
    }

    private mutating func takeUnanswered(_ name: ChannelName) -> Int? {
        guard var numbers = unanswered[name], !numbers.isEmpty else { return nil }
        let number = numbers.removeFirst()
        unanswered[name] = numbers.isEmpty ? nil : numbers
        return number
    }

    private func isOpen(_ name: ChannelName) -> Bool {
        locals.contains { $0.map { $0.name == name && !$0.isClosed } ?? false }
    }

    private mutating func rejected(_ number: Int) throws(MuxError) -> Event? {
        guard number > 0, number <= locals.count, let local = locals[number - 1],
            local.remote == nil
        else { throw .outOfOrder("channel \(number) was not to be opened, and is refused") }
        let others = unanswered[local.name, default: []].filter { $0 != number }
        unanswered[local.name] = others.isEmpty ? nil : others
        free(number)
        return local.isClosed ? nil : .closed(Channel(number: number, serial: local.serial), local.name)
    }

    /// `nil` where both sides close at the same time.
    private mutating func closed(_ remote: Int) -> Event? {
        guard let channel = channel(of: remote), let local = locals[channel.number - 1] else { return nil }
        free(channel.number)
        return .closed(channel, local.name)
    }
}
