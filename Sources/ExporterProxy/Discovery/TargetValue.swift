/// What a value of a list is, to Prometheus and in a sentence.
struct TargetValue {
    enum Kind: Equatable {
        case text(String)
        case nothing, boolean, number
        /// What YAML makes something else of than text, a number, a boolean or nothing.
        case special
        case list, mapping
    }

    let kind: Kind
    /// As it was written; of scalars only.
    let written: String?

    init(_ node: DocumentNode, _ format: TargetList.Format) {
        switch node.content {
        case .scalar(let text, let isPlain):
            written = text
            kind = isPlain ? Self.kind(plain: text, format) : .text(text)
        case .sequence: (written, kind) = (nil, .list)
        case .mapping: (written, kind) = (nil, .mapping)
        }
    }

    private static func kind(plain text: String, _ format: TargetList.Format) -> Kind {
        switch format {
        case .json: return text == "null" ? .nothing : text == "true" || text == "false" ? .boolean : .number
        case .yaml:
            switch YAMLScalar(plain: text) {
            case .text: return .text(text)
            case .nothing: return .nothing
            case .boolean: return .boolean
            case .integer, .number: return .number
            case .time, .mark: return .special
            }
        }
    }

    /// Safe to show, and short.
    var shown: String {
        switch kind {
        case .text: "the text '\(short)'"
        case .nothing: "null"
        case .boolean: "the boolean \(short)"
        case .number: "the number \(short)"
        case .special: "\(short), which is no text in YAML"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }

    var short: String { EscapedText.short((written ?? "").utf8) }

    /// As Go's JSON names it.
    var goName: String {
        switch kind {
        case .text, .special: "string"
        case .nothing: "null"
        case .boolean: "bool"
        case .number: "number"
        case .list: "array"
        case .mapping: "object"
        }
    }
}
