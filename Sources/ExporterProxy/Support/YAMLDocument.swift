import CYAML

/// Reads one YAML document into a tree of values.
///
/// Refused is what can make little text into much, or mean one thing to us and another to somebody else: aliases, tags
/// of other types, keys that are no text, a key that comes twice, a second document.
package enum YAMLDocument {
    package struct Limits: Sendable {
        package var bytes = 1024 * 1024
        /// Values and keys.
        package var nodes = 100_000
        package var depth = 32

        package init(bytes: Int = 1024 * 1024, nodes: Int = 100_000, depth: Int = 32) {
            self.bytes = bytes
            self.nodes = nodes
            self.depth = depth
        }
    }

    /// `nil` where there is no document, or only comments.
    package static func read(_ bytes: [UInt8], limits: Limits = Limits()) throws(YAMLError) -> YAMLNode? {
        guard bytes.count <= limits.bytes else {
            throw YAMLError(line: 1, reason: "the document is larger than \(limits.bytes) bytes")
        }
        if let place = bytes.withUnsafeBytes(UTF8Check.firstInvalid) {
            throw YAMLError(line: line(of: place, in: bytes), reason: "the document is not UTF-8")
        }
        let result = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(YAMLError) in
                let reader = try YAMLReader(buffer, limits)
                return try reader.document()
            }
        }
        return try result.get()
    }

    fileprivate static func line(of offset: Int, in bytes: some Collection<UInt8>) -> Int {
        1 + bytes.prefix(offset).reduce(0) { $1 == 0x0A ? $0 + 1 : $0 }
    }
}

package struct YAMLError: Error, Equatable {
    package var line: Int
    package var reason: String
}

/// Puts the tree together from the events of libyaml's parser.
private final class YAMLReader {
    private enum Event {
        case documentStart, documentEnd, streamEnd, sequenceEnd, mappingEnd, other
        case scalar(String, isPlain: Bool)
        case sequenceStart, mappingStart
        case alias
        case refusedTag
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    // Not a stored value: the parser holds its own address.
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let limits: YAMLDocument.Limits
    private var nodes = 0
    /// Of the event that was read last, from 1.
    private var line = 1

    /// `bytes` must stay where they are as long as the reader lives.
    init(_ bytes: UnsafeBufferPointer<UInt8>, _ limits: YAMLDocument.Limits) throws(YAMLError) {
        self.bytes = bytes
        self.limits = limits
        guard yaml_parser_initialize(parser) == 1 else { throw YAMLError(line: 1, reason: "no memory to read it") }
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    }

    deinit {
        // Also of one that could not be initialized: then it is all zeros.
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    func document() throws(YAMLError) -> YAMLNode? {
        while true {
            switch try next() {
            case .streamEnd: return nil
            case .documentStart:
                let root = try node(try next(), depth: 1)
                try end()
                return root
            default: continue
            }
        }
    }

    /// Nothing may follow the first document.
    private func end() throws(YAMLError) {
        while true {
            switch try next() {
            case .streamEnd: return
            case .documentStart: throw problem("a second document begins here; one is expected")
            default: continue
            }
        }
    }

    private func node(_ event: Event, depth: Int) throws(YAMLError) -> YAMLNode {
        let line = line
        guard depth <= limits.depth else { throw problem("nested deeper than \(limits.depth) levels") }
        nodes += 1
        guard nodes <= limits.nodes else { throw problem("more than \(limits.nodes) values") }
        switch event {
        case .scalar(let text, let isPlain): return YAMLNode(line: line, content: .scalar(text, isPlain: isPlain))
        case .sequenceStart: return YAMLNode(line: line, content: .sequence(try elements(depth: depth)))
        case .mappingStart: return YAMLNode(line: line, content: .mapping(try entries(depth: depth)))
        case .alias: throw problem("aliases are not read: write the value out")
        case .refusedTag: throw problem("this tag is not read: write the value without it")
        default: throw problem("a value is expected")
        }
    }

    private func elements(depth: Int) throws(YAMLError) -> [YAMLNode] {
        var elements: [YAMLNode] = []
        while true {
            let event = try next()
            if case .sequenceEnd = event { return elements }
            elements.append(try node(event, depth: depth + 1))
        }
    }

    private func entries(depth: Int) throws(YAMLError) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var known: Set<String> = []
        while true {
            let event = try next()
            if case .mappingEnd = event { return entries }
            let key = try node(event, depth: depth + 1)
            guard case .scalar(let name, _) = key.content else { throw problem("a key must be text", at: key.line) }
            guard known.insert(name).inserted else {
                throw problem("the key '\(EscapedText.visible(name))' comes twice", at: key.line)
            }
            let value = try node(try next(), depth: depth + 1)
            entries.append(YAMLNode.Entry(key: name, line: key.line, value: value))
        }
    }

    private func problem(_ reason: String, at line: Int? = nil) -> YAMLError {
        YAMLError(line: line ?? self.line, reason: reason)
    }

    // MARK: Events

    private func next() throws(YAMLError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
        defer { yaml_event_delete(&event) }
        line = event.start_mark.line + 1
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_ALIAS_EVENT: return .alias
        case YAML_SEQUENCE_START_EVENT:
            return Self.tag(event.data.sequence_start.tag, among: ["seq"]) ? .sequenceStart : .refusedTag
        case YAML_MAPPING_START_EVENT:
            return Self.tag(event.data.mapping_start.tag, among: ["map"]) ? .mappingStart : .refusedTag
        case YAML_SCALAR_EVENT: return Self.scalar(event)
        default: return .other
        }
    }

    private static func scalar(_ event: yaml_event_t) -> Event {
        let scalar = event.data.scalar
        let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        guard tag(scalar.tag, among: ["str"]) else { return .refusedTag }
        let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nil
        return .scalar(String(decoding: bytes, as: UTF8.self), isPlain: isPlain)
    }

    /// Whether a value of these types of YAML's own may carry `tag`; without one it may.
    private static func tag(_ tag: UnsafeMutablePointer<yaml_char_t>?, among names: [String]) -> Bool {
        guard let tag else { return true }
        let text = String(cString: tag)
        return text == "!" || names.contains { text == "tag:yaml.org,2002:\($0)" }
    }

    private func syntaxError() -> YAMLError {
        let parser = parser.pointee
        let reason = parser.problem.map { String(cString: $0) } ?? "not YAML"
        if parser.error == YAML_READER_ERROR {
            return YAMLError(line: YAMLDocument.line(of: parser.problem_offset, in: bytes), reason: reason)
        }
        let context = parser.context.map { " " + String(cString: $0) } ?? ""
        return YAMLError(line: parser.problem_mark.line + 1, reason: reason + context)
    }
}
