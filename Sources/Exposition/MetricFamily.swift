/// The samples of one name, with what is said about them.
public struct MetricFamily: Equatable, Sendable {
    /// As written: of a counter in OpenMetrics without `_total`, in text 0.0.4 usually with it.
    public var name: String
    /// `nil` where no TYPE was given.
    public var type: MetricType?
    /// Unescaped.
    public var help: String?
    /// OpenMetrics only.
    public var unit: String?
    public var samples: [Sample]

    public init(
        name: String, type: MetricType? = nil, help: String? = nil, unit: String? = nil, samples: [Sample] = []
    ) {
        self.name = name
        self.type = type
        self.help = help
        self.unit = unit
        self.samples = samples
    }
}

/// One value of one series.
public struct Sample: Sendable {
    /// With its suffix, such as `_bucket`.
    public var name: String
    public var labels: LabelSet
    public var value: Double
    public var timestamp: Timestamp?
    /// OpenMetrics only.
    public var exemplar: Exemplar?

    public init(
        name: String, labels: LabelSet = [], value: Double, timestamp: Timestamp? = nil, exemplar: Exemplar? = nil
    ) {
        self.name = name
        self.labels = labels
        self.value = value
        self.timestamp = timestamp
        self.exemplar = exemplar
    }
}

extension Sample: Equatable {
    /// Equal bits: NaN equals NaN, and 0 differs from -0.
    public static func == (left: Sample, right: Sample) -> Bool {
        left.name == right.name && left.labels == right.labels && left.value.bitPattern == right.value.bitPattern
            && left.timestamp == right.timestamp && left.exemplar == right.exemplar
    }
}

/// Labels in the order in which they were written.
public typealias LabelSet = [Label]

/// A name and a value, both unescaped.
public struct Label: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// By bytes, as Prometheus has it: strings of the standard library are equal also where they only look alike.
    public static func == (a: Label, b: Label) -> Bool {
        a.name.utf8.elementsEqual(b.name.utf8) && a.value.utf8.elementsEqual(b.value.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for var text in [name, value] {
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
            hasher.combine(0xFF as UInt8)
        }
    }
}

/// A point in time since 1970: text 0.0.4 writes whole milliseconds, OpenMetrics seconds with a fraction.
public struct Timestamp: Equatable, Sendable {
    public var seconds: Int64
    /// 0 to 999 999 999, counted forward also before 1970.
    public var nanoseconds: Int32

    public init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}

/// An example behind a sample, such as the trace of one request (OpenMetrics 1.0, "Exemplars").
public struct Exemplar: Equatable, Sendable {
    public var labels: LabelSet
    public var value: Double
    public var timestamp: Timestamp?

    public init(labels: LabelSet, value: Double, timestamp: Timestamp? = nil) {
        self.labels = labels
        self.value = value
        self.timestamp = timestamp
    }
}
