/// Bodies made by chance, good ones and broken ones; the same for the same seed.
struct RandomBodies {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    /// SplitMix64.
    private mutating func number(below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ z >> 31) % UInt64(bound))
    }

    private mutating func one<T>(of list: [T]) -> T { list[number(below: list.count)] }

    /// A few families whose names are in each other's way, and broken lines between them.
    mutating func body() -> String {
        let names = ["m", "n", "m_sum", "m_count", "m_bucket", "n_total", "o", "p_seconds", "p_seconds_count"]
        var parts: [String] = []
        for _ in 0..<number(below: 6) { parts.append(family(one(of: names))) }
        for _ in 0..<number(below: 5) {
            parts.insert(one(of: RogueBody.short).text, at: number(below: parts.count + 1))
        }
        let text = parts.joined()
        return number(below: 4) == 0 ? String(text.dropLast(number(below: 9))) : text
    }

    private mutating func family(_ name: String) -> String {
        let type = one(of: ["gauge", "counter", "histogram", "summary", "untyped", "GAUGE", "info", "", "", ""])
        var text = number(below: 2) == 0 ? "" : "# HELP \(name) Text \(number(below: 3)).\n"
        if !type.isEmpty { text += "# TYPE \(name) \(type)\n" }
        let (border, value) = (one(of: ["1", "0.5", "+Inf", "1e3", "x"]), one(of: ["1", "2.5", "NaN", "-1"]))
        switch type {
        case "histogram": text += "\(name)_bucket{le=\"\(border)\"} 1\n\(name)_sum 1\n\(name)_count \(value)\n"
        case "summary": text += "\(name){quantile=\"\(border)\"} \(value)\n\(name)_sum \(value)\n\(name)_count 1\n"
        default: for _ in 0..<number(below: 5) { text += sample(name) }
        }
        return text
    }

    private mutating func sample(_ name: String) -> String {
        let labels = one(of: [
            "", "{}", "{x=\"1\"}", "{x=\"2\",y=\"\"}", "{y=\"2\",x=\"1\"}", "{le=\"x\"}", "{quantile=\"y\"}",
            "{le=\"1.0\"}",
            "{z=\"\\\\\\\"\\n é😀\"}", "{x=\"1\"", "{x=1}",
        ])
        return "\(name)\(labels) \(one(of: ["1", "-1", "NaN", "1e3", "0.1 1795229735156", "2 5", "x", "1\r"]))\n"
    }
}
