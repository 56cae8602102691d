import CYAML

/// Reads one YAML document into a tree of values.
///
/// Refused is what can make little text into much, or mean one thing to us and another to somebody else: aliases that
/// nobody asked for, tags of other types, keys that are no text, a key that comes twice, a second document.
package enum YAMLDocument {
    /// `nil` where there is no document, or only comments.
    ///
    /// - Parameter expandsAliases: whether `*a` stands for what `&a` names, and `<<` takes over the entries of other
    ///   mappings. What stands for much counts as much against `limits`, in values, depth and bytes.
    package static func read(
        _ bytes: [UInt8], limits: DocumentLimits = DocumentLimits(), expandsAliases: Bool = false
    ) throws(DocumentError) -> DocumentNode? {
        try limits.check(bytes)
        let result = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(DocumentError) in
                let reader = try YAMLReader(buffer, limits, expandsAliases: expandsAliases)
                return try reader.document()
            }
        }
        return try result.get()
    }
}

/// Puts the tree together from the events of libyaml's parser.
private final class YAMLReader {
    private enum Event {
        case documentStart, documentEnd, streamEnd, sequenceEnd, mappingEnd, other
        case scalar(String, isPlain: Bool)
        case sequenceStart, mappingStart
        case alias(String)
        case refusedTag
    }

    /// What an alias stands for, and what it counts for.
    private struct Anchored {
        var node: DocumentNode
        var nodes: Int
        var text: Int
        /// How many levels there are below it.
        var height: Int
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    // Not a stored value: the parser holds its own address.
    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let limits: DocumentLimits
    private let expandsAliases: Bool
    private var nodes = 0
    /// Bytes of all scalars.
    private var text = 0
    /// The deepest level since somebody last looked.
    private var deepest = 0
    private var anchors: [String: Anchored] = [:]
    /// Of the event that was read last.
    private var anchor: String?
    /// Of the event that was read last, from 1.
    private var line = 1

    /// `bytes` must stay where they are as long as the reader lives.
    init(
        _ bytes: UnsafeBufferPointer<UInt8>, _ limits: DocumentLimits, expandsAliases: Bool
    ) throws(DocumentError) {
        self.bytes = bytes
        self.limits = limits
        self.expandsAliases = expandsAliases
        guard yaml_parser_initialize(parser) == 1 else { throw DocumentError(line: 1, reason: "no memory to read it") }
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    }

    deinit {
        // Also of one that could not be initialized: then it is all zeros.
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    func document() throws(DocumentError) -> DocumentNode? {
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
    private func end() throws(DocumentError) {
        while true {
            switch try next() {
            case .streamEnd: return
            case .documentStart: throw problem("a second document begins here; one is expected")
            default: continue
            }
        }
    }

    private func node(_ event: Event, depth: Int) throws(DocumentError) -> DocumentNode {
        guard depth <= limits.depth else { throw problem("nested deeper than \(limits.depth) levels") }
        nodes += 1
        guard nodes <= limits.nodes else { throw problem("more than \(limits.nodes) values") }
        guard expandsAliases, let anchor else {
            deepest = max(deepest, depth)
            return DocumentNode(line: line, content: try content(event, depth: depth))
        }
        let (line, nodesBefore, textBefore, deepestBefore) = (line, nodes, text, deepest)
        deepest = depth
        let node = DocumentNode(line: line, content: try content(event, depth: depth))
        anchors[anchor] = Anchored(
            node: node, nodes: nodes - nodesBefore, text: text - textBefore, height: deepest - depth)
        deepest = max(deepest, deepestBefore)
        return node
    }

    private func content(_ event: Event, depth: Int) throws(DocumentError) -> DocumentNode.Content {
        switch event {
        case .scalar(let text, let isPlain):
            self.text += text.utf8.count
            return .scalar(text, isPlain: isPlain)
        case .sequenceStart: return .sequence(try elements(depth: depth))
        case .mappingStart: return .mapping(try entries(depth: depth))
        case .alias(let name): return try alias(name, depth: depth)
        case .refusedTag: throw problem("this tag is not read: write the value without it")
        default: throw problem("a value is expected")
        }
    }

    private func alias(_ name: String, depth: Int) throws(DocumentError) -> DocumentNode.Content {
        guard expandsAliases else { throw problem("aliases are not read: write the value out") }
        // An anchor counts when its value has ended, so that nothing can stand within itself.
        guard let anchored = anchors[name] else {
            throw problem("the alias '*\(EscapedText.visible(name))' has no anchor before it")
        }
        nodes += anchored.nodes
        text += anchored.text
        deepest = max(deepest, depth + anchored.height)
        guard nodes <= limits.nodes else {
            throw problem("more than \(limits.nodes) values, with what aliases stand for")
        }
        guard text <= limits.bytes else {
            throw problem("larger than \(limits.bytes) bytes, with what aliases stand for")
        }
        guard deepest <= limits.depth else { throw problem("nested deeper than \(limits.depth) levels by an alias") }
        return anchored.node.content
    }

    private func elements(depth: Int) throws(DocumentError) -> [DocumentNode] {
        var elements: [DocumentNode] = []
        while true {
            let event = try next()
            if case .sequenceEnd = event { return elements }
            elements.append(try node(event, depth: depth + 1))
        }
    }

    private func entries(depth: Int) throws(DocumentError) -> [DocumentNode.Entry] {
        var entries: [DocumentNode.Entry] = []
        var merged: [DocumentNode.Entry] = []
        var known: Set<String> = []
        while true {
            let event = try next()
            if case .mappingEnd = event { break }
            let key = try node(event, depth: depth + 1)
            guard case .scalar(let name, let isPlain) = key.content else {
                throw problem("a key must be text", at: key.line)
            }
            guard known.insert(name).inserted else {
                throw problem("the key '\(EscapedText.visible(name))' comes twice", at: key.line)
            }
            let value = try node(try next(), depth: depth + 1)
            if expandsAliases, isPlain, name == "<<" {
                merged = try mergedEntries(of: value)
            } else {
                entries.append(DocumentNode.Entry(key: name, line: key.line, value: value, isPlain: isPlain))
            }
        }
        // What a mapping says itself holds, then what is merged first.
        return entries + merged.filter { known.insert($0.key).inserted }
    }

    private func mergedEntries(of value: DocumentNode) throws(DocumentError) -> [DocumentNode.Entry] {
        var entries: [DocumentNode.Entry] = []
        let mappings: [DocumentNode] = if case .sequence(let list) = value.content { list } else { [value] }
        for mapping in mappings {
            guard case .mapping(let more) = mapping.content else {
                throw problem("'<<' merges mappings, not \(mapping.typeName)", at: value.line)
            }
            entries += more
        }
        return entries
    }

    private func problem(_ reason: String, at line: Int? = nil) -> DocumentError {
        DocumentError(line: line ?? self.line, reason: reason)
    }

    // MARK: Events

    private func next() throws(DocumentError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
        defer { yaml_event_delete(&event) }
        line = event.start_mark.line + 1
        anchor = nil
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_ALIAS_EVENT: return .alias(String(cString: event.data.alias.anchor))
        case YAML_SEQUENCE_START_EVENT:
            note(anchor: event.data.sequence_start.anchor)
            return Self.tag(event.data.sequence_start.tag, among: ["seq"]) ? .sequenceStart : .refusedTag
        case YAML_MAPPING_START_EVENT:
            note(anchor: event.data.mapping_start.anchor)
            return Self.tag(event.data.mapping_start.tag, among: ["map"]) ? .mappingStart : .refusedTag
        case YAML_SCALAR_EVENT:
            note(anchor: event.data.scalar.anchor)
            return Self.scalar(event)
        default: return .other
        }
    }

    private func note(anchor name: UnsafeMutablePointer<yaml_char_t>?) {
        if expandsAliases, let name { anchor = String(cString: name) }
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

    private func syntaxError() -> DocumentError {
        let parser = parser.pointee
        let reason = parser.problem.map { String(cString: $0) } ?? "not YAML"
        if parser.error == YAML_READER_ERROR {
            return DocumentError(line: DocumentError.line(of: parser.problem_offset, in: bytes), reason: reason)
        }
        let context = parser.context.map { " " + String(cString: $0) } ?? ""
        return DocumentError(line: parser.problem_mark.line + 1, reason: reason + context)
    }
}
