/// Makes canonical text of any bytes that are meant as text 0.0.4, and says what was wrong with them.
///
/// Canonical text is what the readers of text 0.0.4 agree on: families one after the other, each with at most one HELP
/// and one TYPE and then its samples, each series once; LF at the end of every line, and nothing else. The repair of
/// canonical text is the same text, apart from the order of HELP and TYPE, and finds nothing. Linear in the input.
public struct TextRepair {
    public struct Result: Sendable {
        public var bytes: [UInt8]
        /// The first ones by line. Blank lines and comments are counted only.
        public var findings: [Finding]
        public var counts: [Reason: Int]
        /// Of bytes, series or families; then there are no bytes.
        public var isOverLimit: Reason?
        /// How many are in `bytes`.
        public var samples: Int
    }

    public static func run(
        _ bytes: UnsafeRawBufferPointer, limits: ExpositionLimits, findingsMax: Int
    ) -> Result {
        let body = TextBody(bytes, limits: limits, findingsMax: findingsMax, mode: .canonical)
        let text = body.overLimit == nil ? body.canonical() : []
        // U+FFFD is longer than the byte that it stands for.
        let overLimit = body.overLimit ?? (text.count > limits.bytes ? .tooManyBytes : nil)
        let isWhole = overLimit == nil
        return Result(
            bytes: isWhole ? text : [], findings: body.findings.findings, counts: body.findings.counts,
            isOverLimit: overLimit, samples: isWhole ? body.samples : 0)
    }
}

extension TextBody {
    fileprivate func canonical() -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        rewritten.withUnsafeBytes { rewritten in
            for family in families {
                append(headerOf: family, to: &text)
                for sample in family.samples {
                    text += UnsafeRawBufferPointer(rebasing: (sample.isRewritten ? rewritten : bytes)[sample.range])
                    text.append(0x0A)
                }
            }
        }
        return text
    }

    private func append(headerOf family: TextFamily, to text: inout [UInt8]) {
        if let help = family.help {
            text += "# HELP ".utf8
            text += family.name
            text.append(0x20)
            HelpText.append(HelpText.meaning(bytes[help]), to: &text)
            text.append(0x0A)
        }
        if let type = family.type {
            text += "# TYPE ".utf8
            text += family.name
            text.append(0x20)
            text += type.inText.rawValue.utf8
            text.append(0x0A)
        }
    }
}
