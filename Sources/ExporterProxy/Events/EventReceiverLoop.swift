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
    }

    private var queue: ReadinessQueue
    private let mailbox: Mailbox<EventReceiver.Change>
    private let room: EventRoom
    private let budget: DescriptorBudget
    private let time: TimeSource
    private var change: EventReceiver.Change?
    private var batch: DatagramBatch?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 64)
    /// By their tokens, which are not given twice.
    private var connections: [UInt64: EventConnection] = [:]
    private var nextToken: UInt64 = 0
    /// Who connects waits in the kernel's queue until the next tick.
    private var isFull = false
    private var log: RefusalLog
    private var dropsSaid = 0
    private var nextTick: Moment?

    /// The doors come by way of `mailbox`, the first as well.
    init(
        mailbox: Mailbox<EventReceiver.Change>, room: EventRoom, budget: DescriptorBudget, logger: Logger,
        time: @escaping TimeSource
    ) throws(SystemError) {
        queue = try ReadinessQueue()
        self.mailbox = mailbox
        self.room = room
        self.budget = budget
        self.time = time
        log = RefusalLog(logger: logger)
        try queue.add(mailbox.wakeUp.descriptor.raw, token: Token.wakeUp, .read)
    }

    deinit { buffer.deallocate() }

    /// Datagrams that come one by one are let gather for so long: waking up costs more than reading, and the kernel has
    /// room for those of far longer (4 MiB is 10 ms of 500 000 a second; measured 2026-11-20).
    private static let napMicroseconds: UInt32 = 200

    /// Reads until ``WakeUp/requestStop()``, then what was already sent, and returns. Throws where a socket is broken
    /// for good.
    func run() throws {
        while !mailbox.wakeUp.stopIsRequested {
            let count = try queue.wait(milliseconds: timeout())
            let now = time()
            var gathers = false
            for index in 0..<count { try handle(queue.token(index), now, &gathers) }
            if let nextTick, nextTick.monotonic <= now.monotonic { try tick(now) }
            if gathers { usleep(Self.napMicroseconds) }
        }
        try finish(at: time())
    }

    private func handle(_ token: UInt64, _ now: Moment, _ gathers: inout Bool) throws {
        switch token {
        case Token.wakeUp:
            mailbox.wakeUp.clear()
            while let change = mailbox.takeNext() { try apply(change, now) }
        case Token.udp:
            if let socket = change?.doors.udp { gathers = try read(socket, at: .udp, now) }
        case Token.unix:
            if let socket = change?.doors.unix { _ = try read(socket, at: .unix, now) }
        case Token.listener: try accept(now)
        default: if let connection = connections[token] { read(connection, token, now) }
        }
    }

    private func timeout() -> Int32 {
        guard let nextTick else { return -1 }
        return Int32(clamping: nextTick.elapsed(since: time()).milliseconds + 1)
    }

    // MARK: Datagrams

    /// Of one socket, before others get their turn.
    private static let batchesPerTurn = 16

    /// Answers whether everything that was there has been read.
    private func read(_ socket: DatagramSocket, at door: EventInstruments.Door, _ now: Moment) throws -> Bool {
        guard let batch else { return true }
        for _ in 0..<Self.batchesPerTurn {
            let count = try batch.receive(from: socket)
            if count > 0 {
                let tally = room.take(count, at: now, datagram: batch.datagram)
                note(tally, datagrams: count, at: door, name: socket.name, now, sender: batch.sender)
            }
            if count < DatagramBatch.countMax { return true }
        }
        return false
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

    private func accept(_ now: Moment) throws {
        guard let listener = change?.doors.tcp else { return }
        while true {
            guard connections.count < connectionsMax || closeLongestIdle(now), budget.take() else {
                return pauseAccepting(listener, now)
            }
            switch try listener.accept() {
            case .connection(let descriptor): try open(descriptor, now)
            case .gone: budget.giveBack()
            case .nobody: return budget.giveBack()
            case .exhausted(let code):
                budget.giveBack()
                log.cannotAccept(code, door: listener.name, at: now)
                return pauseAccepting(listener, now)
            }
        }
    }

    private var connectionsMax: Int { change?.configuration.connectionsMax ?? 0 }

    private func open(_ descriptor: OwnedDescriptor, _ now: Moment) throws(SystemError) {
        let token = nextToken
        nextToken += 1
        let connection = EventConnection(descriptor, bytesMax: packetBytesMax, at: now)
        try queue.add(descriptor.raw, token: token, .read)
        connections[token] = connection
        change?.instruments?.connections.increment()
        change?.instruments?.connectionsOpen.set(connections.count)
        tickNoLater(than: now.advanced(by: Self.tickInterval))
    }

    private var packetBytesMax: Int { change?.configuration.packetBytesMax ?? 0 }

    private func pauseAccepting(_ listener: ListeningSocket, _ now: Moment) {
        isFull = true
        queue.remove(listener.descriptor.raw)
        tickNoLater(than: now.advanced(by: Self.tickInterval))
    }

    private func resumeAccepting() throws(SystemError) {
        guard isFull, let listener = change?.doors.tcp else { return }
        isFull = false
        try queue.add(listener.descriptor.raw, token: Token.listener, .read)
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
        // So no line that lies in a part as a whole is longer than it may be.
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
        let tally = room.take(1, at: now) { _ in lines }
        let name = change?.doors.tcp?.name ?? ""
        note(tally, at: .tcp, name: name, now) { _ in Peer.describe(connection.descriptor.raw, isUnix: false) }
    }

    private func closeIdle(_ token: UInt64, _ connection: EventConnection, _ now: Moment) {
        change?.instruments?.connectionsClosed.increment()
        close(token, connection, now)
    }

    private func close(_ token: UInt64, _ connection: EventConnection, _ now: Moment) {
        connection.lines.finish { take($0, of: connection, now) }
        connections[token] = nil
        budget.giveBack()
        change?.instruments?.connectionsOpen.set(connections.count)
    }

    // MARK: Time

    private static let tickInterval = Duration.seconds(1)

    private func tickNoLater(than moment: Moment) {
        if let nextTick, nextTick.monotonic <= moment.monotonic { return }
        nextTick = moment
    }

    private func tick(_ now: Moment) throws(SystemError) {
        change?.instruments?.expired.increment(by: room.expire(at: now))
        sayDrops(now)
        let idleTimeout = change?.configuration.idleTimeout ?? .zero
        for (token, connection) in connections where now.elapsed(since: connection.lastActivity) >= idleTimeout {
            closeIdle(token, connection, now)
        }
        try resumeAccepting()
        log.flush(at: now)
        let isAnythingDue = room.hasExpiry || !connections.isEmpty || log.nextFlush != nil
        nextTick = isAnythingDue ? now.advanced(by: Self.tickInterval) : nil
    }

    private func sayDrops(_ now: Moment) {
        guard let change, let instruments = change.instruments else { return }
        let drops = instruments.kernelDrops.total
        if drops > dropsSaid { log.dropped(drops - dropsSaid, door: change.doors.udp?.name ?? "", at: now) }
        dropsSaid = drops
    }

    // MARK: Changes

    private func apply(_ new: EventReceiver.Change, _ now: Moment) throws {
        defer { new.done.ring() }
        let old = change?.doors ?? .init()
        for (socket, door) in [(old.udp, EventInstruments.Door.udp), (old.unix, .unix)] {
            guard let socket, socket !== new.doors.udp, socket !== new.doors.unix else { continue }
            try giveUp(socket, at: door)
        }
        if let listener = old.tcp, listener !== new.doors.tcp { giveUp(listener, now) }
        change = new
        for (socket, token) in [(new.doors.udp, Token.udp), (new.doors.unix, Token.unix)] {
            guard let socket, socket !== old.udp, socket !== old.unix else { continue }
            try queue.add(socket.descriptor.raw, token: token, .read)
        }
        if let listener = new.doors.tcp, listener !== old.tcp {
            try queue.add(listener.descriptor.raw, token: Token.listener, .read)
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

    /// Reads what was sent to it; then it is not read any more.
    private func giveUp(_ socket: DatagramSocket, at door: EventInstruments.Door) throws {
        socket.removeFile()
        let end = time().advanced(by: Self.drainTime)
        while time().monotonic < end.monotonic, try !read(socket, at: door, time()) {}
        queue.remove(socket.descriptor.raw)
    }

    private func giveUp(_ listener: ListeningSocket, _ now: Moment) {
        try? accept(now)
        queue.remove(listener.descriptor.raw)
        let end = time().advanced(by: Self.drainTime)
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

    /// How long what was already sent may take to be read.
    private static let drainTime = Duration.seconds(1)

    private func finish(at now: Moment) throws {
        if let udp = change?.doors.udp { try giveUp(udp, at: .udp) }
        if let unix = change?.doors.unix { try giveUp(unix, at: .unix) }
        if let listener = change?.doors.tcp { giveUp(listener, now) }
        sayDrops(now)
        log.finish(at: time())
    }
}
