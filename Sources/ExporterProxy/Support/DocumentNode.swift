/// A value of a YAML or JSON document, with the line where it begins.
package struct DocumentNode: Equatable, Sendable {
    package enum Content: Equatable, Sendable {
        /// Plain is what stands without quotes: only such text can be a number, a boolean or nothing.
        case scalar(String, isPlain: Bool)
        case sequence([DocumentNode])
        /// In the order of the document; of YAML each key once.
        case mapping([Entry])
    }

    package struct Entry: Equatable, Sendable {
        package var key: String
        package var line: Int
        package var value: DocumentNode
        /// Of the key, see ``Content/scalar(_:isPlain:)``.
        package var isPlain = false
    }

    package var line: Int
    package var content: Content

    /// What stands for nothing: an empty value, `~` or `null`.
    package var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// The text of a scalar as it was written, a number's too; `nil` of nothing.
    package var asString: String? {
        guard case .scalar(let text, _) = content, !isNull else { return nil }
        return text
    }

    package var asBoolean: Bool? {
        guard case .scalar(let text, isPlain: true) = content else { return nil }
        switch text.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default: return nil
        }
    }

    package var asInteger: Int? {
        guard case .scalar(let text, isPlain: true) = content else { return nil }
        return Int(text)
    }

    /// The elements of a sequence; none of nothing.
    package var asSequence: [DocumentNode]? {
        if case .sequence(let elements) = content { return elements }
        return isNull ? [] : nil
    }

    /// The entries of a mapping; none of nothing.
    package var asMapping: [Entry]? {
        if case .mapping(let entries) = content { return entries }
        return isNull ? [] : nil
    }

    /// How a message names what is there.
    package var typeName: String {
        switch content {
        case .scalar(let text, _): isNull ? "nothing" : "'\(EscapedText.visible(String(text.prefix(80))))'"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
