import Foundation
import TestSupport
import Testing

@testable import Exposition

/// Against what Prometheus' own OpenMetrics parser does. The cases are no part of the repository.
@Suite(.needsConformanceCases)
struct OpenMetricsConformanceTests {
    /// Where the lenient mode does otherwise, and why.
    static let differences: [String: String] = [
        "TestOpenMetricsParseErrors-0": "the listed error is the ordinary end of the body",
        "TestOpenMetricsParseErrors-1": "the listed error is the ordinary end of the body",
        "TestSTParseFailures-0": "the case is about start timestamps; the body itself is taken",
        "TestSTParseFailures-1": "the case is about start timestamps; the body itself is taken",
    ]

    @Test func shortBodies_AreTakenAndRefusedAsPrometheusDoes() throws {
        let cases = try OpenMetricsCases.load()
        #expect(cases.malformed.count == 84)
        for example in cases.malformed {
            let isTaken = parseOpenMetrics(example.input.bytes, mode: .lenient).findings.isEmpty
            let isDifferent = Self.differences[example.id] != nil
            #expect(isTaken == (example.accept != isDifferent), "\(example.id)")
        }
    }

    @Test func shortBodiesThatPrometheusRefuses_AreNoOpenMetrics() throws {
        for example in try OpenMetricsCases.load().malformed where !example.accept {
            if Self.differences[example.id] != nil { continue }
            #expect(!parseOpenMetrics(example.input.bytes).findings.isEmpty, "\(example.id)")
        }
    }

    @Test func documents_AreReadAsPrometheusReadsThem() throws {
        for document in try OpenMetricsCases.load().documents {
            let (families, findings) = parseOpenMetrics(document.input.bytes, mode: .lenient)
            #expect(findings.isEmpty, "\(document.id)")
            let found = families.flatMap { family in
                family.samples.filter { !isCreated($0, of: family) }.map { Series($0, of: family) }
            }
            let expected = document.expect.compactMap(Series.init)
            #expect(found.sorted() == expected.sorted(), "\(document.id)")
            for entry in document.expect {
                guard let name = entry.m, let family = families.first(where: { $0.name == name }) else { continue }
                if let help = entry.help { #expect((family.help ?? "") == help, "\(name)") }
                if let type = entry.typ { #expect(family.type?.rawValue == type, "\(name)") }
                if let unit = entry.unit { #expect((family.unit ?? "") == unit, "\(name)") }
            }
        }
    }

    /// Prometheus hands these out with the other samples of their metric, not as samples.
    private func isCreated(_ sample: Sample, of family: MetricFamily) -> Bool {
        family.type != .gauge && sample.name == family.name + "_created"
    }
}

/// A sample in the form in which both sides can be compared.
private struct Series: Comparable {
    var text: String

    init(_ sample: Sample, of family: MetricFamily) {
        var labels = sample.labels
        for index in labels.indices {
            let isBound = labels[index].name == "le" && (family.type == .histogram || family.type == .gaugehistogram)
            guard isBound || labels[index].name == "quantile" && family.type == .summary else { continue }
            labels[index].value = OpenMetricsNumberText.canonical(Double(labels[index].value) ?? .nan)
        }
        let pairs = (labels + [Label("__name__", sample.name)]).map { [$0.name, $0.value] }
        let exemplar = sample.exemplar.map {
            "\($0.labels.map { [$0.name, $0.value] }) \($0.value) \(Self.milliseconds($0.timestamp))"
        }
        text = Self.text(pairs, sample.value, Self.milliseconds(sample.timestamp), exemplar)
    }

    init?(_ entry: OpenMetricsCases.Entry) {
        guard let labels = entry.lset else { return nil }
        let exemplar = entry.es?.first.map { exemplar in
            let labels = exemplar.labels.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
            return "\(labels) \(exemplar.value) \(exemplar.ts ?? 0)"
        }
        text = Self.text(labels.map { [$0.key, $0.value] }, entry.v?.value ?? 0, entry.t ?? 0, exemplar)
    }

    static func < (left: Series, right: Series) -> Bool { left.text < right.text }

    private static func text(_ pairs: [[String]], _ value: Double, _ time: Int64, _ exemplar: String?) -> String {
        "\(pairs.sorted { $0[0] < $1[0] }) \(value) \(time) \(exemplar ?? "-")"
    }

    private static func milliseconds(_ timestamp: Timestamp?) -> Int64 {
        timestamp.map { $0.seconds * 1000 + Int64($0.nanoseconds) / 1_000_000 } ?? 0
    }
}

/// `prometheus-openmetricsparse.json`.
private struct OpenMetricsCases: Decodable {
    struct Document: Decodable {
        var id: String
        var input: Input
        var expect: [Entry]
        enum CodingKeys: String, CodingKey {
            case id, expect
            case input = "in"
        }
    }

    struct Short: Decodable {
        var id: String
        var input: Input
        var accept: Bool
        enum CodingKeys: String, CodingKey {
            case id, accept
            case input = "in"
        }
    }

    struct Entry: Decodable {
        var m: String?
        var help: String?
        var typ: String?
        var unit: String?
        var lset: [String: String]?
        var v: Number?
        var t: Int64?
        var es: [Example]?
    }

    struct Example: Decodable {
        var labels: [String: String]
        var value: Double
        var ts: Int64?
        enum CodingKeys: String, CodingKey {
            case labels = "Labels"
            case value = "Value"
            case ts = "Ts"
        }
    }

    /// A text, or `{"base64": "..."}`.
    struct Input: Decodable {
        var bytes: [UInt8]

        init(from decoder: any Decoder) throws {
            if let text = try? decoder.singleValueContainer().decode(String.self) {
                bytes = Array(text.utf8)
            } else {
                let object = try decoder.singleValueContainer().decode([String: String].self)
                bytes = Array(Data(base64Encoded: object["base64"] ?? "") ?? Data())
            }
        }
    }

    /// A number; anything else stands for NaN.
    struct Number: Decodable {
        var value: Double

        init(from decoder: any Decoder) throws {
            value = (try? decoder.singleValueContainer().decode(Double.self)) ?? .nan
        }
    }

    var documents: [Document]
    var malformed: [Short]

    static func load() throws -> OpenMetricsCases {
        let bytes = try ConformanceCases.bytes("prometheus-openmetricsparse.json")
        return try JSONDecoder().decode(OpenMetricsCases.self, from: Data(bytes))
    }
}
