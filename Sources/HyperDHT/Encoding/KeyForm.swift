import CSodium

/// How 32 bytes, a key or a seed, are said in text.
package enum KeyForm: String, CaseIterable, Sendable {
    case hex, z32, base64

    package func text(of bytes: [UInt8]) -> String {
        switch self {
        case .hex: Hex.text(of: bytes)
        case .z32: Z32.text(of: bytes)
        case .base64: Self.base64Text(of: bytes)
        }
    }

    /// In whichever form `text` has: 64 letters of hex, 52 of z32, or 43 of base64 with or without its `=`.
    ///
    /// `nil` of anything that is not 32 bytes. The prefix `pear://` of the reference's tools is taken off.
    package static func bytes(of text: String) -> [UInt8]? {
        let word = text.hasPrefix("pear://") ? text.dropFirst(7) : text[...]
        let bytes =
            switch word.utf8.count {
            case 64: Hex.bytes(of: word)
            case 52: Z32.bytes(of: word)
            case 44: base64Bytes(of: word, sodium_base64_VARIANT_ORIGINAL)
            case 43: base64Bytes(of: word, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)
            default: [UInt8]?.none
            }
        return bytes?.count == Bytes32.count ? bytes : nil
    }

    private static func base64Text(of bytes: [UInt8]) -> String {
        let variant = sodium_base64_VARIANT_ORIGINAL
        var text = [CChar](repeating: 0, count: sodium_base64_encoded_len(bytes.count, variant))
        sodium_bin2base64(&text, text.count, bytes, bytes.count, variant)
        return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func base64Bytes(of word: Substring, _ variant: Int32) -> [UInt8]? {
        let text = word.utf8.map { CChar(bitPattern: $0) }
        var bytes = [UInt8](repeating: 0, count: word.utf8.count)
        var count = 0
        guard sodium_base642bin(&bytes, bytes.count, text, text.count, nil, &count, nil, variant) == 0 else {
            return nil
        }
        return Array(bytes.prefix(count))
    }
}
