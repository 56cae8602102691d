import TestSupport

/// Requests made by chance to a few groups, as Pushgateway takes and refuses them; the same for the same seed.
struct RandomPushes {
    private var choice: SeededChoice

    init(seed: UInt64) { choice = SeededChoice(seed: seed) }

    mutating func next() -> HTTPRequest {
        let group = choice.one(of: [
            "job/a", "job/b", "job/a/x/1", "job/a/instance/i", "job@base64/YQ", "job/a/x/1/y/2", "job/c%20d",
        ])
        let method = choice.one(of: ["PUT", "PUT", "POST", "POST", "POST", "POST", "DELETE"])
        let request = "\(method) /metrics/\(group)"
        return method == "DELETE" ? HTTPRequest(request) : HTTPRequest(request, body())
    }

    private mutating func body() -> String {
        var names = ["g_one", "g_two", "c_total", "h_seconds", "s_bytes", "u", "v"]
        var families: [String] = []
        for _ in 0..<choice.number(below: 5) {
            families.append(family(names.remove(at: choice.number(below: names.count))))
        }
        let mistakes = ["!\n", "m 1 1000\n", "m{a=\"1\",a=\"2\"} 1\n", "m 1\nm 2\n", "m{a=\"1\n"]
        if choice.number(below: 12) == 0 { families.append(choice.one(of: mistakes)) }
        return families.joined()
    }

    private mutating func family(_ name: String) -> String {
        // Now and then of another type than in other groups.
        let gauge = choice.number(below: 12) == 0 ? "counter" : "gauge"
        let types: [Character: String] = ["g": gauge, "c": "counter", "h": "histogram", "s": "summary"]
        var text = "# HELP \(name) A \\\\ of \(name).\n"
        if let type = name.first.flatMap({ types[$0] }) { text += "# TYPE \(name) \(type)\n" }
        for labels in labelSets() {
            switch name.first {
            case "h": text += histogram(name, labels)
            case "s": text += summary(name, labels)
            case "c": text += line(name, labels, "\(choice.number(below: 100))")
            default: text += line(name, labels, value())
            }
        }
        return text
    }

    private mutating func value() -> String {
        choice.one(of: [
            "1", "-1.5", "0", "1e300", "NaN", "+Inf", "-Inf", "123456789012345678", "0.1", "1.7952901808e+09", "5e-324",
        ])
    }

    /// Of one to four metrics. In some groups the path makes two of them equal.
    private mutating func labelSets() -> [[String]] {
        var sets = [
            [], ["x=\"1\""], ["x=\"2\""], ["y=\"2\""], ["instance=\"i\""], ["z=\"\\\\ \\\"é\\n\"", "a=\"\""],
            ["y=\"2\"", "x=\"1\""], ["job=\"other\"", "b=\"3\""],
        ]
        return (0...choice.number(below: 4)).map { _ in sets.remove(at: choice.number(below: sets.count)) }
    }

    private func line(_ name: String, _ labels: [String], _ value: String) -> String {
        labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels.joined(separator: ","))} \(value)\n"
    }

    private mutating func histogram(_ name: String, _ labels: [String]) -> String {
        var (text, count) = ("", 0)
        for bound in choice.one(of: [["0.1", "1", "+Inf"], ["1e-3", "5", "+Inf"], ["+Inf"], ["2"]]) {
            count += choice.number(below: 5)
            text += line("\(name)_bucket", labels + ["le=\"\(bound)\""], "\(count)")
        }
        return text + line("\(name)_sum", labels, "\(count).5") + line("\(name)_count", labels, "\(count)")
    }

    private mutating func summary(_ name: String, _ labels: [String]) -> String {
        var text = ""
        for quantile in choice.one(of: [["0.5", "0.99"], ["1"], []]) {
            text += line(name, labels + ["quantile=\"\(quantile)\""], value())
        }
        return text + line("\(name)_sum", labels, "2.5") + line("\(name)_count", labels, "\(choice.number(below: 9))")
    }
}
