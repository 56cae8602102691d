/// Names of families.
extension TextBody {
    /// `# TYPE foo counter` with samples of `foo_total` only is how OpenMetrics says `# TYPE foo_total counter`;
    /// `info` and `_info` likewise.
    mutating func nameFamiliesAsTheirSamples() {
        var late: [(TextLine, Int)] = []
        for (place, family) in families.enumerated() where family.samples.isEmpty {
            guard let suffix = family.type?.nameSuffix, let line = family.typeLine else { continue }
            guard let other = places[ByteKey(family.name + suffix)], families[other].isBare else { continue }
            let first = min(place, other)
            var joined = family
            joined.name += suffix
            joined.samples = families[other].samples
            families[max(place, other)] = TextFamily(name: [])
            families[first] = joined
            late.append((line, line.content.lowerBound))
        }
        var list = TextFindings(max: findings.max)
        for (line, offset) in late.sorted(by: { $0.1 < $1.1 }) {
            list.add(.familyWithoutSuffix, line, at: offset, in: bytes)
        }
        findings.merge(list)
    }
}

extension TextFamily {
    /// Whether there are samples, and nothing said about them.
    fileprivate var isBare: Bool { type == nil && help == nil && !samples.isEmpty }
}

extension MetricType {
    /// What OpenMetrics adds to the family's name in the names of all samples.
    fileprivate var nameSuffix: [UInt8]? {
        switch self {
        case .counter: Array("_total".utf8)
        case .info: Array("_info".utf8)
        default: nil
        }
    }
}
