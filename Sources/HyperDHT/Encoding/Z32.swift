/// The base 32 in which HyperDHT shows keys: five bits a letter, the highest first. 32 bytes are 52 letters.
package enum Z32 {
    private static let letters = Array("ybndrfg8ejkmcpqxot1uwisza345h769".utf8)

    package static func text(of bytes: some Collection<UInt8>) -> String {
        var text: [UInt8] = []
        var (held, bits) = (0, 0)
        for byte in bytes {
            held = (held << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(letters[held >> bits & 31])
            }
        }
        if bits > 0 { text.append(letters[held << (5 - bits) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// `nil` of anything that ``text(of:)`` does not write, so that no two texts mean the same bytes.
    package static func bytes(of text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        var (held, bits) = (0, 0)
        for letter in text.utf8 {
            guard let value = letters.firstIndex(of: letter) else { return nil }
            held = (held << 5 | value) & 0xFFFF
            bits += 5
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: held >> bits))
        }
        // Less than a letter of padding, and nothing in it.
        return bits < 5 && held & (1 << bits - 1) == 0 ? bytes : nil
    }
}
