/// Bodies made by chance, good ones and broken ones; the same for the same seed.
struct RandomBodies {
    private var choice: SeededChoice

    init(seed: UInt64) { choice = SeededChoice(seed: seed) }

    /// A few families whose names are in each other's way, and broken lines between them.
    mutating func body() -> String {
        let names = ["m", "n", "m_sum", "m_count", "m_bucket", "n_total", "o", "p_seconds", "p_seconds_count"]
        var parts: [String] = []
        for _ in 0..<choice.number(below: 6) { parts.append(family(choice.one(of: names))) }
        for _ in 0..<choice.number(below: 5) {
            parts.insert(choice.one(of: RogueBody.short).text, at: choice.number(below: parts.count + 1))
        }
        let text = parts.joined()
        return choice.number(below: 4) == 0 ? String(text.dropLast(choice.number(below: 9))) : text
    }

    private mutating func family(_ name: String) -> String {
        let type = choice.one(of: ["gauge", "counter", "histogram", "summary", "untyped", "GAUGE", "info", "", "", ""])
        var text = choice.number(below: 2) == 0 ? "" : "# HELP \(name) Text \(choice.number(below: 3)).\n"
        if !type.isEmpty { text += "# TYPE \(name) \(type)\n" }
        let (border, value) = (
            choice.one(of: ["1", "0.5", "+Inf", "1e3", "x"]), choice.one(of: ["1", "2.5", "NaN", "-1"])
        )
        switch type {
        case "histogram": text += "\(name)_bucket{le=\"\(border)\"} 1\n\(name)_sum 1\n\(name)_count \(value)\n"
        case "summary": text += "\(name){quantile=\"\(border)\"} \(value)\n\(name)_sum \(value)\n\(name)_count 1\n"
        default: for _ in 0..<choice.number(below: 5) { text += sample(name) }
        }
        return text
    }

    private mutating func sample(_ name: String) -> String {
        let labels = choice.one(of: [
            "", "{}", "{x=\"1\"}", "{x=\"2\",y=\"\"}", "{y=\"2\",x=\"1\"}", "{le=\"x\"}", "{quantile=\"y\"}",
            "{le=\"1.0\"}",
            "{z=\"\\\\\\\"\\n é😀\"}", "{x=\"1\"", "{x=1}",
        ])
        return "\(name)\(labels) \(choice.one(of: ["1", "-1", "NaN", "1e3", "0.1 1795229735156", "2 5", "x", "1\r"]))\n"
    }
}
