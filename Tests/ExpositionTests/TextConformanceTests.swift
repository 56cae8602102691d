import Exposition
import TestSupport
import Testing

/// Text 0.0.4 as the tests of promtool's and Prometheus' readers have it.
@Suite(.needsConformanceCases) struct TextConformanceTests {
    @Test func familiesThatPromtoolReads_AreRead() throws {
        for item in try Self.cases("expfmt-text-parse.json", "accept", atLeast: 18) {
            let parsed = parse(item["in"].bytes).families.filter { !$0.samples.isEmpty }
            let wanted = item["families"].array
            #expect(Set(parsed.map(\.name)) == Set(wanted.compactMap { $0["Name"].string }), "\(item["id"])")
            for family in wanted {
                let read = parsed.first { $0.name == family["Name"].string }
                #expect(read?.help ?? "" == family["Help"].string ?? "", "\(item["id"])")
                #expect(Self.protobufName(of: read?.type) == family["Type"].string, "\(item["id"])")
                let isSimple = [.counter, .gauge, .untyped, nil].contains(read?.type)
                let samples = (read?.samples ?? []).map { isSimple ? FlatSample($0) : FlatSample($0).withoutTime }
                #expect(Set(samples) == FlatSample.all(of: family), "\(item["id"])")
            }
        }
    }

    private static func cases(_ file: String, _ key: String, atLeast count: Int) throws -> [JSONCase] {
        let cases = try ConformanceCases.load(file)[key].array
        #expect(cases.count >= count, "\(file)")
        return cases
    }

    private static func protobufName(of type: MetricType?) -> String {
        type == .gaugehistogram ? "GAUGE_HISTOGRAM" : (type ?? .untyped).rawValue.uppercased()
    }

    @Test func textThatPromtoolRefuses_IsRefused() throws {
        for item in try Self.cases("expfmt-text-parse.json", "reject", atLeast: 48) {
            #expect(isRefused(item["in"].bytes, by: .expfmt), "\(item["id"])")
            // Not only for the missing line feed, which is all that is wrong with the first.
            guard item["id"].string != "expfmt-reject-0" else { continue }
            #expect(isRefused(item["in"].bytes + [0x0A], by: .expfmt), "\(item["id"])")
        }
    }

    @Test func fuzzCorpusOfPromtool_IsJudgedAsItSays() throws {
        for item in try Self.cases("expfmt-fuzz-corpus.json", "cases", atLeast: 26) {
            #expect(isRefused(item["in"].bytes, by: .expfmt) == item["reject"].bool, "\(item["id"])")
        }
    }

    @Test func documentsThatPrometheusReads_AreRead() throws {
        for document in try Self.cases("prometheus-promparse.json", "documents", atLeast: 2) {
            let families = parse(document["in"].bytes).families
            var samples: Set<FlatSample> = []
            for entry in document["expect"].array {
                let name = entry["m"].string
                if let help = entry["help"].string {
                    #expect(families.first { $0.name == name }?.help == help, "\(name ?? "")")
                } else if let type = entry["typ"].string {
                    #expect(families.first { $0.name == name }?.type?.rawValue == type, "\(name ?? "")")
                } else if let sample = FlatSample(entry: entry) {
                    samples.insert(sample)
                }
            }
            #expect(Set(families.flatMap(\.samples).map(FlatSample.init)) == samples, "\(document["id"])")
        }
    }

    /// What Prometheus 2.42 refuses, which we hold to, and the newest takes.
    private static let newer: Set = ["TestUTF8PromParse"]  // quoted names

    @Test func textThatPrometheusRefuses_IsRefused() throws {
        for item in try Self.cases("prometheus-promparse.json", "malformed", atLeast: 27) {
            #expect(isRefused(item["in"].bytes, by: .scraper) == (item["accept"].bool == false), "\(item["id"])")
        }
        for item in try Self.cases("prometheus-promparse.json", "documents", atLeast: 2) {
            let isNewer = Self.newer.contains(item["id"].string ?? "")
            #expect(isRefused(item["in"].bytes, by: .scraper) == isNewer, "\(item["id"])")
        }
    }

    @Test func wholeExpositions_AreReadWithoutLoss() throws {
        for file in try ConformanceCases.files(in: "corpus") {
            let bytes = try ConformanceCases.bytes(file)
            let lines = bytes.split(separator: 0x0A).filter { $0.first != UInt8(ascii: "#") }
            let result = repair(bytes)
            #expect(result.samples == lines.count, "\(file)")
            #expect(!result.findings.contains { $0.reason.outcome == .dropped }, "\(file)")
            #expect(parse(bytes).families.map(\.samples.count).reduce(0, +) == lines.count, "\(file)")
        }
    }
}

/// A sample as the cases compare it: labels as a set, `le` and `quantile` as numbers.
private struct FlatSample: Hashable {
    var series: [String: String]
    var value: UInt64
    /// Of counters, gauges and untyped: promtool gives all samples of a summary or histogram the latest one's.
    var time: Double?

    init(_ sample: Sample) {
        self.init(sample.name, sample.labels.map { ($0.name, $0.value) }, sample.value)
        time = sample.timestamp.map { Double($0.seconds) * 1000 + Double($0.nanoseconds) / 1_000_000 }
    }

    init(_ name: String, _ labels: [(String, String)], _ value: Double) {
        series = ["": name]
        for (label, text) in labels {
            let number = label == "le" || label == "quantile" ? Double(text) : nil
            series[label] = number.map(\.description) ?? text
        }
        self.value = value.isNaN ? Double.nan.bitPattern : value.bitPattern
    }

    /// Of an entry of Prometheus' cases.
    init?(entry: JSONCase) {
        guard case .object(let labels) = entry["lset"], let value = entry["v"].number else { return nil }
        let pairs = labels.filter { $0.key != "__name__" }.map { ($0.key, $0.value.string ?? "") }
        self.init(labels["__name__"]?.string ?? "", pairs, value)
        time = entry["t"].number
    }

    static func all(of family: JSONCase) -> Set<FlatSample> {
        let name = family["Name"].string ?? ""
        var samples: Set<FlatSample> = []
        for metric in family["Metric"].array {
            let labels = metric["Label"].array.map { ($0["Name"].string ?? "", $0["Value"].string ?? "") }
            for kind in ["Counter", "Gauge", "Untyped"] {
                guard let value = metric[kind]["Value"].number else { continue }
                var sample = FlatSample(name, labels, value)
                sample.time = metric["TimestampMs"].number
                samples.insert(sample)
            }
            samples.formUnion(parts(of: metric["Summary"], name, "Quantile", "quantile", labels))
            samples.formUnion(parts(of: metric["Histogram"], "\(name)_bucket", "Bucket", "le", labels))
            for kind in ["Summary", "Histogram"] {
                if let sum = metric[kind]["SampleSum"].number { samples.insert(FlatSample("\(name)_sum", labels, sum)) }
                let count = metric[kind]["SampleCount"].number ?? metric[kind]["SampleCountFloat"].number
                if let count { samples.insert(FlatSample("\(name)_count", labels, count)) }
            }
        }
        return samples
    }

    /// Quantiles or buckets.
    private static func parts(
        of metric: JSONCase, _ name: String, _ key: String, _ label: String, _ labels: [(String, String)]
    ) -> Set<FlatSample> {
        Set(
            metric[key].array.compactMap { part in
                let keys = ["Value", "CumulativeCount", "CumulativeCountFloat"]
                guard let value = keys.compactMap({ part[$0].number }).first else { return nil }
                let bound = part["Quantile"].number ?? part["UpperBound"].number ?? .nan
                return FlatSample(name, labels + [(label, bound.description)], value)
            })
    }

    var withoutTime: FlatSample {
        var sample = self
        sample.time = nil
        return sample
    }
}
