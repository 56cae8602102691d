/// A request that is sent as it is said, on a connection of its own.
public struct HTTPRequest: Sendable, CustomStringConvertible {
    public var method: String
    public var path: String
    public var headers: [String]
    public var body: [UInt8]
    /// What `Content-Length` says; nil where it is left out.
    public var length: Int?

    /// `line` is method and path: `"PUT /metrics/job/a"`.
    public init(_ line: String, _ body: [UInt8] = [], headers: [String] = []) {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        method = words[0]
        path = words[1]
        self.headers = headers
        self.body = body
        length = method == "GET" || method == "HEAD" ? nil : body.count
    }

    public init(_ line: String, _ text: String, headers: [String] = []) {
        self.init(line, Array(text.utf8), headers: headers)
    }

    /// Without what a failing test does not need.
    public var description: String {
        let text = String(decoding: body.prefix(300), as: UTF8.self)
        return "\(method) \(path.prefix(300)) \(headers.map { $0.prefix(100) }) \(text.debugDescription)"
    }

    private var head: String {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1", "Connection: close"] + headers
        if let length { lines.append("Content-Length: \(length)") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n"
    }

    private var waitsForLeave: Bool {
        headers.contains { $0.lowercased().hasPrefix("expect:") && $0.lowercased().hasSuffix("100-continue") }
    }

    /// Sends the request and reads the answer. Who announces `Expect: 100-continue` sends the body after the leave.
    public func answer(from port: UInt16) throws -> HTTPAnswer {
        let client = try SocketClient.tcp(port)
        try client.send(head)
        if waitsForLeave {
            let leave = try client.read(upTo: "\r\n\r\n")
            guard leave.hasPrefix("HTTP/1.1 100 ") else { return try HTTPAnswer(Array(leave.utf8)) }
        }
        // Who refuses a body need not read it.
        try? client.send(body)
        if let length, length > body.count { client.endSending() }
        var bytes: [UInt8] = []
        while let part = try? client.read(), !part.isEmpty { bytes += part }
        return try HTTPAnswer(bytes)
    }
}

extension HTTPAnswer {
    /// The body without the marks of the chunks it may have come in.
    public var content: [UInt8] {
        guard header("Transfer-Encoding")?.lowercased() == "chunked" else { return body }
        var (content, rest): ([UInt8], ArraySlice<UInt8>) = ([], body[...])
        while let end = rest.firstIndex(of: 0x0A) {
            let digits = String(decoding: rest[..<end], as: UTF8.self).prefix { $0.isHexDigit }
            guard let size = Int(digits, radix: 16), size > 0 else { break }
            content += rest[(end + 1)...].prefix(size)
            rest = rest[(end + 1)...].dropFirst(size + 2)
        }
        return content
    }
}
