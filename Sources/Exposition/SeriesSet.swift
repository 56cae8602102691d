/// Which series a text has, each with the timestamps of its samples.
///
/// Exact: the key is name and labels by name, without those that are empty; `le` and `quantile` by their numbers.
struct SeriesSet {
    /// The timestamp of the first sample.
    private var first: [[UInt8]: Int64?] = [:]
    /// Of further samples, behind the key.
    private var others: Set<[UInt8]> = []
    private var key: [UInt8] = []

    var count: Int { first.count }

    /// `false` where there is a sample of this series at this time. `sample` is in its final form.
    mutating func insert(_ sample: TextSample, _ reader: TextSampleReader, _ bytes: UnsafeRawBufferPointer) -> Bool {
        makeKey(sample, reader, bytes)
        guard let time = first.updateValue(sample.timestamp, forKey: key) else { return true }
        first[key] = .some(time)
        guard time != sample.timestamp else { return false }
        append(UInt64(bitPattern: sample.timestamp ?? -1))
        return others.insert(key).inserted
    }

    private mutating func makeKey(
        _ sample: TextSample, _ reader: TextSampleReader, _ bytes: UnsafeRawBufferPointer
    ) {
        key.removeAll(keepingCapacity: true)
        key += bytes[sample.name.range]
        for place in reader.order {
            let label = reader.labels[place]
            guard !label.value.isEmpty else { continue }
            key.append(0xFF)
            key += bytes[label.name.range]
            key.append(0xFF)
            append(label, bytes)
        }
    }

    /// 0xFE and 0xFF are no bytes of UTF-8.
    private mutating func append(_ label: TextLabel, _ bytes: UnsafeRawBufferPointer) {
        let name = bytes[label.name.range]
        guard name.elementsEqual("le".utf8) || name.elementsEqual("quantile".utf8),
            case .number(let number) = Decimal.read(bytes, label.value)
        else {
            key += bytes[label.value]
            return
        }
        key.append(0xFE)
        append(number == 0 ? 0 : number.isNaN ? Double.nan.bitPattern : number.bitPattern)
    }

    private mutating func append(_ word: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { key.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
}
