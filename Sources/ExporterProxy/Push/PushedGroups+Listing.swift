import Exposition
import NIOCore

/// A sample as it is served.
package struct PushedSample: Equatable, Sendable {
    package var name: String
    package var labels: LabelSet
    package var value: String
}

/// What there is to say of a group.
package struct PushedGroupSummary: Sendable {
    package struct Family: Sendable {
        package var name: String
        package var type: MetricType
        /// As in text format, escaped.
        package var help: String?
        package var lastPush: Moment
        /// Sample lines of canonical text.
        package var lines: ByteBuffer

        /// Costs as much as there are lines.
        package var samples: [PushedSample] { samples(first: .max) }

        package func samples(first count: Int) -> [PushedSample] {
            lines.withUnsafeReadableBytes { bytes in
                SampleLines(bytes).lazy.prefix(count).map { PushedSample($0, in: bytes) }
            }
        }
    }

    package var key: GroupingKey
    /// `nil` is never.
    package var lastPush: Moment?
    package var lastFailure: Moment?
    /// Whether the newest push was stored.
    package var lastSucceeded: Bool
    /// Samples, without the two that say when it was pushed.
    package var series: Int
    /// Of its text.
    package var bytes: Int
    /// By name.
    package var families: [Family]
}

extension PushedGroups {
    /// Of all groups, by their names as sources.
    package var groupingKeys: [GroupingKey] {
        places.keys.map { ($0, $0.source) }.sorted { $0.1 < $1.1 }.map(\.0)
    }

    /// As it is now.
    func group(of key: GroupingKey) -> PushedGroup? { places[key].flatMap { slots[$0] } }

    package mutating func summary(of group: GroupingKey, at moment: Moment) -> PushedGroupSummary? {
        guard let slot = places[group] else { return nil }
        refresh(slot, at: moment)
        return slots[slot]?.summary
    }
}

extension PushedGroup {
    fileprivate var summary: PushedGroupSummary {
        PushedGroupSummary(
            key: key, lastPush: lastPush, lastFailure: lastFailure, lastSucceeded: lastSucceeded, series: samples,
            bytes: text.body.readableBytes, families: text.order.map { families[$0].summary(in: text.body) })
    }
}

extension GroupFamily {
    fileprivate func summary(in body: ByteBuffer) -> PushedGroupSummary.Family {
        var lines = text.flatMap { body.getSlice(at: $0.lowerBound, length: $0.count) } ?? ByteBuffer()
        let headers = lines.withUnsafeReadableBytes { bytes in
            SampleLines(bytes).lazy.map(\.line).prefix { bytes[$0.lowerBound] == UInt8(ascii: "#") }
                .reduce(0) { $0 + $1.count }
        }
        lines.moveReaderIndex(forwardBy: headers)
        return .init(name: name, type: type, help: help, lastPush: pushedAt, lines: lines)
    }

    /// Its metrics as they are served.
    func metrics(at time: Int64) -> [(labels: String, samples: [PushedSample])] {
        var lines = ByteBuffer()
        _ = writeSamples(to: &lines, at: time)
        var places: [UInt64: Int] = [:]
        var metrics: [(labels: String, samples: [PushedSample])] = []
        lines.withUnsafeReadableBytes { bytes in
            for (line, number) in zip(SampleLines(bytes), numbers.numbers(of: lines)) {
                let sample = PushedSample(line, in: bytes)
                if let place = places[number] {
                    metrics[place].samples.append(sample)
                } else {
                    places[number] = metrics.count
                    metrics.append((metricLabels(sample), [sample]))
                }
            }
        }
        return metrics
    }

    /// Those of the whole metric.
    private func metricLabels(_ sample: PushedSample) -> String {
        let border =
            switch type {
            case .histogram where sample.name.utf8.count == name.utf8.count + "_bucket".utf8.count: "le"
            case .summary where sample.name == name: "quantile"
            default: ""
            }
        return LabelText.joined(sample.labels.filter { $0.name != border })
    }
}

extension PushedSample {
    init(_ line: SampleLine, in bytes: UnsafeRawBufferPointer) {
        name = String(decoding: bytes[line.name], as: UTF8.self)
        value = String(decoding: bytes[line.value], as: UTF8.self)
        labels = []
        var pairs = LabelPairs(UnsafeRawBufferPointer(rebasing: bytes[line.labels]))
        while let pair = pairs.next() {
            labels.append(Label(String(decoding: pair.name, as: UTF8.self), LabelText.meaning(pair.value)))
        }
    }
}
