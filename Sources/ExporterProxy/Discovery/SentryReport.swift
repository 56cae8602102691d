/// A failure of a generator, as Sentry is told of it: no query, no parameters, no address of a client.
package struct SentryReport: Equatable, Sendable {
    /// Relative to the root of its tree.
    package var generator: String
    /// What was asked for, without its query; empty for the root.
    package var path: String
    /// One of few words.
    package var reason: String
    /// One sentence.
    package var text: String
    /// The traceback, or the end of what was written to standard error.
    package var details: String
    package var isPython: Bool
    package var at: Moment

    package init(
        generator: String, path: String, reason: String, text: String, details: String, isPython: Bool, at: Moment
    ) {
        self.generator = generator
        self.path = path
        self.reason = reason
        self.text = text
        self.details = details
        self.isPython = isPython
        self.at = at
    }

    /// An envelope of one event: a line for itself, one for the event's, and the event.
    ///
    /// - Parameter id: 32 hexadecimal digits, in lower case.
    func envelope(id: String, serverName: String) -> [UInt8] {
        let event = event(id: id, serverName: serverName)
        let head = "{\"event_id\":\"\(id)\",\"sent_at\":\"\(at.wall.rfc3339)\"}"
        let itemHead =
            "{\"type\":\"event\",\"content_type\":\"application/json\",\"length\":\(event.utf8.count)}"
        return Array("\(head)\n\(itemHead)\n\(event)\n".utf8)
    }

    private func event(id: String, serverName: String) -> String {
        let exception: [(String, String)] = [
            ("type", Self.word(reason)), ("value", Self.json(text.unicodeScalars.prefix(Self.textMax))),
        ]
        let fields: [(String, String)] = [
            ("event_id", "\"\(id)\""), ("timestamp", "\"\(at.wall.rfc3339)\""),
            ("platform", isPython ? "\"python\"" : "\"other\""), ("level", "\"error\""),
            ("logger", "\"\(Version.name)\""), ("release", "\"\(Version.name)@\(Version.number)\""),
            ("server_name", Self.word(serverName)),
            ("tags", Self.object(tags)), ("exception", "{\"values\":[\(Self.object(exception))]}"),
            // One issue for each way in which a generator fails, whatever numbers its sentence has.
            ("fingerprint", "[\(Self.word(generator)),\(Self.word(reason))]"),
            ("extra", Self.object([("details", Self.json(details.unicodeScalars.suffix(Self.detailsMax)))])),
        ]
        return Self.object(fields)
    }

    private var tags: [(String, String)] {
        [("generator", Self.word(generator)), ("path", Self.word("/" + path)), ("reason", Self.word(reason))]
    }
}

extension SentryReport {
    /// Of a tag, in characters as Sentry counts them; a longer one is thrown away there.
    private static let wordMax = 200
    private static let textMax = 1000
    /// Of a traceback the end says most.
    private static let detailsMax = 16_384

    /// On one line.
    private static func word(_ text: String) -> String {
        json(EscapedText.visible(text).unicodeScalars.prefix(wordMax))
    }

    private static func json(_ text: Substring.UnicodeScalarView) -> String { EscapedText.json(String(text)) }

    private static func object(_ fields: [(String, String)]) -> String {
        "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }
}
