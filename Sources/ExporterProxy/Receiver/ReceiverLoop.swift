import CLinux
import Glibc
import Logging
import NIOCore

/// The thread that accepts and reads all receiver connections.
///
/// Everything here is confined to the thread that calls ``run()``; the rest of the program only sees the
/// ``Mailbox`` and the store. It sleeps without a timer while no connection is open.
final class ReceiverLoop {
    private enum Token {
        static let wakeUp = UInt64.max
        /// Doors count down from here, connections up from 0.
        static func of(_ door: ReceiverDoor) -> UInt64 { .max - 1 - UInt64(door.number) }
        static func doorNumber(_ token: UInt64) -> UInt32? { UInt32(exactly: UInt64.max - 1 &- token) }
    }

    private var queue: ReadinessQueue
    private let mailbox: Mailbox<SocketReceiver.Change>
    private let store: SnapshotStore
    /// Those that listen.
    private var doors: [ReceiverDoor] = []
    private var doorsSoFar: UInt32 = 0
    private let budget: DescriptorBudget
    private var configuration: SocketReceiver.Configuration
    private let time: TimeSource
    private var connections: [ReceiverConnection?] = []
    private var freeSlots: [Int] = []
    private var log: RefusalLog
    /// When the next connection can become overdue, if any can.
    private var nextSweep: Moment?
    private var drainsUntil: Moment?

    /// The doors come by way of `mailbox`, the first as well.
    init(
        _ configuration: SocketReceiver.Configuration, mailbox: Mailbox<SocketReceiver.Change>, store: SnapshotStore,
        budget: DescriptorBudget,
        logger: Logger, time: @escaping TimeSource
    ) throws(SystemError) {
        queue = try ReadinessQueue()
        self.configuration = configuration
        self.mailbox = mailbox
        self.store = store
        self.budget = budget
        self.time = time
        log = RefusalLog(logger: logger)
        try queue.add(mailbox.wakeUp.descriptor.raw, token: Token.wakeUp, .read)
    }

    /// Serves until ``WakeUp/requestStop()``, then reads what was already sent, and returns.
    ///
    /// Throws where a listener is broken for good: a proxy that looks alive and accepts nobody is worse than none.
    func run() throws {
        while !isDone {
            let count = try queue.wait(milliseconds: timeout())
            let now = time()
            for index in 0..<count { try handle(queue.token(index), now) }
            if let due = nextSweep, due.monotonic <= now.monotonic { sweep(now) }
        }
        let end = time()
        for door in doors { acceptAllWhoWait(door, end) }
        closeAll()
        log.finish(at: time())
    }

    private func handle(_ token: UInt64, _ now: Moment) throws {
        if token == Token.wakeUp {
            mailbox.wakeUp.clear()
            while let change = mailbox.takeNext() { try apply(change, now) }
            beginDrain(now)
        } else if let number = Token.doorNumber(token) {
            if let door = doors.first(where: { $0.number == number }) { try accept(door, now) }
        } else if let slot = Int(exactly: token), slot < connections.count, let connection = connections[slot] {
            serve(connection, slot, now)
        }
    }

    private func timeout() -> Int32 {
        guard let nextSweep else { return -1 }
        let milliseconds = nextSweep.elapsed(since: time()).milliseconds
        return Int32(clamping: milliseconds + 1)
    }

    private func sweepNoLater(than moment: Moment) {
        if let nextSweep, nextSweep.monotonic <= moment.monotonic { return }
        nextSweep = moment
    }

    // MARK: Changes

    private func apply(_ change: SocketReceiver.Change, _ now: Moment) throws(SystemError) {
        defer { change.done.ring() }
        guard drainsUntil == nil else { return }
        let old = configuration
        configuration = change.configuration
        for door in doors where !change.listeners.contains(where: { $0.socket === door.listener }) { giveUp(door, now) }
        for listener in change.listeners where !doors.contains(where: { $0.listener === listener.socket }) {
            try open(listener, change)
        }
        for door in doors {
            door.connectionsMax = change.connectionsMax
            door.desk.replies = configuration.replies
            door.desk.reserved = change.reserved
            if door.state == .full { resume(door) }
        }
        if old.format != configuration.format || old.messageBytesMax != configuration.messageBytesMax {
            for connection in connections { connection?.renew(makeFramer()) }
        }
        // Some may be overdue by now.
        sweepNoLater(than: now)
    }

    private func open(_ listener: SocketReceiver.Listener, _ change: SocketReceiver.Change) throws(SystemError) {
        let desk = ReceiverDesk(
            origin: .init(listener.door, listener.socket.name), replies: change.configuration.replies,
            instruments: listener.instruments, store: store, reserved: change.reserved)
        let door = ReceiverDoor(
            number: doorsSoFar, listener: listener.socket, desk: desk, connectionsMax: change.connectionsMax)
        try queue.add(door.descriptor, token: Token.of(door), .read)
        doorsSoFar += 1
        doors.append(door)
    }

    /// Takes what clients have already sent to a door, and then nothing more.
    private func giveUp(_ door: ReceiverDoor, _ now: Moment) {
        door.listener?.removeFile()
        acceptAllWhoWait(door, now)
        queue.remove(door.descriptor)
        door.giveUp()
        doors.removeAll { $0 === door }
        for slot in connections.indices {
            if let connection = connections[slot], connection.door === door { serve(connection, slot, now) }
        }
    }

    private func makeFramer() -> MessageFramer {
        MessageFramer(accepting: configuration.format, bytesMax: configuration.messageBytesMax)
    }

    // MARK: Accepting

    /// What one door may accept before the others get their turn.
    private static let acceptsPerTurn = 64

    private func accept(_ door: ReceiverDoor, _ now: Moment) throws {
        for _ in 0..<Self.acceptsPerTurn {
            guard door.connections < door.connectionsMax, budget.take() else { return doorIsFull(door, now) }
            guard let listener = door.listener else { return budget.giveBack() }
            switch try listener.accept() {
            case .connection(let descriptor):
                open(descriptor, door, now)
                continue
            case .gone:
                budget.giveBack()
                continue
            case .nobody: budget.giveBack()
            case .exhausted(let code):
                budget.giveBack()
                door.desk.instruments.acceptFailures.increment()
                log.acceptFailed(code, door: door.name, at: now)
                pause(door, now)
            }
            return
        }
    }

    private func open(_ descriptor: OwnedDescriptor, _ door: ReceiverDoor, _ now: Moment) {
        door.acceptedOne()
        door.desk.instruments.connections.increment()
        let connection = ReceiverConnection(descriptor, door: door, framer: makeFramer(), now: now)
        let slot = freeSlots.popLast() ?? connections.count
        if slot == connections.count { connections.append(connection) } else { connections[slot] = connection }
        // What was sent with the connection is mostly here already: often the whole of it, and its end.
        serve(connection, slot, now)
    }

    private func pause(_ door: ReceiverDoor, _ now: Moment) {
        let until = now.advanced(by: door.nextPause())
        door.state = .pausedUntil(until)
        try? queue.change(door.descriptor, token: Token.of(door), to: [])
        sweepNoLater(than: until)
    }

    /// A full door hears of each newcomer once, so that it can make room; it is not told again and again.
    private func doorIsFull(_ door: ReceiverDoor, _ now: Moment) {
        if door.state == .full {
            door.somebodyWaits = true
            makeRoom(at: door, now)
        } else {
            door.state = .full
            try? queue.change(door.descriptor, token: Token.of(door), to: [.read, .edge])
        }
    }

    private func resume(_ door: ReceiverDoor) {
        guard door.state != .accepting, drainsUntil == nil else { return }
        door.state = .accepting
        door.somebodyWaits = false
        try? queue.change(door.descriptor, token: Token.of(door), to: .read)
    }

    /// How long a connection must have been idle to be closed for somebody who waits.
    static let evictableAfter = Duration.seconds(30)
    private static let evictionsPerTurn = 16

    /// Closes those who have been idle longest, or notes when the first of them will have been idle long enough.
    private func makeRoom(at door: ReceiverDoor, _ now: Moment) {
        let idle = connections.indices.compactMap { slot -> (slot: Int, since: Moment)? in
            guard let connection = connections[slot], connection.isIdle else { return nil }
            // Where descriptors are what is missing, those of the other door count as well.
            guard connection.door === door || door.connections < door.connectionsMax else { return nil }
            return (slot, connection.lastActivity)
        }.sorted { $0.since.monotonic < $1.since.monotonic }
        let evictable = idle.prefix { now.elapsed(since: $0.since) >= Self.evictableAfter }
        for (slot, _) in evictable.prefix(Self.evictionsPerTurn) {
            door.desk.instruments.connectionsEvicted.increment()
            if let connection = connections[slot] { close(connection, slot) }
        }
        if evictable.isEmpty, let first = idle.first {
            sweepNoLater(than: first.since.advanced(by: Self.evictableAfter))
        }
    }

    // MARK: Connections

    private func serve(_ connection: ReceiverConnection, _ slot: Int, _ now: Moment) {
        let desk = connection.door.desk
        // Who does not read its replies is not read either, until it does or its time is up.
        if connection.replies.isFull { return flush(connection, slot, now) }
        switch connection.readAvailable(desk, now: now) {
        case .open:
            flush(connection, slot, now)
            if connection.door.isGivenUp, connection.isIdle, !connection.hasUnread { close(connection, slot) }
        case .closed: finish(connection, slot, now)
        case .refused(let error, let app): refuse(connection, slot, error, app: app, now)
        }
    }

    /// Sends replies and makes sure that the loop hears of the connection again.
    private func flush(_ connection: ReceiverConnection, _ slot: Int, _ now: Moment) {
        if !connection.replies.isEmpty {
            guard connection.replies.send(to: connection.descriptor.raw) else { return close(connection, slot) }
        }
        watch(connection, slot)
        sweepNoLater(than: deadline(of: connection))
    }

    private func watch(_ connection: ReceiverConnection, _ slot: Int) {
        let replies = connection.replies
        let interest: ReadinessQueue.Interest = replies.isEmpty ? .read : replies.isFull ? .write : [.read, .write]
        do {
            if let watched = connection.watchedFor {
                if watched != interest {
                    try queue.change(connection.descriptor.raw, token: UInt64(slot), to: interest)
                }
            } else {
                try queue.add(connection.descriptor.raw, token: UInt64(slot), interest)
            }
            connection.watchedFor = interest
        } catch {
            refuse(connection, slot, .connection(error.description), app: nil, time())
        }
    }

    /// The peer has ended well: its last replies go out if the socket takes them.
    private func finish(_ connection: ReceiverConnection, _ slot: Int, _ now: Moment) {
        _ = connection.replies.send(to: connection.descriptor.raw)
        close(connection, slot)
    }

    private static let lingerTime = Duration.seconds(2)

    private func refuse(
        _ connection: ReceiverConnection, _ slot: Int, _ error: ReceiverError, app: String?, _ now: Moment
    ) {
        connection.door.desk.instruments.refused(error)?.increment()
        log.refused(error, app: app, descriptor: connection.descriptor.raw, connection.door, at: now)
        if let due = log.nextFlush { sweepNoLater(than: due) }
        guard configuration.replies, error != .repliesNotRead else { return close(connection, slot) }
        connection.replies.add(.refused(error))
        guard connection.replies.send(to: connection.descriptor.raw), connection.replies.isEmpty else {
            return close(connection, slot)
        }
        connection.linger(until: now.advanced(by: Self.lingerTime))
        watch(connection, slot)
        sweepNoLater(than: deadline(of: connection))
    }

    private func close(_ connection: ReceiverConnection, _ slot: Int) {
        guard connections[slot] === connection else { return }
        connections[slot] = nil
        freeSlots.append(slot)
        budget.giveBack()
        connection.door.connections -= 1
        // The descriptor closes with the connection object, which also takes it out of the queue.
        for door in doors where door.state == .full { resume(door) }
    }

    // MARK: Deadlines

    private func deadline(of connection: ReceiverConnection) -> Moment {
        if let until = connection.lingersUntil { return until }
        if connection.replies.isFull { return connection.lastActivity.advanced(by: configuration.messageTimeout) }
        if let began = connection.messageBegan { return began.advanced(by: configuration.messageTimeout) }
        return connection.lastActivity.advanced(by: configuration.idleTimeout)
    }

    private func sweep(_ now: Moment) {
        nextSweep = nil
        for door in doors {
            if case .pausedUntil(let until) = door.state {
                if until.monotonic <= now.monotonic { resume(door) } else { sweepNoLater(than: until) }
            }
            if door.somebodyWaits { makeRoom(at: door, now) }
        }
        for slot in connections.indices {
            guard let connection = connections[slot] else { continue }
            let due = deadline(of: connection)
            if due.monotonic <= now.monotonic { overdue(connection, slot, now) } else { sweepNoLater(than: due) }
        }
        if let drainsUntil { sweepNoLater(than: drainsUntil) }
        log.flush(at: now)
        if let due = log.nextFlush { sweepNoLater(than: due) }
    }

    private func overdue(_ connection: ReceiverConnection, _ slot: Int, _ now: Moment) {
        if connection.lingersUntil != nil { return close(connection, slot) }
        if connection.replies.isFull { return refuse(connection, slot, .repliesNotRead, app: nil, now) }
        if connection.messageBegan != nil {
            return refuse(connection, slot, .messageTimeout(configuration.messageTimeout), app: nil, now)
        }
        connection.door.desk.instruments.connectionsIdle.increment()
        close(connection, slot)
    }

    // MARK: The end

    /// How long messages that have begun may take to become whole.
    private static let drainTime = Duration.milliseconds(1500)

    /// Takes what clients have already sent: whoever could connect and write must not lose it.
    private func beginDrain(_ now: Moment) {
        guard mailbox.wakeUp.stopIsRequested, drainsUntil == nil else { return }
        for door in doors {
            // Who comes from now on finds no socket rather than one that nobody reads.
            door.listener?.removeFile()
            acceptAllWhoWait(door, now)
            queue.remove(door.descriptor)
        }
        queue.remove(mailbox.wakeUp.descriptor.raw)
        drainsUntil = now.advanced(by: Self.drainTime)
        for slot in connections.indices {
            if let connection = connections[slot] { serve(connection, slot, now) }
        }
        sweepNoLater(than: now.advanced(by: Self.drainTime))
    }

    private func acceptAllWhoWait(_ door: ReceiverDoor, _ now: Moment) {
        var before = -1
        while door.desk.instruments.connections.value != before {
            before = Int(door.desk.instruments.connections.value)
            try? accept(door, now)
        }
    }

    /// Draining ends when nobody is within a message, or when its time is up.
    private var isDone: Bool {
        guard let drainsUntil else { return false }
        if drainsUntil.monotonic <= time().monotonic { return true }
        return !connections.contains { $0?.messageBegan != nil }
    }

    private func closeAll() {
        for slot in connections.indices {
            if let connection = connections[slot] { close(connection, slot) }
        }
    }
}
