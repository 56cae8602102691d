/// What OpenMetrics asks of one sample by itself.
struct OpenMetricsSampleRules {
    var type: MetricType
    var familyName: [UInt8]
    var suffix: OpenMetricsSuffix

    /// The label that is no part of the metric: `le`, `quantile` or the state.
    struct Special {
        var label: [UInt8]?
        var number: Double?
        /// Tells samples of one point from each other.
        var key: [UInt8] = []
    }

    func check(
        _ sample: OpenMetricsSampleLine, _ line: OpenMetricsLine, _ bytes: UnsafeRawBufferPointer,
        _ findings: inout OpenMetricsFindings
    ) -> Special {
        if let reason = valueReason(sample.value) { findings.report(reason, at: sample.valueAt, in: line) }
        let special = special(of: sample, line, bytes, &findings)
        if let exemplar = sample.exemplar {
            check(exemplar, sample, bound: suffix == .bucket ? special.number : nil, line, bytes, &findings)
        }
        return special
    }

    private func valueReason(_ value: Double) -> Reason? {
        switch (type, suffix) {
        case (.info, _): return value == 1 ? nil : .OpenMetrics.infoValue
        case (.stateset, _): return value == 0 || value == 1 ? nil : .OpenMetrics.stateValue
        case (.summary, .none): return value < 0 ? .OpenMetrics.valueNegative : nil
        case (_, .created): return value.isFinite ? nil : .OpenMetrics.createdValue
        case (_, .none): return nil
        default: break
        }
        if value.isNaN { return .OpenMetrics.valueNotANumber }
        if value < 0, suffix != .gsum { return .OpenMetrics.valueNegative }
        let isCount = suffix == .bucket || suffix == .count || suffix == .gcount
        return isCount && value != value.rounded() || isCount && value.isInfinite ? .OpenMetrics.valueNotWhole : nil
    }
}

extension OpenMetricsSampleRules {
    private func special(
        of sample: OpenMetricsSampleLine, _ line: OpenMetricsLine, _ bytes: UnsafeRawBufferPointer,
        _ findings: inout OpenMetricsFindings
    ) -> Special {
        switch (type, suffix) {
        case (.histogram, .bucket), (.gaugehistogram, .bucket): return bound(of: sample, line, bytes, &findings)
        case (.summary, .none): return quantile(of: sample, line, bytes, &findings)
        case (.stateset, _): return state(of: sample, line, bytes, &findings)
        case (.histogram, _), (.gaugehistogram, _): return refuse(Self.le, in: sample, line, bytes, &findings)
        case (.summary, _): return refuse(Self.quantile, in: sample, line, bytes, &findings)
        default: return Special()
        }
    }

    private func bound(
        of sample: OpenMetricsSampleLine, _ line: OpenMetricsLine, _ bytes: UnsafeRawBufferPointer,
        _ findings: inout OpenMetricsFindings
    ) -> Special {
        guard let label = sample.labels.first(named: Self.le, bytes) else {
            findings.report(.OpenMetrics.boundMissing, at: sample.name.lowerBound, in: line)
            return Special()
        }
        guard let number = FloatText.value(of: bytes.part(label.value)), !number.isNaN else {
            findings.report(.OpenMetrics.bound, at: label.value.lowerBound, in: line)
            return Special(label: Self.le)
        }
        if number == .infinity, !bytes.holds("+Inf", at: label.value) {
            findings.report(.OpenMetrics.boundInfinity, at: label.value.lowerBound, in: line)
        }
        return Special(label: Self.le, number: number)
    }

    private func quantile(
        of sample: OpenMetricsSampleLine, _ line: OpenMetricsLine, _ bytes: UnsafeRawBufferPointer,
        _ findings: inout OpenMetricsFindings
    ) -> Special {
        guard let label = sample.labels.first(named: Self.quantile, bytes) else {
            findings.report(.OpenMetrics.quantileMissing, at: sample.name.lowerBound, in: line)
            return Special()
        }
        guard let number = FloatText.value(of: bytes.part(label.value)), 0...1 ~= number else {
            findings.report(.OpenMetrics.quantile, at: label.value.lowerBound, in: line)
            return Special(label: Self.quantile, key: Array(bytes[label.value]))
        }
        // 0 and -0 are one quantile.
        let key = withUnsafeBytes(of: number == 0 ? 0 : number) { Array($0) }
        return Special(label: Self.quantile, number: number, key: key)
    }

    private func state(
        of sample: OpenMetricsSampleLine, _ line: OpenMetricsLine, _ bytes: UnsafeRawBufferPointer,
        _ findings: inout OpenMetricsFindings
    ) -> Special {
        guard let label = sample.labels.first(named: familyName, bytes) else {
            findings.report(.OpenMetrics.stateMissing, at: sample.name.lowerBound, in: line)
            return Special()
        }
        var key: [UInt8] = []
        OpenMetricsEscapes.forEach(bytes, label.value) { key.append($0) }
        return Special(label: familyName, key: key)
    }

    /// The label is then left aside, so that the sample still belongs to its metric.
    private func refuse(
        _ reserved: [UInt8], in sample: OpenMetricsSampleLine, _ line: OpenMetricsLine,
        _ bytes: UnsafeRawBufferPointer, _ findings: inout OpenMetricsFindings
    ) -> Special {
        guard let label = sample.labels.first(named: reserved, bytes) else { return Special() }
        findings.report(.OpenMetrics.labelReserved, at: label.name.lowerBound, in: line)
        return Special(label: reserved, key: Array(bytes[label.value]))
    }

    private static let le = Array("le".utf8)
    private static let quantile = Array("quantile".utf8)
}

extension OpenMetricsSampleRules {
    private func check(
        _ exemplar: OpenMetricsSampleLine.ExemplarPart, _ sample: OpenMetricsSampleLine, bound: Double?,
        _ line: OpenMetricsLine, _ bytes: UnsafeRawBufferPointer, _ findings: inout OpenMetricsFindings
    ) {
        if suffix != .total, suffix != .bucket {
            findings.report(.OpenMetrics.exemplarForbidden, at: exemplar.offset, in: line)
        }
        if sample.exemplarLabels.codePoints(bytes) > OpenMetricsLimits.exemplarCodePointsMax {
            findings.report(.OpenMetrics.exemplarTooLong, at: exemplar.offset, in: line)
        }
        if let bound, exemplar.value > bound {
            findings.report(.OpenMetrics.exemplarOutsideBucket, at: exemplar.valueAt, in: line)
        }
    }
}

/// Bounds that OpenMetrics 1.0 sets.
enum OpenMetricsLimits {
    /// Names and values of an exemplar's labels together ("Exemplars").
    static let exemplarCodePointsMax = 128
}
