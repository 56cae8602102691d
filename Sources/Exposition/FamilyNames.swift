/// Which metric names are taken in a body: by its families, and by the samples of its histograms and summaries.
///
/// A family whose name is that of a histogram's samples, such as `a_sum` beside the histogram `a`, is refused by
/// expfmt, which holds its lines for those of the histogram. Here it is refused whichever of the two comes first.
struct FamilyNames {
    /// The samples a family has besides those of its own name.
    enum Suffixes { case none, summary, histogram }

    /// What is noted of a name, or of the part of a name in front of its suffix.
    private enum Note: UInt64 {
        case isFamily
        /// There is a family of this name and `_sum` or `_count`.
        case sumIsFamily
        case bucketIsFamily
        /// The family is a histogram or summary.
        case hasSum
        /// The family is a histogram.
        case hasBuckets
    }

    private let hash: SeriesHash
    private var notes = HashSet(capacity: 64)

    init(hash: SeriesHash) { self.hash = hash }

    /// A new family; false where its name is taken.
    mutating func add(_ name: UnsafeRawBufferPointer) -> Bool {
        guard note(.isFamily, name) else { return false }
        if let stem = Self.stem(name, "_bucket") { return add(stem, .bucketIsFamily, unless: .hasBuckets) }
        guard let stem = Self.stem(name, "_count") ?? Self.stem(name, "_sum") else { return true }
        return add(stem, .sumIsFamily, unless: .hasSum)
    }

    private mutating func add(_ stem: UnsafeRawBufferPointer, _ new: Note, unless old: Note) -> Bool {
        _ = note(new, stem)
        return !notes.contains(number(old, stem))
    }

    /// The type of a family; false where one of its samples' names is that of another family.
    mutating func declare(_ name: UnsafeRawBufferPointer, _ suffixes: Suffixes) -> Bool {
        guard suffixes != .none else { return true }
        _ = note(.hasSum, name)
        if suffixes == .histogram {
            _ = note(.hasBuckets, name)
            if notes.contains(number(.bucketIsFamily, name)) { return false }
        }
        return !notes.contains(number(.sumIsFamily, name))
    }

    /// False where it was noted before.
    private mutating func note(_ note: Note, _ name: UnsafeRawBufferPointer) -> Bool {
        notes.insert(number(note, name))
    }

    private func number(_ note: Note, _ name: UnsafeRawBufferPointer) -> UInt64 {
        hash.begin(name: name, kind: note.rawValue)
    }

    private static func stem(_ name: UnsafeRawBufferPointer, _ suffix: StaticString) -> UnsafeRawBufferPointer? {
        let count = name.count &- suffix.utf8CodeUnitCount
        guard count > 0, let base = name.baseAddress,
            ByteCompare.areEqual(base + count, suffix.utf8Start, suffix.utf8CodeUnitCount)
        else { return nil }
        return UnsafeRawBufferPointer(start: base, count: count)
    }
}
