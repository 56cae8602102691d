import Glibc

/// A TCP connection that brings packets in lines. Confined to the thread of its ``EventReceiverLoop``.
final class EventConnection {
    let descriptor: OwnedDescriptor
    var lines: EventLines
    var lastActivity: Moment
    /// Bytes so far.
    private(set) var received = 0

    init(_ descriptor: OwnedDescriptor, bytesMax: Int, at now: Moment) {
        self.descriptor = descriptor
        lines = EventLines(bytesMax: bytesMax)
        lastActivity = now
    }

    enum Part {
        case bytes(UnsafeRawBufferPointer)
        case nothingYet
        case end
    }

    /// What has come, in `buffer`.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Part {
        let got = Glibc.read(descriptor.raw, buffer.baseAddress, buffer.count)
        if got > 0 {
            received &+= got
            return .bytes(UnsafeRawBufferPointer(rebasing: buffer[..<min(got, buffer.count)]))
        }
        return got < 0 && (errno == EAGAIN || errno == EINTR) ? .nothingYet : .end
    }
}
