/// What packets want done, in both forms.
extension EventPacket.Payload {
    /// In Hermes' form.
    func act(
        _ kind: EventDefinition.Kind, of metric: String, in bytes: UnsafeRawBufferPointer
    ) throws(EventRefusal) -> EventFamily.Act {
        switch kind {
        case .counter: return .add(try Self.increase(try number(value, "value", metric) ?? 1, metric))
        case .gauge: return try gaugeAct(metric, in: bytes)
        case .histogram, .summary:
            guard let number = try number(observation, "observation", metric) else {
                throw .missingObservation(metric: metric)
            }
            return .observe(try Self.finite(number, metric))
        }
    }

    private func gaugeAct(
        _ metric: String, in bytes: UnsafeRawBufferPointer
    ) throws(EventRefusal) -> EventFamily.Act {
        let word = try word("operation", metric)
        let number = try number(value, "value", metric)
        if Self.means(word, "increment", in: bytes) { return .add(try Self.finite(number ?? 1, metric)) }
        if Self.means(word, "decrement", in: bytes) { return .add(try Self.finite(-(number ?? 1), metric)) }
        guard Self.means(word, "set", in: bytes) else { throw Self.unknown(word, metric, in: bytes) }
        guard let number else { throw .missingValue(metric: metric) }
        return .set(number)
    }

    /// In the flat form.
    func flatAct(
        _ kind: EventDefinition.Kind, of metric: String, in bytes: UnsafeRawBufferPointer
    ) throws(EventRefusal) -> EventFamily.Act {
        let word = try word("method", metric)
        switch kind {
        case .counter:
            if Self.means(word, "inc", in: bytes) { return .add(1) }
            if Self.means(word, "add", in: bytes) { return .add(try Self.increase(try needed(metric), metric)) }
        case .gauge:
            if Self.means(word, "inc", in: bytes) { return .add(1) }
            if Self.means(word, "dec", in: bytes) { return .add(-1) }
            if Self.means(word, "add", in: bytes) { return .add(try Self.finite(try needed(metric), metric)) }
            if Self.means(word, "sub", in: bytes) { return .add(try Self.finite(-(try needed(metric)), metric)) }
            if Self.means(word, "set", in: bytes) { return .set(try needed(metric)) }
        case .histogram, .summary:
            if Self.means(word, "observe", in: bytes) {
                return .observe(try Self.finite(try needed(metric), metric))
            }
        }
        throw Self.unknown(word, metric, in: bytes)
    }

    // MARK: Parts

    private func needed(_ metric: String) throws(EventRefusal) -> Double {
        guard let number = try number(value, "value", metric) else { throw .missingValue(metric: metric) }
        return number
    }

    private func number(
        _ field: EventPacket.Field, _ key: String, _ metric: String
    ) throws(EventRefusal) -> Double? {
        switch field {
        case .absent: return nil
        case .number(let number): return number
        case .string, .other: throw .notNumber(metric: metric, key: key)
        }
    }

    private func word(_ key: String, _ metric: String) throws(EventRefusal) -> JSONString {
        switch operation {
        case .string(let word): return word
        case .absent: throw .missingOperation(metric: metric)
        case .number, .other: throw .wrongType(key, expected: "a string")
        }
    }

    private static func increase(_ number: Double, _ metric: String) throws(EventRefusal) -> Double {
        if try finite(number, metric) < 0 { throw .negativeValue(metric: metric) }
        return number
    }

    private static func finite(_ number: Double, _ metric: String) throws(EventRefusal) -> Double {
        if !number.isFinite { throw .notFinite(metric: metric) }
        return number
    }

    fileprivate static func means(_ word: JSONString, _ sense: StaticString, in bytes: UnsafeRawBufferPointer) -> Bool {
        let sense = UnsafeBufferPointer(start: sense.utf8Start, count: sense.utf8CodeUnitCount)
        if word.isPlain { return word.text(in: bytes).elementsEqual(sense) }
        return EventLabels.plain(word, in: bytes).elementsEqual(sense)
    }

    private static func unknown(
        _ word: JSONString, _ metric: String, in bytes: UnsafeRawBufferPointer
    ) -> EventRefusal {
        .unknownOperation(metric: metric, EscapedText.short(EventLabels.plain(word, in: bytes)))
    }
}

/// What the flat form says of its metric.
///
/// Texts of packets are looked at as bytes until they are known to be short and of plain letters: two that have many
/// marks take long to compare.
extension EventPacket {
    func kind(in bytes: UnsafeRawBufferPointer) -> EventDefinition.Kind? {
        guard case .string(let type) = declaration.type else { return nil }
        if Payload.means(type, "counter", in: bytes) { return .counter }
        if Payload.means(type, "gauge", in: bytes) { return .gauge }
        if Payload.means(type, "histogram", in: bytes) { return .histogram }
        if Payload.means(type, "summary", in: bytes) { return .summary }
        return nil
    }

    /// Its names are names; nothing else is looked at yet.
    func definition(
        _ kind: EventDefinition.Kind, named name: JSONString, in bytes: UnsafeRawBufferPointer
    ) throws(EventRefusal) -> EventDefinition {
        let name = EventLabels.plain(name, in: bytes)
        let shown = EscapedText.short(name)
        if let problem = EventDefinition.problem(ofName: name) {
            throw .badDeclaration(metric: shown, "name: \(problem)")
        }
        var labels: Set<String> = []
        for field in flat.labels {
            let label = EventLabels.plain(field.name, in: bytes)
            if let problem = EventDefinition.problem(ofLabel: label) {
                throw .badDeclaration(metric: shown, "labels: \(problem)")
            }
            labels.insert(String(decoding: label, as: UTF8.self))
        }
        var help: [UInt8] = []
        if case .string(let text) = declaration.help { help = EventLabels.plain(text, in: bytes) }
        if help.count > EventDefinition.helpBytesMax {
            throw .badDeclaration(metric: shown, "help: has more than \(EventDefinition.helpBytesMax) bytes")
        }
        let buckets = declaration.buckets.flatMap { $0.isEmpty ? nil : $0 } ?? EventDefinition.standardBuckets
        return EventDefinition(
            kind, String(decoding: name, as: UTF8.self), help: String(decoding: help, as: UTF8.self),
            labels: labels.sorted(), buckets: buckets)
    }
}
