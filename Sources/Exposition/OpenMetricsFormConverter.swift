/// Converts line by line: a family's header is held back until its type is known, and its samples until all are there.
struct OpenMetricsFormConverter {
    struct Obstacle: Error {
        var finding: Finding
    }

    private let text: UnsafeRawBufferPointer
    private var output = OpenMetricsOutput()
    /// The line of the text that each line of the output comes from.
    private var sources: [Int] = []
    private var families: [OpenMetricsForm.Family] = []
    private var family: OpenMetricsFormFamily?
    private var sample = OpenMetricsTextSample()

    init(_ text: UnsafeRawBufferPointer) {
        self.text = text
    }

    mutating func run() throws(Obstacle) -> OpenMetricsForm {
        var line = OpenMetricsLine(number: 0, bytes: 0..<0)
        var start = 0
        while start < text.count {
            guard let end = text[start...].firstIndex(of: 0x0A) else {
                throw obstacle(.OpenMetrics.notCanonical, line)
            }
            line = OpenMetricsLine(number: line.number + 1, bytes: start..<end)
            try read(line)
            start = end + 1
        }
        finishFamily()
        try check()
        return OpenMetricsForm(bytes: output.bytes, families: families)
    }

    private mutating func read(_ line: OpenMetricsLine) throws(Obstacle) {
        do throws(OpenMetricsFault) {
            if line.bytes.first.map({ text[$0] }) == UInt8(ascii: "#") {
                try readMetadata(line)
            } else {
                try readSample(line)
            }
        } catch {
            throw obstacle(error.reason, line)
        }
    }

    private mutating func readMetadata(_ line: OpenMetricsLine) throws(OpenMetricsFault) {
        let metadata = try OpenMetricsMetadataLine(text, line.bytes, mode: .strict)
        if family?.name != Array(text[metadata.name]) { start(metadata.name, line) }
        switch metadata.kind {
        case .help: family?.help = (metadata.text, line.number)
        case .type: try family?.setType(text, metadata, line)
        case .unit: throw OpenMetricsFault(.OpenMetrics.notCanonical, at: line.bytes.lowerBound)
        }
    }

    private mutating func readSample(_ line: OpenMetricsLine) throws(OpenMetricsFault) {
        try sample.read(text, line.bytes)
        if family?.owns(sample.name, text) != true { start(sample.name, line) }
        if family?.hasHeader == false { writeHeader() }
        let start = output.bytes.count
        sample.write(to: &output, text, normalizesBound: family?.isBucket(sample.name, text) == true)
        family?.add(sample, start..<output.bytes.count, line.number, text)
    }

    private mutating func start(_ name: Range<Int>, _ line: OpenMetricsLine) {
        finishFamily()
        family = OpenMetricsFormFamily(name: Array(text[name]), line: line.number)
    }

    private mutating func writeHeader() {
        guard let family else { return }
        let start = output.bytes.count
        family.writeHeader(to: &output, text)
        sources.append(family.typeLine)
        if let help = family.help { sources.append(help.line) }
        let end = output.bytes.count
        families.append(OpenMetricsForm.Family(header: start..<end, samples: end..<end))
        self.family?.hasHeader = true
    }

    private mutating func finishFamily() {
        guard let family else { return }
        if !family.hasHeader { writeHeader() }
        guard let last = families.indices.last else { return }
        let start = families[last].header.upperBound
        if !family.isInOrder {
            let sorted = family.sorted
            let lines = sorted.flatMap { output.bytes[$0.output] }
            output.truncate(to: start)
            output.append(lines)
            sources.append(contentsOf: sorted.map(\.line))
        } else {
            sources.append(contentsOf: family.samples.map(\.line))
        }
        families[last].samples = start..<output.bytes.count
        self.family = nil
    }
}

extension OpenMetricsFormConverter {
    /// Has the strict reader say whether the form is valid.
    private mutating func check() throws(Obstacle) {
        let count = output.bytes.count
        output.append("# EOF\n")
        let findings = output.bytes.withUnsafeBytes { body in
            var reader = OpenMetricsReader(body, mode: .strict, keepsModel: false, findingsMax: 1)
            reader.readAll()
            return reader.findings.inOrder
        }
        output.truncate(to: count)
        guard var finding = findings.first else { return }
        finding.line = sources.indices.contains(finding.line - 1) ? sources[finding.line - 1] : finding.line
        throw Obstacle(finding: finding)
    }

    private func obstacle(_ reason: Reason, _ line: OpenMetricsLine) -> Obstacle {
        Obstacle(
            finding: Finding(reason, line: line.number, column: 1, text: OpenMetricsExcerpt.show(text, line.bytes)))
    }
}
