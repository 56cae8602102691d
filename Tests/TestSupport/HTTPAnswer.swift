/// An answer as it came over the wire: nothing is decoded or followed.
public struct HTTPAnswer: Sendable {
    public var status: Int
    public var head: String
    public var body: [UInt8]

    public var text: String { String(decoding: body, as: UTF8.self) }

    public init(_ bytes: [UInt8]) throws {
        guard let end = Self.headEnd(bytes) else {
            throw TestFailure("no HTTP answer: '\(String(decoding: bytes.prefix(200), as: UTF8.self))'")
        }
        head = String(decoding: bytes[..<end], as: UTF8.self)
        body = Array(bytes[(end + 4)...])
        let words = head.split(separator: " ")
        guard words.count > 1, let status = Int(words[1]) else { throw TestFailure("no HTTP status: \(head)") }
        self.status = status
    }

    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        return bytes.indices.first { bytes[$0...].starts(with: mark) }
    }

    /// The value of a header, or nil.
    public func header(_ name: String) -> String? {
        for line in head.split(separator: "\r\n").dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            guard sides.count == 2, sides[0].lowercased() == name.lowercased() else { continue }
            return String(sides[1].drop { $0 == " " })
        }
        return nil
    }

    /// One request on a connection of its own.
    public static func get(
        _ port: UInt16, _ path: String, method: String = "GET", headers: [String] = []
    ) throws -> HTTPAnswer {
        let client = try SocketClient.tcp(port)
        let lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1", "Connection: close"] + headers
        try client.send(lines.joined(separator: "\r\n") + "\r\n\r\n")
        guard case .closed(let bytes) = try client.readToEnd() else { throw TestFailure("\(path): connection reset") }
        return try HTTPAnswer(bytes)
    }
}
