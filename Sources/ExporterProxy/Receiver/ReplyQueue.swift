import Glibc
import NIOCore

/// The replies that a client has not read yet: one line of JSON for each message.
struct ReplyQueue {
    enum Reply {
        case stored([String])
        case refused(ReceiverError)

        var line: String {
            switch self {
            case .stored(let apps):
                return "{\"ok\":true,\"apps\":[\(apps.map(EscapedText.json).joined(separator: ","))]}\n"
            case .refused(let error):
                let offset = error.offset.map { ",\"offset\":\($0)" } ?? ""
                return "{\"ok\":false,\"reason\":\"\(error.reason)\""
                    + ",\"error\":\(EscapedText.json(error.description))\(offset)}\n"
            }
        }
    }

    /// A client that pushes on without reading is closed when so much waits for it.
    static let bytesMax = 64 * 1024

    private var waiting = ByteBuffer()

    var isEmpty: Bool { waiting.readableBytes == 0 }
    var isFull: Bool { waiting.readableBytes > Self.bytesMax }

    mutating func add(_ reply: Reply) { waiting.writeString(reply.line) }

    /// Sends what the socket takes; false where the peer is gone.
    mutating func send(to descriptor: Int32) -> Bool {
        while waiting.readableBytes > 0 {
            let sent = waiting.withUnsafeReadableBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if sent < 0 { return errno == EAGAIN || errno == EINTR }
            waiting.moveReaderIndex(forwardBy: sent)
        }
        waiting.clear()
        return true
    }
}
