import FoundationEssentials
import TestSupport

@testable import ExporterProxy

/// What packets of Hermes' form should do, said slowly: on trees that somebody else's decoder has made.
struct EventModel {
    private let definitions: [String: EventDefinition]
    /// Values, sums and counts by the lines that show them, whose bytes count: there are two ways to write é.
    private(set) var samples: [[UInt8]: Double] = [:]

    init(_ definitions: [EventDefinition]) {
        self.definitions = Dictionary(uniqueKeysWithValues: definitions.map { ($0.name, $0) })
    }

    /// What `text`, a packet or a batch in one line, is counted as; `nil` where the decoder does not tell keys apart
    /// that we do.
    mutating func take(_ text: String) -> String? {
        if text.allSatisfy({ $0 == " " }) { return "0 accepted, empty: 1" }
        guard let tree = try? JSONDecoder().decode(JSONCase.self, from: Data(text.utf8)) else {
            return refused("malformed")
        }
        switch tree {
        case .object(let members):
            guard let reason = apply(members) else { return nil }
            return reason.isEmpty ? "1 accepted" : refused(reason)
        case .array(let elements) where elements.isEmpty: return refused("empty")
        case .array(let elements):
            var counts: [String: Int] = [:]
            for element in elements {
                guard case .object(let members) = element else {
                    counts["not_object", default: 0] += 1
                    continue
                }
                guard let reason = apply(members) else { return nil }
                counts[reason, default: 0] += 1
            }
            let accepted = counts.removeValue(forKey: "") ?? 0
            return (["\(accepted) accepted"] + counts.map { "\($0.key): \($0.value)" }.sorted()).joined(separator: ", ")
        default: return refused("malformed")
        }
    }

    private func refused(_ reason: String) -> String { "0 accepted, \(reason): 1" }

    /// Empty where all is well.
    private mutating func apply(_ members: [String: JSONCase]) -> String? {
        guard let top = folded(members), let payload = folded(top["payload"]?.object ?? [:]) else { return nil }
        guard let name = top["metric_name"] else { return "missing_metric_name" }
        guard let name = name.string else { return "wrong_type" }
        guard let metric = definitions[name] else { return "unknown_metric" }
        if let payload = top["payload"], !payload.isObject { return "wrong_type" }
        if let labels = payload["labels"], !labels.isObject { return "wrong_type" }
        let labels = payload["labels"]?.object ?? [:]
        if labels.keys.contains(where: { !metric.labels.contains($0) }) { return "unknown_label" }
        if metric.labels.contains(where: { labels[$0] == nil }) { return "missing_label" }
        if labels.values.contains(where: { $0.string == nil && !$0.isNull }) { return "label_value" }
        let texts = metric.labels.sorted().map { "\($0)=\"\(escaped(labels[$0]?.string ?? ""))\"" }
        return apply(metric, payload, texts.isEmpty ? "" : "{\(texts.joined(separator: ","))}")
    }

    private mutating func apply(_ metric: EventDefinition, _ payload: [String: JSONCase], _ labels: String) -> String {
        switch metric.kind {
        case .counter:
            if let value = payload["value"], !value.isNumber { return "not_number" }
            let amount = payload["value"]?.number ?? 1
            if amount < 0 { return "negative_value" }
            samples[Array((metric.name + labels).utf8), default: 0] += amount
        case .gauge:
            guard let operation = payload["operation"] else { return "missing_operation" }
            guard let operation = operation.string else { return "wrong_type" }
            if let value = payload["value"], !value.isNumber { return "not_number" }
            let value = payload["value"]?.number
            switch operation {
            case "increment": samples[Array((metric.name + labels).utf8), default: 0] += value ?? 1
            case "decrement": samples[Array((metric.name + labels).utf8), default: 0] -= value ?? 1
            case "set":
                guard let value else { return "missing_value" }
                samples[Array((metric.name + labels).utf8)] = value
            default: return "unknown_operation"
            }
        case .histogram, .summary:
            guard let observation = payload["observation"] else { return "missing_observation" }
            guard observation.isNumber, let value = observation.number else { return "not_number" }
            samples[Array("\(metric.name)_sum\(labels)".utf8), default: 0] += value
            samples[Array("\(metric.name)_count\(labels)".utf8), default: 0] += 1
        }
        return ""
    }

    private func escaped(_ text: String) -> String {
        // Scalars and not characters: a mark after a quote makes another character of it.
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: String(scalar)
            }
        }.joined()
    }

    /// With keys in small letters and without `null`; `nil` where keys differ in case only.
    private func folded(_ members: [String: JSONCase]) -> [String: JSONCase]? {
        let folded = members.map { ($0.key.lowercased(), $0.value) }
        guard Set(folded.map(\.0)).count == members.count else { return nil }
        return Dictionary(uniqueKeysWithValues: folded).filter { !$0.value.isNull }
    }
}

extension JSONCase {
    fileprivate var isObject: Bool { if case .object = self { true } else { false } }
    fileprivate var isNumber: Bool { if case .number = self { true } else { false } }
}

/// Packets of all kinds, right and nearly right, in one line each.
struct RandomEvents {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func next() -> String {
        if chance(10) {
            let count = Int.random(in: 0...4, using: &generator)
            return "[" + (0..<count).map { _ in packet() }.joined(separator: ",") + "]"
        }
        return chance(3) ? damaged(packet()) : packet()
    }

    private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &generator) == 0 }

    private mutating func pick(_ words: [String]) -> String { words.randomElement(using: &generator) ?? "" }

    private mutating func packet() -> String {
        let name = pick([
            "sample_counter", "sample_gauge", "sample_histogram", "sample_summary", "plain_total", "plain_gauge",
            "nope",
        ])
        var members = [pair(key("metric_name"), chance(20) ? value() : EscapedText.json(name))]
        if !chance(12) { members.append(pair(key("payload"), chance(20) ? value() : payload(of: name))) }
        if chance(5) { members.append(pair("\"extra\"", value())) }
        return object(members.shuffled(using: &generator))
    }

    private mutating func payload(of name: String) -> String {
        var members: [String] = []
        if !chance(15) { members.append(pair(key("labels"), chance(20) ? value() : labels(of: name))) }
        if name.hasSuffix("gauge"), !chance(10) {
            let word = pick(["increment", "decrement", "set", "Set", "reset"])
            members.append(pair(key("operation"), chance(15) ? value() : EscapedText.json(word)))
        }
        if chance(2) { members.append(pair(key("value"), chance(15) ? value() : number())) }
        if !name.hasSuffix("gauge"), !name.hasSuffix("r"), !chance(10) {
            members.append(pair(key("observation"), chance(15) ? value() : number()))
        }
        return object(members.shuffled(using: &generator))
    }

    private mutating func labels(of name: String) -> String {
        var names = name.hasPrefix("plain") ? [] : name == "sample_gauge" ? ["label_1", "label_2"] : ["label_1"]
        if chance(12) { names.append("other") }
        if chance(12) { names = Array(names.dropFirst()) }
        let members = names.map { pair("\"\($0)\"", chance(20) ? value() : label()) }
        return object(members.shuffled(using: &generator))
    }

    private mutating func label() -> String {
        chance(4) ? EscapedText.json(generator.text(5)) : pick(["\"a\"", "\"b\"", "\"\"", "\"\\u00e9\"", "\"\\/\""])
    }

    private mutating func key(_ word: String) -> String {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: return "\"\(word.uppercased())\""
        case 1: return "\"\\u00\(String(word.utf8.first ?? 0, radix: 16))\(word.dropFirst())\""
        default: return "\"\(word)\""
        }
    }

    private mutating func number() -> String {
        pick(["1", "0", "-1", "2.5", "1e3", "-0.125", "12E-2", "123456789012345678901", "0.1", "7"])
    }

    private mutating func value() -> String {
        pick(["null", "true", "false", "[]", "{}", "\"x\"", "5", "[1,{\"a\":[null]}]", "{\"label_1\":\"a\"}"])
    }

    private mutating func pair(_ key: String, _ value: String) -> String {
        chance(3) ? "\(key): \(value)" : "\(key):\(value)"
    }

    private mutating func object(_ members: [String]) -> String {
        "{\(members.joined(separator: chance(3) ? ", " : ","))}"
    }

    /// One or two characters are others, or not there.
    private mutating func damaged(_ packet: String) -> String {
        var bytes = Array(packet.utf8)
        for _ in 0...(chance(2) ? 1 : 0) {
            guard let place = bytes.indices.randomElement(using: &generator), bytes[place] < 0x80 else { continue }
            if chance(2) {
                bytes.remove(at: place)
            } else {
                bytes[place] = Array("{}[]:,\"\\ntru0-.eE_ a".utf8).randomElement(using: &generator) ?? 0
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
