/// The same numbers for the same seed (SplitMix64), so that a failure that names its seed can be had again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }

    /// Text of ASCII, what JSON escapes, and characters of two, three and four bytes.
    mutating func text(_ count: Int) -> String {
        let special: [Unicode.Scalar] = [
            "\"", "\\", "/", "\n", "\r", "\t", "\u{8}", "\u{c}", "\u{0}", "\u{1f}", "\u{7f}", "é", "ß", "€", "日",
            "\u{ffff}",
            "😀", "\u{10ffff}", "\u{1f1e9}", "\u{301}",
        ]
        var scalars = String.UnicodeScalarView()
        for _ in 0..<count {
            let plain = Unicode.Scalar(UInt8.random(in: 0x20...0x7E, using: &self))
            let isSpecial = Int.random(in: 0..<4, using: &self) == 0
            scalars.append(isSpecial ? special.randomElement(using: &self) ?? plain : plain)
        }
        return String(scalars)
    }
}
