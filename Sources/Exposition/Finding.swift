/// Something in an exposition that a reader would refuse, or that had to be put right.
public struct Finding: Equatable, Sendable {
    public var reason: Reason
    /// From 1.
    public var line: Int
    /// In bytes, from 1.
    public var column: Int
    /// The line, shown safely: cut at 200 bytes, control characters and what is not UTF-8 escaped.
    public var text: String

    public init(_ reason: Reason, line: Int, column: Int, text: String) {
        self.reason = reason
        self.line = line
        self.column = column
        self.text = text
    }
}

/// Why: a code for metrics and logs, a sentence and a remedy for people.
public struct Reason: Hashable, Sendable {
    /// Snake case, never changes: it is a label value.
    public var code: String
    /// What is wrong, without a full stop.
    public var sentence: String
    /// What its author can do.
    public var remedy: String
    /// Who refuses a body for it.
    public var refusedBy: Readers
    /// What serving does about it.
    public var outcome: Outcome

    public init(_ code: String, _ sentence: String, remedy: String, refusedBy: Readers, outcome: Outcome) {
        self.code = code
        self.sentence = sentence
        self.remedy = remedy
        self.refusedBy = refusedBy
        self.outcome = outcome
    }

    public struct Readers: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Prometheus' scraper reading text 0.0.4.
        public static let scraper = Readers(rawValue: 1)
        /// The parser of promtool and Pushgateway.
        public static let expfmt = Readers(rawValue: 2)
        /// A reader that holds to OpenMetrics 1.0.
        public static let openMetrics = Readers(rawValue: 4)
    }

    public enum Outcome: String, Sendable {
        /// The same is said in a form that all readers take.
        case repaired
        /// The line is left out.
        case dropped
    }

    public static func == (left: Reason, right: Reason) -> Bool { left.code == right.code }
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}
