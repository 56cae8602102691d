import Glibc
import Logging

/// The thread that reads all packets of events.
///
/// Everything here is confined to the thread that calls ``run()``; the rest of the program only sees the ``Mailbox``
/// and the room. It sleeps without a timer while nothing comes and nothing is due.
final class EventReceiverLoop {
    private enum Token {
        static let wakeUp = UInt64.max
        static let udp = UInt64.max - 1
        static let unix = UInt64.max - 2
        static let listener = UInt64.max - 3
        static let others = UInt64.max - 4
    }

    /// UDP, and all others as one: so that these can be waited for alone.
    private var queue: ReadinessQueue
    private var others: ReadinessQueue
    private var udpState = Arrival.silent
    private let mailbox: Mailbox<EventReceiver.Change>
    private let room: EventRoom
    private let time: TimeSource
    private var change: EventReceiver.Change?
    private var batch: DatagramBatch?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
    /// By their tokens, which are not given twice.
    private var connections: [UInt64: EventConnection] = [:]
    private var nextToken: UInt64 = 0
    /// Who connects waits in the kernel's queue, until a connection closes or the next tick.
    private var isFull = false
    private var log: RefusalLog
    private var dropsSaid = 0
    private var nextTick: Moment?

    /// The doors come by way of `mailbox`, the first as well.
    init(
        mailbox: Mailbox<EventReceiver.Change>, room: EventRoom, logger: Logger, time: @escaping TimeSource
    ) throws(SystemError) {
        queue = try ReadinessQueue(eventsMax: 2)
        // Of many that are ready a few at a time, so that UDP has its turn in between; those behind come next.
        others = try ReadinessQueue(eventsMax: 8)
        self.mailbox = mailbox
        self.room = room
        self.time = time
        log = RefusalLog(logger: logger)
        try queue.add(others, token: Token.others)
        try others.add(mailbox.wakeUp.descriptor.raw, token: Token.wakeUp, .read)
    }

    deinit { buffer.deallocate() }

    /// UDP datagrams are let gather for so long, in nanoseconds: waking up costs more than reading, by far.
    ///
    /// A fifth of the time in which a million small ones a second fill what the kernel keeps, each counted as 768 bytes
    /// of twice the buffer (Linux 6.18, 2026-11-22); 2 ms at most.
    private static func gatheringTime(_ socket: DatagramSocket) -> Int { min(2_000_000, socket.bufferGranted / 2) }

    /// Reads until ``WakeUp/requestStop()``, then what was already sent, and returns. Throws where a socket is broken
    /// for good.
    func run() throws {
        try takeChanges(time())
        while !mailbox.wakeUp.stopIsRequested {
            let othersAreReady = try wait()
            let now = time()
            if othersAreReady { try handleOthers(now) }
            if udpState != .silent, let socket = change?.doors.udp {
                udpState = try read(socket, at: .udp, now)
            }
            if let nextTick, nextTick.monotonic <= now.monotonic { tick(now) }
        }
        try finish(at: time())
    }

    /// Answers whether something other than UDP is ready, or may be.
    private func wait() throws -> Bool {
        switch udpState {
        case .behind: return true
        case .gathering:
            guard let socket = change?.doors.udp else { return true }
            return others.pause(nanoseconds: Self.gatheringTime(socket))
        case .silent:
            var othersAreReady = false
            for index in 0..<(try queue.wait(milliseconds: timeout())) {
                if queue.token(index) == Token.udp { udpState = .gathering } else { othersAreReady = true }
            }
            return othersAreReady
        }
    }

    private func handleOthers(_ now: Moment) throws {
        for index in 0..<(try others.wait(milliseconds: 0)) { try handle(others.token(index), now) }
    }

    private func handle(_ token: UInt64, _ now: Moment) throws {
        switch token {
        case Token.wakeUp:
            mailbox.wakeUp.clear()
            try takeChanges(now)
        case Token.unix: if let socket = change?.doors.unix { _ = try read(socket, at: .unix, now) }
        case Token.listener: try accept(now)
        default: if let connection = connections[token] { read(connection, token, now) }
        }
    }

    private func timeout() -> Int32 {
        guard let nextTick else { return -1 }
        return Int32(clamping: nextTick.elapsed(since: time()).milliseconds + 1)
    }

    // MARK: Datagrams

    /// For one socket, before others get their turn.
    private static let turn = Duration.milliseconds(2)

    private enum Arrival {
        /// Nothing has come: whoever waits is woken.
        case silent
        /// Something has come, and all of it was read.
        case gathering
        /// There is more.
        case behind
    }

    private func read(_ socket: DatagramSocket, at door: EventInstruments.Door, _ now: Moment) throws -> Arrival {
        guard let batch else { return .silent }
        let end = now.advanced(by: Self.turn).monotonic
        var arrival = Arrival.silent
        repeat {
            let count = try batch.receive(from: socket)
            if count > 0 {
                let tally = room.take(count, at: now, datagram: batch.datagram)
                note(tally, datagrams: count, at: door, name: socket.name, now, sender: batch.sender)
                arrival = .gathering
            }
            if count < batch.countMax { return arrival }
        } while time().monotonic < end
        return .behind
    }

    private func note(
        _ tally: EventTally, datagrams: Int = 0, at door: EventInstruments.Door, name: String, _ now: Moment,
        sender: (Int) -> String
    ) {
        change?.instruments?.count(tally, datagrams: datagrams, at: door)
        if tally.first != nil { log.refused(tally, door: name, at: now, sender: sender) }
        tickNoLater(than: now.advanced(by: Self.tickInterval))
    }

    // MARK: Connections

    /// Of the listener, which says that somebody waits.
    private func accept(_ now: Moment) throws {
        guard let listener = change?.doors.tcp else { return }
        if connections.count >= connectionsMax, !closeLongestIdle(now) { return pauseAccepting(listener, now) }
        repeat {
            switch try listener.accept() {
            case .connection(let descriptor): open(descriptor, now)
            case .gone: break
            case .nobody: return
            case .exhausted(let code):
                log.cannotAccept(code, door: listener.name, at: now)
                return pauseAccepting(listener, now)
            }
        } while connections.count < connectionsMax
    }

    private var connectionsMax: Int { change?.configuration.connectionsMax ?? 0 }

    private func open(_ descriptor: OwnedDescriptor, _ now: Moment) {
        let token = nextToken
        // Without memory for it the connection closes with its descriptor.
        guard (try? others.add(descriptor.raw, token: token, .read)) != nil else { return }
        nextToken += 1
        connections[token] = EventConnection(descriptor, bytesMax: packetBytesMax, at: now)
        change?.instruments?.connections.increment()
        change?.instruments?.connectionsOpen.set(connections.count)
        tickNoLater(than: now.advanced(by: Self.tickInterval))
    }

    private var packetBytesMax: Int { change?.configuration.packetBytesMax ?? 0 }

    private func pauseAccepting(_ listener: ListeningSocket, _ now: Moment) {
        isFull = true
        others.remove(listener.descriptor.raw)
        tickNoLater(than: now.advanced(by: Self.tickInterval))
    }

    private func resumeAccepting() {
        guard isFull, let listener = change?.doors.tcp else { return }
        // Without memory for it, at the next tick.
        isFull = (try? others.add(listener.descriptor.raw, token: Token.listener, .read)) == nil
    }

    /// How long a connection must have been idle to be closed for somebody who waits.
    private static let evictableAfter = Duration.seconds(30)

    private func closeLongestIdle(_ now: Moment) -> Bool {
        let longest = connections.min { $0.value.lastActivity.monotonic < $1.value.lastActivity.monotonic }
        guard let (token, connection) = longest,
            now.elapsed(since: connection.lastActivity) >= Self.evictableAfter
        else { return false }
        closeIdle(token, connection, now)
        return true
    }

    /// One part at a time, so that none keeps the others waiting.
    private func read(_ connection: EventConnection, _ token: UInt64, _ now: Moment) {
        // See ``EventLines/take(_:_:)``.
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, packetBytesMax)])
        switch connection.read(into: room) {
        case .nothingYet: break
        case .bytes(let bytes):
            connection.lastActivity = now
            connection.lines.take(bytes) { take($0, of: connection, now) }
        case .end: close(token, connection, now)
        }
    }

    private func take(_ lines: UnsafeRawBufferPointer?, of connection: EventConnection, _ now: Moment) {
        let tally = room.take(lines: lines, at: now)
        let name = change?.doors.tcp?.name ?? ""
        note(tally, at: .tcp, name: name, now) { _ in PeerCredentials.describe(connection.descriptor.raw, isUnix: false)
        }
    }

    private func closeIdle(_ token: UInt64, _ connection: EventConnection, _ now: Moment) {
        change?.instruments?.connectionsClosed.increment()
        close(token, connection, now)
    }

    private func close(_ token: UInt64, _ connection: EventConnection, _ now: Moment) {
        connection.lines.finish { take($0, of: connection, now) }
        connections[token] = nil
        change?.instruments?.connectionsOpen.set(connections.count)
        resumeAccepting()
    }

    // MARK: Time

    private static let tickInterval = Duration.seconds(1)

    private func tickNoLater(than moment: Moment) {
        if let nextTick, nextTick.monotonic <= moment.monotonic { return }
        nextTick = moment
    }

    private func tick(_ now: Moment) {
        change?.instruments?.expired.increment(by: room.expire(at: now))
        sayDrops(now)
        let idleTimeout = change?.configuration.idleTimeout ?? .zero
        for (token, connection) in connections where now.elapsed(since: connection.lastActivity) >= idleTimeout {
            closeIdle(token, connection, now)
        }
        resumeAccepting()
        log.flush(at: now)
        let isAnythingDue = room.hasExpiry || !connections.isEmpty || isFull || log.nextFlush != nil
        nextTick = isAnythingDue ? now.advanced(by: Self.tickInterval) : nil
    }

    private func sayDrops(_ now: Moment) {
        guard let change, let instruments = change.instruments else { return }
        let drops = instruments.kernelDrops.total
        if drops > dropsSaid { log.dropped(drops - dropsSaid, door: change.doors.udp?.name ?? "", at: now) }
        dropsSaid = drops
    }

    // MARK: Changes

    private func takeChanges(_ now: Moment) throws {
        while let change = mailbox.takeNext() { try apply(change, now) }
    }

    private func apply(_ new: EventReceiver.Change, _ now: Moment) throws {
        defer { new.done.ring() }
        let old = change?.doors ?? .init()
        let end = now.advanced(by: Self.drainTime)
        if let socket = old.udp, socket !== new.doors.udp {
            try drain(socket, at: .udp, until: end)
            queue.remove(socket.descriptor.raw)
            udpState = .silent
        }
        if let socket = old.unix, socket !== new.doors.unix {
            try drain(socket, at: .unix, until: end)
            others.remove(socket.descriptor.raw)
        }
        if let listener = old.tcp, listener !== new.doors.tcp { giveUp(listener, now, until: end) }
        change = new
        if let socket = new.doors.udp, socket !== old.udp {
            try queue.add(socket.descriptor.raw, token: Token.udp, .read)
        }
        if let socket = new.doors.unix, socket !== old.unix {
            try others.add(socket.descriptor.raw, token: Token.unix, .read)
        }
        if let listener = new.doors.tcp, listener !== old.tcp {
            try others.add(listener.descriptor.raw, token: Token.listener, .read)
            isFull = false
        }
        new.instruments?.watch(new.doors)
        adopt(new.configuration)
        tickNoLater(than: now)
    }

    private func adopt(_ configuration: EventsConfiguration) {
        for connection in connections.values { connection.lines.bytesMax = configuration.packetBytesMax }
        let needsBatch = change?.doors.udp != nil || change?.doors.unix != nil
        if !needsBatch {
            batch = nil
        } else if batch?.bytesMax != configuration.packetBytesMax {
            batch = DatagramBatch(bytesMax: configuration.packetBytesMax)
        }
    }

    /// Reads what was sent to it, as long as there is time.
    private func drain(_ socket: DatagramSocket, at door: EventInstruments.Door, until end: Moment) throws {
        socket.removeFile()
        while time().monotonic < end.monotonic, try read(socket, at: door, time()) != .silent {}
    }

    /// Takes those who wait, and what was sent over all connections, as long as there is time; then they are closed.
    private func giveUp(_ listener: ListeningSocket, _ now: Moment, until end: Moment) {
        try? accept(now)
        others.remove(listener.descriptor.raw)
        isFull = false
        for (token, connection) in connections {
            while time().monotonic < end.monotonic, connections[token] != nil {
                let before = connection.received
                read(connection, token, now)
                if connection.received == before { break }
            }
            if connections[token] != nil { close(token, connection, now) }
        }
    }

    // MARK: The end

    /// How long all that was already sent may take to be read: the proxy has to end in time.
    private static let drainTime = Duration.seconds(1)

    private func finish(at now: Moment) throws {
        let end = now.advanced(by: Self.drainTime)
        if let unix = change?.doors.unix { try drain(unix, at: .unix, until: end) }
        if let listener = change?.doors.tcp { giveUp(listener, now, until: end) }
        // Last: who sends by UDP is not told, and goes on.
        if let udp = change?.doors.udp { try drain(udp, at: .udp, until: end) }
        sayDrops(now)
        log.finish(at: time())
    }
}
