import CSodium
import NIOCore
import NIOHTTP1

/// The mark of some bytes (RFC 9110, 8.8.3): who shows it has them already, and need not be sent them again.
///
/// The same bytes have the same mark in every process, so that it holds over a restart and behind a balancer.
package struct EntityTag: Hashable, Sendable {
    /// As a header has it, with its quotes.
    package let text: String

    private static let digestBytes = 16

    package init(of bytes: [UInt8]) {
        var digest = [UInt8](repeating: 0, count: Self.digestBytes)
        let status = crypto_generichash(&digest, digest.count, bytes, UInt64(bytes.count), nil, 0)
        precondition(status == 0, "BLAKE2b takes any input")
        let digits = Array("0123456789abcdef".unicodeScalars)
        text =
            digest.reduce(into: "\"") { text, byte in
                text.unicodeScalars.append(digits[Int(byte >> 4)])
                text.unicodeScalars.append(digits[Int(byte & 15)])
            } + "\""
    }

    /// Whether the values of `If-None-Match` name this mark, or any there is (`*`); a weak one is as good (13.1.2).
    package func matches(ifNoneMatch values: [String]) -> Bool { Self.names(text, in: values) }

    /// `tag` has its quotes.
    fileprivate static func names(_ tag: String, in values: [String]) -> Bool {
        values.contains { value in
            var rest = value.utf8[...]
            while let candidate = next(&rest) { if candidate == "*" || candidate == tag { return true } }
            return false
        }
    }

    /// The next mark of a list, without its `W/`; `nil` at the end, and where no mark stands. Commas may be in it.
    private static func next(_ rest: inout Substring.UTF8View) -> String? {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
        if rest.first == UInt8(ascii: "*") { return "*" }
        if rest.starts(with: "W/".utf8) { rest = rest.dropFirst(2) }
        guard rest.first == UInt8(ascii: "\""), let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "\"")) else {
            return nil
        }
        let mark = rest[...end]
        rest = rest[rest.index(after: end)...]
        return String(Substring(mark))
    }
}

extension HTTPResponse {
    package mutating func tag(_ tag: EntityTag) { headers.append((EntityTag.header, tag.text)) }

    /// What to answer to `request`: 304 without the body where this is a 200 whose mark the request shows.
    package func conditional(on request: HTTPRequest) -> HTTPResponse {
        let shown = request.headers["if-none-match"]
        guard status == .ok, !shown.isEmpty, let tag = headers.first(where: { $0.name == EntityTag.header }),
            EntityTag.names(tag.value, in: shown)
        else { return self }
        return HTTPResponse(.notModified, headers: headers.filter { !$0.name.hasPrefix("Content-") })
    }
}

extension HTTPReply {
    /// See ``HTTPResponse/conditional(on:)``.
    package func conditional(on request: HTTPRequest) -> HTTPReply {
        switch self {
        case .now(let response): .now(response.conditional(on: request))
        case .later(let future): .later(future.map { $0.conditional(on: request) })
        }
    }
}

extension EntityTag {
    fileprivate static let header = "ETag"
}
