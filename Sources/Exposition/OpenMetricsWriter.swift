/// Writes OpenMetrics 1.0.
public enum OpenMetricsWriter {
    /// The whole body with `# EOF`, families and samples in the given order.
    ///
    /// Of a model that keeps to the rules of OpenMetrics the strict parser reads the same model again, but for this:
    /// - `untyped` is written as `unknown`, and `le` and `quantile` in their canonical form;
    /// - an empty HELP or UNIT is not written, nor a family that has neither samples nor metadata;
    /// - nor an exemplar with a NUL in its labels, since Prometheus would refuse the whole body for it.
    ///
    /// A model that breaks the rules is written as it is.
    /// Names that OpenMetrics 1.0 has no form for are written in quotes: the lenient parser and Prometheus 3 read them.
    public static func write(_ families: [MetricFamily]) -> [UInt8] {
        var output = OpenMetricsOutput()
        for family in families { write(family, to: &output) }
        output.append("# EOF\n")
        return output.bytes
    }

    private static func write(_ family: MetricFamily, to output: inout OpenMetricsOutput) {
        if let type = family.type {
            startMetadata("TYPE", family, &output)
            output.append(type == .untyped ? MetricType.unknown.rawValue : type.rawValue)
            output.endLine()
        }
        if let unit = family.unit, !unit.isEmpty {
            startMetadata("UNIT", family, &output)
            output.append(unit)
            output.endLine()
        }
        if let help = family.help, !help.isEmpty {
            startMetadata("HELP", family, &output)
            output.appendEscaped(help)
            output.endLine()
        }
        for sample in family.samples { write(sample, of: family, to: &output) }
    }

    private static func startMetadata(_ word: String, _ family: MetricFamily, _ output: inout OpenMetricsOutput) {
        output.append("# \(word) ")
        OpenMetricsNames.isPlain(family.name, colons: true)
            ? output.append(family.name) : output.appendQuoted(family.name)
        output.appendBlank()
    }

    private static func write(_ sample: Sample, of family: MetricFamily, to output: inout OpenMetricsOutput) {
        let labels = canonical(sample, of: family)
        if OpenMetricsNames.isPlain(sample.name, colons: true) {
            output.append(sample.name)
            if !labels.isEmpty { output.appendLabels(labels) }
        } else {
            output.appendLabels(labels, metricName: sample.name)
        }
        write(sample.value, sample.timestamp, to: &output)
        if let exemplar = sample.exemplar, !hasNull(exemplar) {
            output.append(" # ")
            output.appendLabels(exemplar.labels)
            write(exemplar.value, exemplar.timestamp, to: &output)
        }
        output.endLine()
    }

    /// Prometheus takes a NUL in every other place.
    private static func hasNull(_ exemplar: Exemplar) -> Bool {
        exemplar.labels.contains { $0.value.utf8.contains(0) }
    }

    private static func write(_ value: Double, _ timestamp: Timestamp?, to output: inout OpenMetricsOutput) {
        output.appendBlank()
        output.append(OpenMetricsNumberText.value(value))
        guard let timestamp else { return }
        output.appendBlank()
        output.append(OpenMetricsNumberText.timestamp(timestamp))
    }

    /// The labels, with a bound or a quantile in its canonical form.
    private static func canonical(_ sample: Sample, of family: MetricFamily) -> LabelSet {
        let special: String
        switch family.type {
        case .histogram, .gaugehistogram: special = sample.name == family.name + "_bucket" ? "le" : ""
        case .summary: special = sample.name == family.name ? "quantile" : ""
        default: return sample.labels
        }
        guard let index = sample.labels.firstIndex(where: { $0.name == special }) else { return sample.labels }
        var labels = sample.labels
        let bytes = Array(labels[index].value.utf8)
        let number = bytes.withUnsafeBytes { FloatText.value(of: $0) }
        if let number { labels[index].value = OpenMetricsNumberText.canonical(number) }
        return labels
    }
}
