/// Splits a body into lines and gives each line to its family.
struct OpenMetricsReader {
    let bytes: UnsafeRawBufferPointer
    let mode: OpenMetricsParser.Mode
    /// Without the model, only what is wrong is found: several times faster.
    let keepsModel: Bool

    var findings: OpenMetricsFindings
    var families = OpenMetricsFamilies()
    /// One for each of `families`, where it is kept.
    var model: [MetricFamily] = []
    /// Of the family that is being read.
    var rules = OpenMetricsMetricRules()
    var sample = OpenMetricsSampleLine()
    private var line = OpenMetricsLine(number: 0, bytes: 0..<0)
    private var isEnded = false

    init(_ bytes: UnsafeRawBufferPointer, mode: OpenMetricsParser.Mode, keepsModel: Bool, findingsMax: Int) {
        self.bytes = bytes
        self.mode = mode
        self.keepsModel = keepsModel
        findings = OpenMetricsFindings(bytes, countMax: findingsMax)
    }

    mutating func readAll() {
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            line = OpenMetricsLine(number: line.number + 1, bytes: start..<end)
            readLine()
            start = end + 1
        }
        rules.close(bytes, &findings)
        if !isEnded { reportMissingEnd() }
    }

    private mutating func readLine() {
        if isEnded {
            report(.OpenMetrics.textAfterEnd, at: line.bytes.lowerBound)
            isEnded = false
        }
        guard checkEncoding(), let content = contentWithoutCarriageReturn() else { return }
        if bytes.holds("# EOF", at: content) {
            isEnded = true
        } else if bytes[content.lowerBound] == UInt8(ascii: "#") {
            readMetadata(content)
        } else {
            readSample(content)
        }
    }

    /// Whether the line is worth reading.
    private mutating func checkEncoding() -> Bool {
        guard let offset = TextUTF8.firstInvalid(bytes, line.bytes) else { return true }
        report(.OpenMetrics.invalidUTF8, at: offset)
        rules.lineIsLost()
        return false
    }

    /// `nil` for a blank line.
    private mutating func contentWithoutCarriageReturn() -> Range<Int>? {
        var content = line.bytes
        if let last = content.last, bytes[last] == 0x0D {
            report(.OpenMetrics.carriageReturn, at: last)
            content = content.dropLast()
        }
        if content.lowerBound == 0, bytes[content].starts(with: [0xEF, 0xBB, 0xBF]) {
            report(.OpenMetrics.byteOrderMark, at: 0)
            content = content.dropFirst(3)
        }
        guard content.contains(where: { bytes[$0] != UInt8(ascii: " ") && bytes[$0] != UInt8(ascii: "\t") }) else {
            report(.OpenMetrics.blankLine, at: line.bytes.lowerBound)
            return nil
        }
        return content
    }

    private mutating func readMetadata(_ content: Range<Int>) {
        do throws(OpenMetricsFault) {
            let metadata = try OpenMetricsMetadataLine(bytes, content, mode: mode)
            openFamily(of: metadata)
            apply(metadata)
        } catch {
            findings.report(error, in: line)
        }
    }

    private mutating func readSample(_ content: Range<Int>) {
        do throws(OpenMetricsFault) {
            try sample.read(bytes, content, mode: mode)
            takeSample()
        } catch {
            findings.report(error, in: line)
            rules.lineIsLost()
        }
    }

    private mutating func reportMissingEnd() {
        let end = line.bytes.upperBound
        let last = line.number == 0 ? OpenMetricsLine(number: 1, bytes: 0..<0) : line
        findings.report(.OpenMetrics.endMissing, at: line.number == 0 ? 0 : end, in: last)
    }

    private mutating func report(_ reason: Reason, at offset: Int) {
        findings.report(reason, at: offset, in: line)
    }
}

// Metadata.
extension OpenMetricsReader {
    /// Makes the family of a metadata line the one that is being read.
    private mutating func openFamily(of metadata: OpenMetricsMetadataLine) {
        let name = metadata.nameText(bytes)
        if let current = families.current, current.name == name {
            guard mode == .strict, current.hasSamples else { return }
            return report(.OpenMetrics.metadataAfterSamples, at: metadata.name.lowerBound)
        }
        let owner = families.owner(of: name)
        if let owner, families[owner].name == name {
            if mode == .strict { report(.OpenMetrics.familySplit, at: metadata.name.lowerBound) }
            return resume(owner)
        }
        if owner != nil, mode == .strict { report(.OpenMetrics.nameClash, at: metadata.name.lowerBound) }
        open(name)
    }

    private mutating func apply(_ metadata: OpenMetricsMetadataLine) {
        switch metadata.kind {
        case .help: applyHelp(metadata)
        case .type: applyType(metadata)
        case .unit: applyUnit(metadata)
        }
    }

    private mutating func applyHelp(_ metadata: OpenMetricsMetadataLine) {
        guard isFirst(\.hasHelp, metadata), !metadata.text.isEmpty else { return }
        let help = OpenMetricsEscapes.text(bytes, metadata.text)
        change { $0.help = help }
    }

    private mutating func applyType(_ metadata: OpenMetricsMetadataLine) {
        let text = metadata.text
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let word = text.drop { isBlank(bytes[$0]) }.prefix { !isBlank(bytes[$0]) }
        let type = MetricType(openMetrics: bytes, word)
        if type == nil {
            report(.OpenMetrics.type, at: text.lowerBound)
        } else if word != text {
            report(.OpenMetrics.metadataSyntax, at: text.lowerBound)
        }
        guard isFirst(\.hasType, metadata), let type, let current = families.current else { return }
        guard mode == .lenient || !current.hasSamples else { return }
        let clash = families.setType(type)
        change { $0.type = type }
        guard mode == .strict else { return }
        if clash { report(.OpenMetrics.nameClash, at: metadata.name.lowerBound) }
        if current.unitIsGiven, type.forbidsUnit { report(.OpenMetrics.unitForbidden, at: text.lowerBound) }
        rules.start(current.name, type)
    }

    private mutating func applyUnit(_ metadata: OpenMetricsMetadataLine) {
        guard isFirst(\.hasUnit, metadata), !metadata.text.isEmpty, let current = families.current else { return }
        let ending = Array("_".utf8) + bytes[metadata.text]
        if !current.name.utf8.reversed().starts(with: ending.reversed()) {
            report(.OpenMetrics.unitNotSuffix, at: metadata.text.lowerBound)
        }
        if mode == .strict, current.type?.forbidsUnit == true {
            report(.OpenMetrics.unitForbidden, at: metadata.text.lowerBound)
        }
        families.setUnit()
        let unit = bytes.text(metadata.text)
        change { $0.unit = unit }
    }

    /// Remembers that a kind of line was there; a second one is left out.
    private mutating func isFirst(
        _ flag: WritableKeyPath<OpenMetricsFamilies.Family, Bool>, _ metadata: OpenMetricsMetadataLine
    ) -> Bool {
        if families.mark(flag) { return true }
        if mode == .strict { report(.OpenMetrics.metadataRepeated, at: metadata.name.lowerBound) }
        return false
    }
}

// Samples.
extension OpenMetricsReader {
    private mutating func takeSample() {
        if let suffix = families.suffixInCurrent(of: sample.name, bytes), !sample.isNameEscaped {
            return admit(suffix)
        }
        let name = sample.nameText(bytes)
        guard let owner = families.owner(of: name) else {
            open(name)
            if mode == .strict { rules.start(name, .unknown) }
            return admit(.none)
        }
        let isCurrent = owner == families.currentIndex
        if !isCurrent { resume(owner) }
        guard let suffix = families.suffixInCurrent(of: Array(name.utf8)) else {
            if mode == .strict { report(.OpenMetrics.sampleName, at: sample.name.lowerBound) }
            return keep()
        }
        if mode == .strict, !isCurrent { report(.OpenMetrics.familySplit, at: sample.name.lowerBound) }
        admit(suffix)
    }

    private mutating func admit(_ suffix: OpenMetricsSuffix) {
        if mode == .strict { rules.admit(sample, suffix, line, bytes, &findings) }
        keep()
    }

    private mutating func keep() {
        families.markSamples()
        guard keepsModel, let index = families.currentIndex else { return }
        model[index].samples.append(sample.model(bytes))
    }

    private mutating func open(_ name: String) {
        rules.close(bytes, &findings)
        families.open(name, at: line.number)
        if keepsModel { model.append(MetricFamily(name: name)) }
        rules = OpenMetricsMetricRules(name, .unknown)
    }

    /// What was known of its metrics is gone, so only what one line shows is checked from here.
    private mutating func resume(_ index: Int) {
        rules.close(bytes, &findings)
        families.resume(index)
        rules = OpenMetricsMetricRules(families[index].name, families[index].type ?? .unknown)
        rules.lineIsLost()
    }

    private mutating func change(_ body: (inout MetricFamily) -> Void) {
        guard keepsModel, let index = families.currentIndex else { return }
        body(&model[index])
    }
}

extension MetricType {
    var forbidsUnit: Bool { self == .info || self == .stateset }
}
