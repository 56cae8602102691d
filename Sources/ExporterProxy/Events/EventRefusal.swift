/// Why a packet counts for nothing.
package enum EventRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    /// The value of the `reason` label.
    package enum Reason: String, CaseIterable, Sendable {
        case empty
        case tooLong = "too_long"
        case malformed
        case tooDeep = "too_deep"
        case notObject = "not_object"
        case wrongType = "wrong_type"
        case missingMetricName = "missing_metric_name"
        case unknownMetric = "unknown_metric"
        case missingLabel = "missing_label"
        case unknownLabel = "unknown_label"
        case labelValue = "label_value"
        case labelsTooLong = "labels_too_long"
        case missingOperation = "missing_operation"
        case unknownOperation = "unknown_operation"
        case missingValue = "missing_value"
        case missingObservation = "missing_observation"
        case notNumber = "not_number"
        case negativeValue = "negative_value"
        case notFinite = "not_finite"
        case seriesMax = "series_max"
        case totalSeriesMax = "total_series_max"
        case unknownType = "unknown_type"
        case otherType = "other_type"
        case badDeclaration = "bad_declaration"
        case metricsMax = "metrics_max"
    }

    /// There is no packet.
    case empty
    case tooLong
    case malformed(offset: Int, String)
    case tooDeep(offset: Int)
    /// In a batch.
    case notObject
    case wrongType(String, expected: String)
    case missingMetricName
    case unknownMetric(String)
    case missingLabel(metric: String, label: String)
    case unknownLabel(metric: String, label: String)
    case labelValue(metric: String, label: String)
    case labelsTooLong(metric: String, bytesMax: Int)
    case missingOperation(metric: String)
    case unknownOperation(metric: String, String)
    case missingValue(metric: String)
    case missingObservation(metric: String)
    case notNumber(metric: String, key: String)
    case negativeValue(metric: String)
    case notFinite(metric: String)
    case seriesMax(metric: String, Int)
    case totalSeriesMax(metric: String, Int)
    case unknownType(metric: String)
    case otherType(metric: String, EventDefinition.Kind)
    /// What is wrong with a metric that declares itself.
    case badDeclaration(metric: String, String)
    case metricsMax(Int)

    package var reason: Reason {
        switch self {
        case .empty: .empty
        case .tooLong: .tooLong
        case .malformed: .malformed
        case .tooDeep: .tooDeep
        case .notObject: .notObject
        case .wrongType: .wrongType
        case .missingMetricName: .missingMetricName
        case .unknownMetric: .unknownMetric
        case .missingLabel: .missingLabel
        case .unknownLabel: .unknownLabel
        case .labelValue: .labelValue
        case .labelsTooLong: .labelsTooLong
        case .missingOperation: .missingOperation
        case .unknownOperation: .unknownOperation
        case .missingValue: .missingValue
        case .missingObservation: .missingObservation
        case .notNumber: .notNumber
        case .negativeValue: .negativeValue
        case .notFinite: .notFinite
        case .seriesMax: .seriesMax
        case .totalSeriesMax: .totalSeriesMax
        case .unknownType: .unknownType
        case .otherType: .otherType
        case .badDeclaration: .badDeclaration
        case .metricsMax: .metricsMax
        }
    }

    static let otherLabels = wrongType("labels", expected: "an object of at most \(EventPacket.labelsMax) strings")

    /// It is no JSON.
    var isBroken: Bool {
        switch self {
        case .malformed, .tooDeep: true
        default: false
        }
    }

    package var description: String {
        switch self {
        case .empty: "nothing in it: a packet is a JSON object with metric_name and payload"
        case .tooLong: "longer than events.packet_bytes_max"
        case .malformed(let offset, let what): "not JSON, byte \(offset): \(what)"
        case .tooDeep(let offset): "byte \(offset): deeper than \(EventScanner.depthMax) brackets"
        case .notObject: "each element of a batch must be an object"
        case .wrongType(let key, let expected): "\(key) must be \(expected)"
        case .missingMetricName: "there is no metric_name"
        case .unknownMetric(let name): "metric '\(name)' is not defined: see [events] definitions and auto_declare"
        case .missingLabel(let metric, let label): "\(metric): label '\(label)' is missing"
        case .unknownLabel(let metric, let label): "\(metric): has no label '\(label)'"
        case .labelValue(let metric, let label): "\(metric): the value of label '\(label)' must be a string"
        case .labelsTooLong(let metric, let max): "\(metric): the labels have more than \(max) bytes"
        case .missingOperation(let metric): "\(metric): there is no operation"
        case .unknownOperation(let metric, let word): "\(metric): unknown operation '\(word)'"
        case .missingValue(let metric): "\(metric): there is no value"
        case .missingObservation(let metric): "\(metric): there is no observation"
        case .notNumber(let metric, let key): "\(metric): \(key) must be a number"
        case .negativeValue(let metric): "\(metric): a counter cannot go down"
        case .notFinite(let metric): "\(metric): only what a gauge is set to can be NaN or Infinity, and no sum"
        case .seriesMax(let metric, let max): "\(metric): has \(max) label combinations already (events.series_max)"
        case .totalSeriesMax(let metric, let max):
            "\(metric): all metrics have \(max) label combinations already (events.total_series_max)"
        case .unknownType(let metric): "\(metric): type must be counter, gauge, histogram or summary"
        case .otherType(let metric, let kind): "\(metric): is a \(kind.rawValue)"
        case .badDeclaration(let metric, let what): "'\(metric)' cannot be declared: \(what)"
        case .metricsMax(let max): "there are \(max) metrics that packets have declared already"
        }
    }
}

/// What became of packets.
package struct EventTally: Sendable {
    /// Packets that were refused for one reason.
    package struct Refused: Equatable, Sendable {
        package var count = 0
        /// Of the first of them, for the log, with the number of its datagram.
        package let first: EventRefusal
        package let number: Int
    }

    package var accepted = 0
    package private(set) var refused: [EventRefusal.Reason: Refused] = [:]
    /// Of all of them.
    package private(set) var first: EventRefusal?
    /// Of the datagram that is being read.
    var number = 0

    package init() {}

    package var refusals: Int { refused.values.reduce(0) { $0 + $1.count } }

    mutating func refuse(_ refusal: EventRefusal) {
        refused[refusal.reason, default: Refused(first: refusal, number: number)].count += 1
        if first == nil { first = refusal }
    }
}
