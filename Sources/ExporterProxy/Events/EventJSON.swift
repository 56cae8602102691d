/// A whole JSON document as a tree; of keys that come twice the last one holds.
enum EventJSON {
    case null
    case bool
    case number(Double)
    case string(String)
    case array([EventJSON])
    case object([Member])

    struct Member {
        var key: String
        var value: EventJSON
    }

    /// - Parameter text: a document, with nothing but white space around it.
    init(_ text: UnsafeRawBufferPointer) throws(EventRefusal) {
        var scanner = EventScanner(text)
        scanner.skipSpace()
        self = try Self.value(&scanner, depth: 0)
        scanner.skipSpace()
        if !scanner.isAtEnd { throw .malformed(offset: scanner.i, "expected the end") }
    }

    private static func value(_ scanner: inout EventScanner, depth: Int) throws(EventRefusal) -> EventJSON {
        if depth > EventScanner.depthMax { throw .tooDeep(offset: scanner.i) }
        switch scanner.next {
        case UInt8(ascii: "{"): return .object(try members(&scanner, depth: depth + 1))
        case UInt8(ascii: "["): return .array(try elements(&scanner, depth: depth + 1))
        case UInt8(ascii: "\""): return .string(text(try scanner.string(), in: scanner.bytes))
        case UInt8(ascii: "n"):
            try scanner.word("null")
            return .null
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            try scanner.skipValue(depth: depth)
            return .bool
        default: return .number(try scanner.number())
        }
    }

    private static func text(_ string: JSONString, in bytes: UnsafeRawBufferPointer) -> String {
        var plain: [UInt8] = []
        JSONText.append(string.text(in: bytes), to: &plain)
        return String(decoding: plain, as: UTF8.self)
    }

    private static func members(
        _ scanner: inout EventScanner, depth: Int
    ) throws(EventRefusal) -> [Member] {
        var members: [Member] = []
        guard scanner.begin(until: UInt8(ascii: "}")) else { return members }
        repeat {
            let key = text(try scanner.key(), in: scanner.bytes)
            members.append(Member(key: key, value: try value(&scanner, depth: depth)))
        } while try scanner.hasMore(before: UInt8(ascii: "}"))
        return members
    }

    private static func elements(_ scanner: inout EventScanner, depth: Int) throws(EventRefusal) -> [EventJSON] {
        var elements: [EventJSON] = []
        guard scanner.begin(until: UInt8(ascii: "]")) else { return elements }
        repeat {
            scanner.skipSpace()
            elements.append(try value(&scanner, depth: depth))
        } while try scanner.hasMore(before: UInt8(ascii: "]"))
        return elements
    }

    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
