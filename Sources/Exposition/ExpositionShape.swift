/// What stays the same from one body of a source to the next while only its values move.
///
/// Shared by all bodies of the same shape, and never changed: whoever finds the same object twice knows that
/// families, types, help texts and series are the same, without looking.
public final class ExpositionShape: Sendable {
    public struct Family: Equatable, Sendable {
        public var name: String
        /// `nil` where the body has no TYPE line for it.
        public var type: MetricType?
        /// As written, still escaped; `nil` where the body has no HELP line for it.
        public var help: String?
        /// The lines of the body, header and samples.
        public var lines: Range<Int>
        /// Which of the body's samples it has.
        public var samples: Range<Int>
    }

    public let families: [Family]
    /// A number for each sample that is equal where name and labels are equal, in whatever order they stand.
    ///
    /// Two different series share a number with a chance of 2^-64.
    public let series: [UInt64]
    /// Samples that repeat the series of an earlier one, at another time.
    public let hasRepeatedSeries: Bool
    /// At least one sample has a timestamp, or had one in an earlier body of this shape.
    public let hasTimestamps: Bool
    /// For each line: the bytes in front of the value; of HELP and TYPE all bytes, and the highest bit.
    let prefixes: [UInt32]

    init(
        families: [Family], series: [UInt64], prefixes: [UInt32], hasRepeatedSeries: Bool, hasTimestamps: Bool
    ) {
        self.families = families
        self.series = series
        self.prefixes = prefixes
        self.hasRepeatedSeries = hasRepeatedSeries
        self.hasTimestamps = hasTimestamps
    }

    static let headerBit: UInt32 = 1 << 31
}

/// A body that every reader takes, with an index of its families.
public struct IndexedExposition: Sendable {
    /// Where a family lies in the body, in bytes.
    public struct Extent: Equatable, Sendable {
        public var start: Int
        /// Where its samples begin: what lies before are HELP and TYPE.
        public var samples: Int
        public var end: Int
    }

    public let shape: ExpositionShape
    /// One for each of the shape's families; without gaps, from 0 to the end of the body.
    public let extents: [Extent]
}
