import NIOCore
import NIOHTTP1

/// What a route answers with; the connection adds the rest of the head.
package struct HTTPResponse: Sendable {
    package var status: HTTPResponseStatus
    package var headers: [(name: String, value: String)]
    /// Sent one after the other, never joined.
    package var body: [ByteBuffer]
    package var bodyBytes: Int
    /// Of an answer with 101.
    package var upgrade: HTTPUpgrade?

    package init(
        _ status: HTTPResponseStatus, headers: [(name: String, value: String)] = [], body: [ByteBuffer] = [],
        bodyBytes: Int? = nil
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.bodyBytes = bodyBytes ?? body.reduce(0) { $0 + $1.readableBytes }
    }

    package static let plainText = "text/plain; charset=utf-8"
    package static let json = "application/json; charset=utf-8"
    package static let html = "text/html; charset=utf-8"

    package static func text(
        _ status: HTTPResponseStatus, _ text: String, type: String = plainText,
        headers: [(name: String, value: String)] = []
    ) -> HTTPResponse {
        HTTPResponse(status, headers: [("Content-Type", type)] + headers, body: [ByteBuffer(string: text)])
    }

    /// One line that says what is wrong, and what to do.
    package static func refusal(
        _ status: HTTPResponseStatus, _ sentence: String, headers: [(name: String, value: String)] = []
    ) -> HTTPResponse {
        .text(status, sentence + "\n", headers: headers)
    }
}
