import NIOCore
import NIOHTTP1
import Synchronization

/// Writes response heads straight to bytes.
final class HTTPResponseHead: Sendable {
    /// The Date header changes once a second, so it is written once a second.
    private let date = Mutex<(second: Int64, text: String)>((-1, ""))
    private let time: TimeSource
    private let others: HTTPRouter.Headers

    init(time: @escaping TimeSource, others: @escaping HTTPRouter.Headers = { [] }) {
        self.time = time
        self.others = others
    }

    func write(_ response: HTTPResponse, connection: String?, allocator: ByteBufferAllocator) -> ByteBuffer {
        var head = allocator.buffer(capacity: 320)
        head.writeStaticString("HTTP/1.1 ")
        head.writeString("\(response.status.code) \(response.status.reasonPhrase)\r\nDate: ")
        head.writeString(currentDate())
        head.writeStaticString("\r\nX-Content-Type-Options: nosniff\r\n")
        // Of a 304 it would be the length of what the client has, and a 101 has none (RFC 9110, 8.6).
        if response.status != .notModified, response.upgrade == nil {
            head.writeString("Content-Length: \(response.bodyBytes)\r\n")
        }
        // The one that each answer has.
        let others = others().filter { other in
            let name = other.name.lowercased()
            return name != "x-content-type-options" && !response.headers.contains { $0.name.lowercased() == name }
        }
        for (name, value) in response.headers + others {
            head.writeString(name)
            head.writeStaticString(": ")
            head.writeString(value)
            head.writeStaticString("\r\n")
        }
        if let connection {
            head.writeStaticString("Connection: ")
            head.writeString(connection)
            head.writeStaticString("\r\n")
        }
        head.writeStaticString("\r\n")
        return head
    }

    private func currentDate() -> String {
        let now = time().wall
        let second = now.nanoseconds / 1_000_000_000
        return date.withLock { kept in
            if kept.second != second { kept = (second, now.httpDate) }
            return kept.text
        }
    }
}
