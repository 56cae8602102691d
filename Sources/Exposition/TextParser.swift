/// Reads text 0.0.4 into the model, or judges it.
public enum TextParser {
    /// The families with all that at least one reader takes, in the order of their first lines; each series and time
    /// once. Names are as written, also those in quotes, and types too; exemplars are left out.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, limits: ExpositionLimits = .none, findingsMax: Int = .max
    ) -> (families: [MetricFamily], findings: [Finding]) {
        let body = TextBody(bytes, limits: limits, findingsMax: findingsMax, mode: .lenient)
        return (body.overLimit == nil ? body.model() : [], body.findings.findings)
    }

    /// For what Prometheus or promtool would refuse the text, in line order; nothing where both take it.
    public static func verdict(_ bytes: UnsafeRawBufferPointer) -> [Finding] {
        let body = TextBody(bytes, limits: .none, findingsMax: .max, mode: .lenient)
        return body.findings.findings.filter { !$0.reason.refusedBy.isDisjoint(with: [.scraper, .expfmt]) }
    }
}

extension TextBody {
    fileprivate func model() -> [MetricFamily] {
        rewritten.withUnsafeBytes { rewritten in
            families.map { family in
                MetricFamily(
                    name: name(family.name), type: family.type, help: family.help.map { HelpText.meaning(bytes[$0]) },
                    samples: family.samples.compactMap {
                        $0.isRewritten ? sample(rewritten, $0.range) : sample(bytes, $0.range)
                    })
            }
        }
    }

    /// Only quoted names have escapes.
    private func name(_ written: some Collection<UInt8>) -> String {
        String(decoding: TextEscape.unescaped(written), as: UTF8.self)
    }

    /// Never `nil`: the line was read before.
    private func sample(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) -> Sample? {
        var reader = TextSampleReader(bytes, isRewritten: true)
        guard let read = try? reader.read(line) else { return nil }
        let labels = reader.labels.map { Label(name(bytes[$0.name.range]), name(bytes[$0.value])) }
        let timestamp = read.timestamp.map(Timestamp.init(textMilliseconds:))
        return Sample(name: name(bytes[read.name.range]), labels: labels, value: read.value, timestamp: timestamp)
    }
}

extension Timestamp {
    init(textMilliseconds milliseconds: Int64) {
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        self.init(
            seconds: rest < 0 ? seconds - 1 : seconds, nanoseconds: Int32(rest < 0 ? rest + 1000 : rest) * 1_000_000)
    }

    /// Rounded down; `nil` where it does not fit.
    var textMilliseconds: Int64? {
        let (whole, isTooLarge) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, isOver) = whole.addingReportingOverflow(Int64(nanoseconds / 1_000_000))
        return isTooLarge || isOver ? nil : sum
    }
}
