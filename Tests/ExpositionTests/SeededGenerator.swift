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
}

/// Texts made of others by what goes wrong on the way.
struct Mutation {
    var generator: SeededGenerator
    let texts: [[UInt8]]
    /// What a mutation is likely to put in.
    private static let pieces: [[UInt8]] =
        [
            "\n", "\r", "\r\n", " ", "\t", "\"", "\\", "\\\\", "{", "}", ",", "=", "#", "# ", "# TYPE a histogram\n",
            "_count",
            "_bucket", "_sum", "\u{0}", "\u{FEFF}", "é", "le=\"1\"", "quantile=\"x\"", "-", "+Inf", "NaN", "1e400",
            "# EOF\n",
            "# TYPE \"a.b\" info\n", "{\"a.b\",\"c d\"=\"e\"} 1\n", " # {a=\"b\"} 1", "a_total 1\n",
            "# TYPE a counter\n",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3]]

    mutating func next() -> [UInt8] {
        var text = pick()
        for _ in 0..<Int.random(in: 0...4, using: &generator) { change(&text) }
        return text
    }

    private mutating func pick() -> [UInt8] { texts.randomElement(using: &generator) ?? [] }

    private mutating func change(_ text: inout [UInt8]) {
        let place = Int.random(in: 0...text.count, using: &generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0 where place < text.count: text[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 1: text.removeSubrange(place..<min(text.count, place + Int.random(in: 0...8, using: &generator)))
        case 2: text = Array(text[..<place]) + pick()
        case 3: text.removeSubrange(place...)
        case 4: text += text[place...]
        default: text.insert(contentsOf: Self.pieces.randomElement(using: &generator) ?? [], at: place)
        }
    }
}
