import NIOCore
import NIOHTTP1

/// A request as routes see it.
package struct HTTPRequest: Sendable {
    package var method: HTTPMethod
    /// The path as it was sent, still percent-encoded, without the query.
    package var path: String
    package var query: [(name: String, value: String)]
    package var headers: HTTPHeaders
    /// Empty where the route takes no body, and while the gate is asked.
    package var body: ByteBuffer
    /// The address of the client, without its port; empty where there is none.
    package var peer: String
    package var version = HTTPVersion.http1_1

    package init(
        method: HTTPMethod, uri: String, headers: HTTPHeaders, body: ByteBuffer = ByteBuffer(), peer: String = ""
    ) {
        self.method = method
        self.headers = headers
        self.body = body
        self.peer = peer
        let uri = Self.originForm(uri)
        let mark = uri.utf8.firstIndex(of: UInt8(ascii: "?"))
        path = String(uri[..<(mark ?? uri.endIndex)])
        query = mark.map { Self.query(uri[uri.index(after: $0)...]) } ?? []
    }

    /// A client may send the whole URL, as to a proxy (RFC 9112, 3.2.2).
    private static func originForm(_ uri: String) -> Substring {
        guard uri.utf8.first != UInt8(ascii: "/"), let scheme = uri.firstRange(of: "://") else { return uri[...] }
        let rest = uri[scheme.upperBound...]
        return rest.firstIndex { $0 == "/" || $0 == "?" }.map { rest[$0...] } ?? "/"
    }

    private static func query(_ text: Substring) -> [(name: String, value: String)] {
        text.split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = sides.map { PercentEncoding.decode($0, plusIsSpace: true) ?? String($0) }
            return (decoded[0], decoded.count > 1 ? decoded[1] : "")
        }
    }

    package func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }
}
