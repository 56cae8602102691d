/// Reads one JSON document into a tree of values, strictly (RFC 8259); strings are not plain, all other values are.
///
/// A key that comes twice is in the tree twice.
package enum JSONDocument {
    package static func read(
        _ bytes: [UInt8], limits: DocumentLimits = DocumentLimits()
    ) throws(DocumentError) -> DocumentNode {
        try limits.check(bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw DocumentError(line: 1, reason: "a byte order mark is no JSON: save the file without it")
        }
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(JSONFault) in
                var reader = JSONReader(buffer, limits)
                return try reader.document()
            }
        }
        do throws(JSONFault) { return try result.get() } catch {
            throw DocumentError(line: DocumentError.line(of: error.offset, in: bytes), reason: error.reason)
        }
    }
}

private struct JSONFault: JSONFailure {
    var offset: Int
    var reason: String

    static func malformed(offset: Int, _ reason: String) -> Self { JSONFault(offset: offset, reason: reason) }

    static func tooDeep(offset: Int) -> Self { JSONFault(offset: offset, reason: "nested too deep") }
}

private struct JSONReader {
    private var scanner: JSONScanner<JSONFault>
    private let limits: DocumentLimits
    private var nodes = 0
    /// The line at `counted`, from 1.
    private var line = 1
    private var counted = 0

    init(_ bytes: UnsafeRawBufferPointer, _ limits: DocumentLimits) {
        scanner = JSONScanner(bytes)
        self.limits = limits
    }

    mutating func document() throws(JSONFault) -> DocumentNode {
        scanner.skipSpace()
        if scanner.isAtEnd { throw .malformed(offset: scanner.i, "there is nothing in it") }
        let root = try node(depth: 1)
        scanner.skipSpace()
        guard scanner.isAtEnd else { throw .malformed(offset: scanner.i, "something stands behind its end") }
        return root
    }

    private mutating func node(depth: Int) throws(JSONFault) -> DocumentNode {
        guard depth <= limits.depth else {
            throw .malformed(offset: scanner.i, "nested deeper than \(limits.depth) levels")
        }
        try count()
        let line = lineHere()
        return DocumentNode(line: line, content: try content(depth: depth))
    }

    private mutating func count() throws(JSONFault) {
        nodes += 1
        guard nodes <= limits.nodes else { throw .malformed(offset: scanner.i, "more than \(limits.nodes) values") }
    }

    private mutating func content(depth: Int) throws(JSONFault) -> DocumentNode.Content {
        switch scanner.next {
        case nil: throw .malformed(offset: scanner.i, "it ends where a value is expected")
        case UInt8(ascii: "{"): return .mapping(try entries(depth: depth))
        case UInt8(ascii: "["): return .sequence(try elements(depth: depth))
        case UInt8(ascii: "\""): return .scalar(text(try scanner.string()), isPlain: false)
        default: return .scalar(try word(), isPlain: true)
        }
    }

    /// A number, `true`, `false` or `null`.
    private mutating func word() throws(JSONFault) -> String {
        let start = scanner.i
        try scanner.skipValue(depth: 0)
        let word = scanner.bytes[start..<scanner.i]
        // The last letters of NaN and Infinity.
        if word.last == UInt8(ascii: "N") || word.last == UInt8(ascii: "y") {
            throw .malformed(offset: start, "NaN and Infinity are no JSON")
        }
        return String(decoding: word, as: UTF8.self)
    }

    private func text(_ string: JSONString) -> String {
        let bytes = string.text(in: scanner.bytes)
        if string.isPlain { return String(decoding: bytes, as: UTF8.self) }
        var plain: [UInt8] = []
        JSONText.append(bytes, to: &plain)
        return String(decoding: plain, as: UTF8.self)
    }

    private mutating func elements(depth: Int) throws(JSONFault) -> [DocumentNode] {
        var elements: [DocumentNode] = []
        guard scanner.begin(until: UInt8(ascii: "]")) else { return elements }
        repeat {
            scanner.skipSpace()
            elements.append(try node(depth: depth + 1))
        } while try scanner.hasMore(before: UInt8(ascii: "]"))
        return elements
    }

    private mutating func entries(depth: Int) throws(JSONFault) -> [DocumentNode.Entry] {
        var entries: [DocumentNode.Entry] = []
        guard scanner.begin(until: UInt8(ascii: "}")) else { return entries }
        repeat {
            scanner.skipSpace()
            let line = lineHere()
            try count()
            let key = text(try scanner.key())
            entries.append(DocumentNode.Entry(key: key, line: line, value: try node(depth: depth + 1)))
        } while try scanner.hasMore(before: UInt8(ascii: "}"))
        return entries
    }

    private mutating func lineHere() -> Int {
        while counted < scanner.i {
            if scanner.bytes[counted] == 0x0A { line += 1 }
            counted += 1
        }
        return line
    }
}
