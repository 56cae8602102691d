import NIOHTTP1

/// What the head of a request says of what follows it.
struct HTTPFraming: Equatable {
    /// Why nobody can be sure where the request ends: this is how requests are smuggled past another proxy
    /// (RFC 9112, 6.1 and 6.3).
    struct Problem: Error, Equatable {
        var sentence: String
    }

    /// Of the body; `nil` where it comes in chunks.
    let declaredBytes: Int?
    let keepsAlive: Bool
    /// The client waits to be told that the body may come.
    let expectsContinue: Bool

    init(of head: HTTPRequestHead) throws(Problem) {
        let isChunked = try Self.isChunked(head)
        declaredBytes = isChunked ? nil : try Self.declaredBytes(head)
        if head.version == .http1_1, head.headers["host"].count != 1 {
            throw Problem(sentence: "HTTP/1.1 needs one Host header")
        }
        // The decoder reads nothing behind a request that could change the protocol.
        keepsAlive = head.isKeepAlive && head.method != .CONNECT && !head.headers.contains(name: "upgrade")
        expectsContinue =
            declaredBytes != 0 && head.version != .http1_0
            && head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
    }

    private static func isChunked(_ head: HTTPRequestHead) throws(Problem) -> Bool {
        let codings = head.headers["transfer-encoding"]
        guard let coding = codings.first else { return false }
        if head.headers.contains(name: "content-length") {
            throw Problem(sentence: "Content-Length and Transfer-Encoding together")
        }
        guard codings.count == 1, coding.lowercased() == "chunked" else {
            throw Problem(sentence: "a Transfer-Encoding other than chunked")
        }
        if head.version == .http1_0 { throw Problem(sentence: "a Transfer-Encoding in HTTP/1.0") }
        return true
    }

    private static func declaredBytes(_ head: HTTPRequestHead) throws(Problem) -> Int {
        let lengths = head.headers["content-length"]
        if lengths.count > 1 { throw Problem(sentence: "more than one Content-Length") }
        guard let length = lengths.first else { return 0 }
        let isNumber = !length.isEmpty && length.utf8.allSatisfy { 0x30...0x39 ~= $0 }
        guard isNumber, let bytes = Int(length) else { throw Problem(sentence: "a Content-Length that is no length") }
        return bytes
    }

    /// Whether the next request can be found where the body is not wanted: it is small, and is sure to come.
    func keepsAliveWithoutBody(of bytesMax: Int) -> Bool {
        guard let declaredBytes else { return false }
        return keepsAlive && declaredBytes <= bytesMax && !expectsContinue
    }
}
