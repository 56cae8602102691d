import Glibc
import NIOCore

/// One client of a receiver: reads what comes, cuts it into messages, stores them.
///
/// Stages of a read: socket → the loop's scratch buffer (or ``pending`` for a large message) → ``MessageFramer`` →
/// a codec → ``SnapshotStore``. Confined to the thread of its ``ReceiverLoop``.
final class ReceiverConnection {
    enum Outcome {
        /// Wait for more.
        case open
        case closed
        case refused(ReceiverError, app: String?)
    }

    let descriptor: OwnedDescriptor
    let door: ReceiverDoor
    /// Bytes of a message that is not whole yet; empty between messages.
    private var pending = ByteBuffer()
    private var framer: MessageFramer
    /// Takes over at the next message.
    private var nextFramer: MessageFramer?
    private(set) var lastActivity: Moment
    /// When the first byte of the unfinished message came.
    private(set) var messageBegan: Moment?
    private var peerHasEnded = false
    var replies = ReplyQueue()
    /// Set when the connection is only kept to deliver its last reply.
    private(set) var lingersUntil: Moment?
    /// What the loop's queue tells of this connection; `nil` while the queue does not know it.
    var watchedFor: ReadinessQueue.Interest?

    init(_ descriptor: OwnedDescriptor, door: ReceiverDoor, framer: MessageFramer, now: Moment) {
        self.descriptor = descriptor
        self.door = door
        self.framer = framer
        lastActivity = now
    }

    var isIdle: Bool { messageBegan == nil && replies.isEmpty && lingersUntil == nil }

    /// Cuts messages with `framer` from the next one on.
    func renew(_ framer: MessageFramer) {
        if messageBegan == nil { self.framer = framer } else { nextFramer = framer }
    }

    /// Whether the socket holds something that has not been read.
    var hasUnread: Bool {
        var byte: UInt8 = 0
        return recv(descriptor.raw, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0
    }

    /// From now on nothing is taken any more; the peer has until `deadline` to read its last reply.
    func linger(until deadline: Moment) {
        lingersUntil = deadline
        pending = ByteBuffer()
        messageBegan = nil
        shutdown(descriptor.raw, Int32(SHUT_WR))
    }

    /// Up to here, what is pending between turns is kept in a buffer of its own size, and read on in the scratch
    /// buffer; beyond, a connection keeps the buffer it reads into, so that a large message is not copied for each
    /// read.
    private static let copiedBytesMax = 32 * 1024
    /// What one connection may read before the others get their turn.
    private static let bytesPerTurn = 1024 * 1024

    /// Reads all there is, within a turn.
    func readAvailable(_ desk: ReceiverDesk, now: Moment) -> Outcome {
        if lingersUntil != nil { return discard(desk) }
        var buffer = takeBuffer(desk)
        let outcome = readTurn(&buffer, desk, now)
        putBack(&buffer, desk)
        return outcome
    }

    private func takeBuffer(_ desk: ReceiverDesk) -> ByteBuffer {
        var buffer = ByteBuffer()
        if pending.readableBytes > Self.copiedBytesMax {
            swap(&buffer, &pending)
        } else {
            swap(&buffer, &desk.scratch)
            buffer.clear()
            buffer.writeImmutableBuffer(pending)
            pending = ByteBuffer()
        }
        return buffer
    }

    private func putBack(_ buffer: inout ByteBuffer, _ desk: ReceiverDesk) {
        if buffer.readableBytes > Self.copiedBytesMax {
            swap(&buffer, &pending)
        } else {
            if buffer.readableBytes > 0 { pending = ByteBuffer(bytes: buffer.readableBytesView) }
            if buffer.capacity <= ReceiverDesk.scratchBytesMax { swap(&buffer, &desk.scratch) }
        }
    }

    private func readTurn(_ buffer: inout ByteBuffer, _ desk: ReceiverDesk, _ now: Moment) -> Outcome {
        var left = Self.bytesPerTurn
        while left > 0 {
            if buffer.readableBytes == 0 { buffer.clear() } else { buffer.discardReadBytes() }
            let (got, asked) = read(into: &buffer)
            if got < 0 { return readFailed(errno) }
            if got == 0 { peerHasEnded = true } else { lastActivity = now }
            desk.instruments.bytes.increment(by: got)
            left -= got
            if let outcome = takeMessages(from: &buffer, desk, now) { return outcome }
            if peerHasEnded { return .closed }
            if replies.isFull { return .open }
            // A socket that gave less than asked for is empty, but for its end, which often follows the first message.
            if got < asked, watchedFor != nil { return .open }
        }
        return .open
    }

    private func read(into buffer: inout ByteBuffer) -> (got: Int, asked: Int) {
        var asked = 0
        var got = -1
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: ReceiverDesk.readBytes) { free in
            asked = free.count
            got = Glibc.read(descriptor.raw, free.baseAddress, free.count)
            return max(0, got)
        }
        return (got, asked)
    }

    private func readFailed(_ code: Int32) -> Outcome {
        if code == EAGAIN || code == EINTR { return .open }
        return messageBegan == nil ? .closed : .refused(.connection(SystemError.sentence(code)), app: nil)
    }

    private func takeMessages(from buffer: inout ByteBuffer, _ desk: ReceiverDesk, _ now: Moment) -> Outcome? {
        var consumed = 0
        let outcome = buffer.withUnsafeReadableBytes { bytes -> Outcome? in
            while true {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[consumed...])
                switch take(framer.next(rest, ended: peerHasEnded), rest, desk, now) {
                case .took(let count): consumed += count
                case .wait(let isMidMessage):
                    messageBegan = isMidMessage ? messageBegan ?? now : nil
                    return nil
                case .end: return .closed
                case .refuse(let error, let app): return .refused(error, app: app)
                }
            }
        }
        buffer.moveReaderIndex(forwardBy: consumed)
        return outcome
    }

    private enum Taken {
        case took(Int)
        case wait(isMidMessage: Bool)
        case end
        case refuse(ReceiverError, app: String?)
    }

    /// Does one step of the framer.
    private func take(
        _ step: MessageFramer.Step, _ bytes: UnsafeRawBufferPointer, _ desk: ReceiverDesk, _ now: Moment
    ) -> Taken {
        switch step {
        case .needMore(let isMidMessage): return .wait(isMidMessage: isMidMessage)
        case .drop(let count): return .took(count)
        case .end: return .end
        case .refuse(let error): return .refuse(error, app: nil)
        case .json(let count): return takeJSON(count, bytes, desk, now)
        case .capnp(let count):
            return store(CapnpCodec.decode(UnsafeRawBufferPointer(rebasing: bytes[..<count])), count, desk, now)
        case .packedCapnp(let count):
            return store(framer.packedMessage.withUnsafeReadableBytes(CapnpCodec.decode), count, desk, now)
        }
    }

    private func takeJSON(
        _ count: Int?, _ bytes: UnsafeRawBufferPointer, _ desk: ReceiverDesk, _ now: Moment
    ) -> Taken {
        let document = count.map { UnsafeRawBufferPointer(rebasing: bytes[..<$0]) } ?? bytes
        var submissions: [Submission] = []
        defer { desk.releaseLargeText() }
        switch JSONCodec.decode(document, scratch: &desk.text, submissions: &submissions) {
        case .refused(let error, let app): return .refuse(error, app: app)
        case .incomplete where count == nil:
            framer.jsonWasIncomplete()
            return .took(0)
        case .incomplete:
            // The framer saw the brackets close, the codec did not: they close something else.
            return .refuse(.json(offset: document.count, "brackets do not match"), app: nil)
        case .whole(let taken):
            guard taken <= framer.bytesMax else {
                return .refuse(.tooLarge(bytes: taken, limit: framer.bytesMax), app: nil)
            }
            return store(submissions, taken, desk, now)
        }
    }

    private func store(_ outcome: CapnpCodec.Outcome, _ count: Int, _ desk: ReceiverDesk, _ now: Moment) -> Taken {
        switch outcome {
        case .refused(let error, let app): .refuse(error, app: app)
        case .whole(let submission): store([submission], count, desk, now)
        }
    }

    private func store(_ submissions: [Submission], _ count: Int, _ desk: ReceiverDesk, _ now: Moment) -> Taken {
        if let refusal = desk.store(submissions, at: now) { return .refuse(refusal.error, app: refusal.app) }
        if desk.replies { replies.add(.stored(submissions.map(\.app))) }
        framer.messageWasTaken()
        if let next = nextFramer.take() { framer = next }
        messageBegan = nil
        return .took(count)
    }

    /// Reads what still comes after the last reply, so that closing does not reset the connection under it.
    private func discard(_ desk: ReceiverDesk) -> Outcome {
        desk.scratch.clear()
        let (got, _) = read(into: &desk.scratch)
        desk.scratch.clear()
        let isOver = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)
        return isOver ? .closed : .open
    }
}
