import Exposition
import NIOCore

/// Groups as bytes that outlive the process: one part for each, one for what expired, one for the idempotency keys.
extension PushedGroups {
    package struct Part: Sendable {
        package var key: String
        /// `nil` where the part has gone.
        package var bytes: ByteBuffer?
    }

    enum PartKind: UInt8 {
        case group = 0x80
        case bases, keys, limits
    }

    /// Nobody's source is called so.
    static let basesKey = "push bases"
    static let keysKey = "push keys"
    static let limitsKey = "push limits"

    /// The parts that are others than at the last call.
    package mutating func changedParts() -> [Part] {
        var parts = unsaved.gone.filter { places[$0] == nil }.map { Part(key: $0.source) }
        for slot in unsaved.slots.sorted() {
            slots[slot]?.isUnsaved = false
            slots[slot]?.isSaved = true
            guard let group = slots[slot] else { continue }
            parts.append(Part(key: group.key.source, bytes: part(of: group)))
        }
        unsaved.removeAll()
        if ledger.bases.hasChanged { parts.append(Part(key: Self.basesKey, bytes: basesPart())) }
        if keys.hasChanged { parts.append(Part(key: Self.keysKey, bytes: keysPart())) }
        if haveLimitsChanged { parts.append(Part(key: Self.limitsKey, bytes: limitsPart())) }
        ledger.bases.hasChanged = false
        keys.hasChanged = false
        haveLimitsChanged = false
        return parts
    }

    private func part(of group: PushedGroup) -> ByteBuffer {
        var writer = RecordWriter(kind: PartKind.group.rawValue)
        writer.write(group, times)
        return writer.bytes
    }

    private func basesPart() -> ByteBuffer {
        var writer = RecordWriter(kind: PartKind.bases.rawValue)
        let times = times
        writer.write(each: ledger.bases.all) { writer, place in
            writer.write(place.group)
            writer.write(place.family)
            writer.write(place.base.type)
            writer.write(place.base.labels)
            writer.write(place.base.state, times)
        }
        return writer.bytes
    }

    private func limitsPart() -> ByteBuffer {
        var writer = RecordWriter(kind: PartKind.limits.rawValue)
        writer.write(limits)
        return writer.bytes
    }

    private func keysPart() -> ByteBuffer {
        var writer = RecordWriter(kind: PartKind.keys.rawValue)
        let times = times
        writer.write(each: keys.all) { writer, entry in
            writer.write(entry.key.group)
            writer.write(entry.key.key.text)
            writer.write(times.wall(entry.answer.at))
            writer.write(entry.answer.outcome)
        }
        return writer.bytes
    }

    /// How monotonic times are said by the wall's clock.
    private var times: WrittenTimes {
        WrittenTimes(reference: reference ?? Moment(wall: .init(nanoseconds: 0), monotonic: 0))
    }

    // MARK: Restoring

    /// Takes a part that was made by ``changedParts()``, perhaps of another run; a group takes the place of the one
    /// with its key. Nothing of a part that is refused is taken.
    package mutating func restore(_ bytes: ByteBuffer, at now: Moment) throws(RecordError) {
        if reference == nil { reference = now }
        var reader = try RecordReader(push: bytes)
        let times = RestoredTimes(now: now)
        switch PartKind(rawValue: try reader.byte()) {
        case .group: try restoreGroup(&reader, times)
        case .bases: try restoreBases(&reader, times)
        case .keys: try restoreKeys(&reader, times)
        case .limits:
            let limits = try reader.limits()
            try reader.end()
            self.limits = limits
            haveLimitsChanged = false
        case nil: throw .damaged("the kind of a part")
        }
    }

    private mutating func restoreGroup(_ reader: inout RecordReader, _ times: RestoredTimes) throws(RecordError) {
        let saved = try SavedGroup(&reader, times)
        try reader.end()
        if let old = places[saved.key] { remove(old) }
        guard saved.fits(ledger) else { throw .conflict }
        let slot = add(saved.key)
        slots[slot]?.restore(saved, &ledger)
        mark(slot)
        slots[slot]?.isSaved = true
        slots[slot]?.isUnsaved = false
        unsaved.slots.remove(slot)
    }

    private mutating func restoreBases(_ reader: inout RecordReader, _ times: RestoredTimes) throws(RecordError) {
        var text = WrittenText()
        let bases = try reader.each { reader throws(RecordError) in
            let (group, family) = (try reader.group(), try reader.text())
            let (type, labels) = (try reader.type(), try reader.text())
            return (group, family, ExpiredBases.Base(type, labels: labels, try reader.aggregate(times)))
        }
        try reader.end()
        for (_, family, base) in bases {
            text = WrittenText()
            text.append(family, base.type, help: nil)
            text.append(family, base.labels, base.state)
            try text.check()
        }
        ledger.bases.forgetAll()
        for (group, family, base) in bases {
            let number = FamilyNumbers(family, base.type).number(labels: base.labels, hasParts: base.state.hasParts)
            ledger.bases.keep(base, number, of: family, in: group, limit: limits.bases)
        }
        ledger.bases.hasChanged = false
    }

    private mutating func restoreKeys(_ reader: inout RecordReader, _ times: RestoredTimes) throws(RecordError) {
        let entries = try reader.each { reader throws(RecordError) in
            let key = IdempotencyKeys.Key(group: try reader.group(), key: ExactText(try reader.text()))
            let time = times.monotonic(wall: try reader.int64())
            return (key, time, try reader.outcome())
        }
        try reader.end()
        keys = IdempotencyKeys(limits)
        for (key, time, outcome) in entries { keys.remember(outcome, for: key, at: time) }
        keys.hasChanged = false
    }
}

/// Monotonic times as the wall's clock would say them.
struct WrittenTimes {
    let reference: Moment

    func wall(_ monotonic: Int64) -> Int64 { reference.at(monotonic: monotonic).wall.nanoseconds }
}

extension RecordWriter {
    fileprivate mutating func write(_ outcome: PushOutcome) {
        guard case .refused(let conflicts) = outcome else { return write(count: 0) }
        write(each: conflicts) { writer, conflict in
            writer.write(conflict.kind.rawValue)
            writer.write(conflict.description)
        }
    }
}

extension RecordReader {
    fileprivate mutating func outcome() throws(RecordError) -> PushOutcome {
        let conflicts = try each { reader throws(RecordError) in
            guard let kind = PushConflict.Kind(rawValue: try reader.text()) else { throw .damaged("a reason") }
            return PushConflict(kind: kind, description: try reader.text())
        }
        return conflicts.isEmpty ? .stored : .refused(conflicts)
    }
}
