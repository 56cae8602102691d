/// Which series a text has, each with the timestamps of its samples.
///
/// Exact: the key is name and labels by name, without those that are empty; `le` and `quantile` by their numbers.
/// A table of our own with open addressing: a `Dictionary` would allocate for every series and hash twice. The hash is
/// Swift's, whose seed nobody outside knows.
struct SeriesSet {
    private struct Entry {
        var hash: Int
        var key: Range<Int>
        /// Of the first sample.
        var time: Int64?
    }

    private var entries: [Entry] = []
    /// The keys of `entries`, one after the other.
    private var keys: [UInt8] = []
    /// Places in `entries` plus 1, or 0; a power of two, at most half full.
    private var slots = [Int](repeating: 0, count: 64)
    private var key: [UInt8] = []
    /// Keys with timestamps of further samples.
    private var others: Set<[UInt8]> = []

    var count: Int { entries.count }

    /// `false` where there is a sample of this series at this time. `sample` is in its final form.
    mutating func insert(_ sample: TextSample, _ reader: TextSampleReader, _ bytes: UnsafeRawBufferPointer) -> Bool {
        makeKey(sample, reader, bytes)
        guard let earlier = insertKey(at: sample.timestamp) else { return true }
        guard entries[earlier].time != sample.timestamp else { return false }
        append(UInt64(bitPattern: sample.timestamp ?? -1))
        return others.insert(key).inserted
    }

    /// The place in `entries`, where the series is there already.
    private mutating func insertKey(at time: Int64?) -> Int? {
        let hash = key.withUnsafeBytes { key in
            var hasher = Hasher()
            hasher.combine(bytes: key)
            return hasher.finalize()
        }
        var slot = hash & (slots.count - 1)
        while slots[slot] != 0 {
            let entry = entries[slots[slot] - 1]
            if entry.hash == hash, isKey(entry.key) { return slots[slot] - 1 }
            slot = (slot + 1) & (slots.count - 1)
        }
        let start = keys.count
        keys += key
        entries.append(Entry(hash: hash, key: start..<keys.count, time: time))
        slots[slot] = entries.count
        if entries.count * 2 > slots.count { grow() }
        return nil
    }

    private func isKey(_ range: Range<Int>) -> Bool { keys.withUnsafeBytes { $0.holds(key, at: range) } }

    private mutating func grow() {
        slots = [Int](repeating: 0, count: slots.count * 2)
        for (place, entry) in entries.enumerated() {
            var slot = entry.hash & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = place + 1
        }
    }
}

extension SeriesSet {
    private mutating func makeKey(
        _ sample: TextSample, _ reader: TextSampleReader, _ bytes: UnsafeRawBufferPointer
    ) {
        key.removeAll(keepingCapacity: true)
        key += bytes.part(sample.name.range)
        for place in reader.order {
            let label = reader.labels[place]
            guard !label.value.isEmpty else { continue }
            key.append(0xFF)
            key += bytes.part(label.name.range)
            key.append(0xFF)
            append(label, bytes)
        }
    }

    /// 0xFE and 0xFF are no bytes of UTF-8.
    private mutating func append(_ label: TextLabel, _ bytes: UnsafeRawBufferPointer) {
        guard bytes.holds("le", at: label.name.range) || bytes.holds("quantile", at: label.name.range),
            case .number(let number) = FloatText.read(bytes.part(label.value))
        else {
            key += bytes.part(label.value)
            return
        }
        key.append(0xFE)
        append(number == 0 ? 0 : number.isNaN ? Double.nan.bitPattern : number.bitPattern)
    }

    private mutating func append(_ word: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { key.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
}
