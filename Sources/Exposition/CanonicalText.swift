/// Text 0.0.4 in the form that every reader takes, as it stands: Prometheus' scraper, expfmt, and a join with others.
///
/// Families one after the other, each at most once, each with at most one HELP and one TYPE in front of its
/// samples; every line ended by a line feed, no other lines; names, values, escapes and timestamps within what both
/// readers allow; no series twice at the same time. Almost every exporter writes so. What is written otherwise goes through
/// ``TextRepair``, and comes back in this form.
public enum CanonicalText {
    /// The index of `bytes`, or `nil` where they are not canonical or break a limit; why is not said.
    ///
    /// - Parameter repeats: also take a body in which a series occurs twice at the same time, and say in which lines,
    ///   counted from 0, it does so again.
    public static func index(
        _ bytes: UnsafeRawBufferPointer, limits: ExpositionLimits, repeats: ((_ line: Int) -> Void)? = nil
    ) -> IndexedExposition? {
        guard bytes.count <= limits.bytes, bytes.count < Int(ExpositionShape.headerBit) else { return nil }
        guard let last = bytes.last else { return .empty }
        // Every loop below may run to the next line feed without looking for the end.
        guard last == UInt8(ascii: "\n") else { return nil }
        let labels = max(0, min(limits.labels, labelsMax))
        return withUnsafeTemporaryAllocation(of: LabelMemory.Entry.self, capacity: max(1, labels)) { entries in
            guard let base = entries.baseAddress else { return nil }
            var scan = CanonicalScan(bytes, limits: limits, memory: LabelMemory(base, capacity: labels))
            return scan.run(repeats: repeats)
        }
    }

    /// A series cannot have more labels, whatever the limits say: each is compared with each.
    public static let labelsMax = 1024

    /// The index of `bytes` where they differ from `old` in nothing but values and timestamps; else `nil`.
    ///
    /// Several times as fast as ``index(_:limits:repeats:)``, which takes everything that this takes, and finds the
    /// same families and series; only its `limits.bytes` is not looked at. `index` must be that of `old`.
    public static func index(
        _ bytes: UnsafeRawBufferPointer, like old: UnsafeRawBufferPointer, _ index: IndexedExposition
    ) -> IndexedExposition? {
        guard bytes.count < Int(ExpositionShape.headerBit), !index.shape.hasRepeatedSeries else { return nil }
        guard let last = bytes.last, last == UInt8(ascii: "\n"), let lastOld = old.last, lastOld == last else {
            return bytes.isEmpty && old.isEmpty ? index : nil
        }
        var lockstep = Lockstep(new: bytes, old: old, shape: index.shape)
        return lockstep.run()
    }
}

extension IndexedExposition {
    /// Of an empty body.
    public static let empty = IndexedExposition(shape: .empty, extents: [])
}

extension ExpositionShape {
    /// Of an empty body.
    public static let empty = ExpositionShape(
        families: [], series: [], prefixes: [], hasRepeatedSeries: false, hasTimestamps: false)
}
