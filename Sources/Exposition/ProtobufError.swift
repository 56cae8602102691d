/// Where and why a body of protobuf messages is refused.
public struct ProtobufError: Error, Equatable, CustomStringConvertible {
    public enum Problem: Equatable, Sendable {
        /// The message, or the field, ends behind the bytes that hold it.
        case truncated
        /// A number of more than ten bytes, or of more than 64 bits.
        case varint
        /// No field has this number.
        case fieldNumber
        /// Groups, which nobody sends any more, and what has never been defined.
        case wireType(UInt8)
        /// A known field that holds something else than the schema says.
        case otherWireType(UInt8, expected: UInt8)
        case notUTF8
        case noName
        case metricName(String)
        case labelName(String)
        case repeatedLabel(String)
        case unknownType(UInt64)
        /// A metric without the value that the type of its family asks for.
        case noValue(MetricType)
        /// More than a limit allows; of what, and the limit.
        case tooMuch(String, limit: Int)
    }

    public var problem: Problem
    /// Which message of the body, from 1; each is one metric family.
    public var message: Int
    /// The way to the field, such as `metric[3].label[0].name`, with elements counted from 0; empty for the message.
    public var field: String
    /// In bytes of the body, from 0.
    public var offset: Int

    init(_ problem: Problem, at offset: Int, field: String = "", message: Int = 0) {
        self.problem = problem
        self.message = message
        self.field = field
        self.offset = offset
    }

    /// The same, seen from the message around the field `outer`.
    func within(_ outer: String, _ element: Int? = nil) -> ProtobufError {
        let outer = element.map { "\(outer)[\($0)]" } ?? outer
        return ProtobufError(problem, at: offset, field: field.isEmpty ? outer : "\(outer).\(field)", message: message)
    }

    public var description: String {
        "message \(message)\(field.isEmpty ? "" : ", field \(field)"), byte \(offset): \(problem.sentence)"
    }

    /// Whether the body is too much, and not wrong.
    public var isOverLimit: Bool { if case .tooMuch = problem { true } else { false } }
}

extension ProtobufError.Problem {
    var sentence: String {
        switch self {
        case .truncated: "it ends too early"
        case .varint: "a number has more than 64 bits"
        case .fieldNumber: "a field without a valid number"
        case .wireType(let type): "wire type \(type) is not known here"
        case .otherWireType(let type, let expected): "wire type \(type) where \(expected) belongs"
        case .notUTF8: "not UTF-8"
        case .noName: "a metric family without a name"
        case .metricName(let name): "\(Self.shown(name)) is no metric name"
        case .labelName(let name): "\(Self.shown(name)) is no label name"
        case .repeatedLabel(let name): "the label \(Self.shown(name)) is there twice"
        case .unknownType(let type): "no metric type has the number \(type)"
        case .noValue(let type): "the metric has no \(type.rawValue) value"
        case .tooMuch(let what, let limit): "more than \(limit) \(what)"
        }
    }

    /// In quotes, with escapes, and not for ever.
    private static func shown(_ name: String) -> String {
        let start = String(name.unicodeScalars.prefix(64))
        return start.debugDescription + (start == name ? "" : "…")
    }
}
