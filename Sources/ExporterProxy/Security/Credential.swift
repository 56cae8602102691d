import CSodium

/// What a client says of himself in the Authorization header.
enum Credential: Equatable, Sendable {
    case basic(user: [UInt8], password: [UInt8])
    /// `Basic` with a word and not a user, as clients of Gravel send it: the passwords that it may stand for.
    case word([[UInt8]])
    case bearer([UInt8])
    /// Nothing that could be right.
    case malformed

    private static let bytesMax = 4096

    /// `nil` where there is no such header.
    init?(of request: HTTPRequest) {
        let values = request.headers["authorization"]
        guard let value = values.first else { return nil }
        self = values.count == 1 ? Self.read(value) : .malformed
    }

    private static func read(_ value: String) -> Credential {
        guard value.utf8.count <= bytesMax, !value.utf8.contains(0) else { return .malformed }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return .malformed }
        let word = parts[1].trimmed
        guard !word.isEmpty else { return .malformed }
        switch parts[0].lowercased() {
        case "basic": return basic(Array(word.utf8))
        case "bearer": return .bearer(Array(word.utf8))
        default: return .malformed
        }
    }

    private static func basic(_ word: [UInt8]) -> Credential {
        guard let text = base64(word) else { return .word([word]) }
        // A NUL would end a password early.
        guard !text.contains(0) else { return .word([word]) }
        guard let colon = text.firstIndex(of: 0x3A) else {
            let isText = !text.isEmpty && text.withUnsafeBytes(UTF8Check.firstInvalid) == nil
            return .word(isText ? [word, text] : [word])
        }
        return .basic(user: Array(text[..<colon]), password: Array(text[(colon + 1)...]))
    }

    /// With or without padding; `nil` of anything else.
    private static func base64(_ word: [UInt8]) -> [UInt8]? {
        let variant = word.last == 0x3D ? sodium_base64_VARIANT_ORIGINAL : sodium_base64_VARIANT_ORIGINAL_NO_PADDING
        let text = word.map { CChar(bitPattern: $0) }
        var bytes = [UInt8](repeating: 0, count: word.count)
        var count = 0
        // Without a place for the end it refuses what does not end with the text.
        guard sodium_base642bin(&bytes, bytes.count, text, text.count, nil, &count, nil, variant) == 0 else {
            return nil
        }
        return Array(bytes.prefix(count))
    }
}
