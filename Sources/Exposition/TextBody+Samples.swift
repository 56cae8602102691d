/// Samples.
extension TextBody {
    /// Reads the line, and those after it where a label value of it has line feeds; answers the last one.
    mutating func readSample(_ line: TextLine, _ lines: inout TextLines) -> TextLine {
        do throws(Remark) {
            try take(reader.read(line.content), line)
        } catch {
            if error.reason == .unterminatedLabelValue, let last = readTogether(line, &lines) { return last }
            noteBlanks(line)
            add(error.reason, line, at: error.offset)
        }
        return line
    }

    /// Tries the line together with those up to the next quote, if none of these is anything by itself.
    ///
    /// Linear: what begins a label value has a quote, so that no line is tried with two of them.
    private mutating func readTogether(_ line: TextLine, _ lines: inout TextLines) -> TextLine? {
        var rest = lines
        var last = line
        repeat {
            guard let next = rest.next(), isNothing(next) else { return nil }
            last = next
        } while !hasQuote(last)
        var joined = line
        joined.content = line.content.lowerBound..<last.content.upperBound
        joined.whole = line.whole.lowerBound..<last.whole.upperBound
        (joined.endsWithCR, joined.endsWithLF) = (last.endsWithCR, last.endsWithLF)
        guard let sample = try? reader.read(joined.content) else { return nil }
        lines = rest
        do throws(Remark) {
            try take(sample, joined)
        } catch {
            add(error.reason, joined, at: error.offset)
        }
        return last
    }

    /// Whether the line is neither sample nor comment.
    private mutating func isNothing(_ line: TextLine) -> Bool {
        guard let first = line.content.first else { return true }
        return bytes[first] != UInt8(ascii: "#") && (try? reader.read(line.content)) == nil
    }

    private func hasQuote(_ line: TextLine) -> Bool {
        var isEscaped = false
        for byte in bytes[line.content] {
            if byte == UInt8(ascii: "\""), !isEscaped { return true }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        }
        return false
    }

    private mutating func noteBlanks(_ line: TextLine) {
        if line.endsWithCR { add(.crlf, line, at: line.whole.upperBound - 1) }
        if line.hasLeadingBlanks(in: bytes) { add(.leadingBlanks, line, at: line.whole.lowerBound) }
        if line.hasTrailingBlanks { add(.trailingBlanks, line, at: line.content.upperBound) }
    }

    private mutating func take(_ sample: TextSample, _ line: TextLine) throws(Remark) {
        noteBlanks(line)
        let remarks = reader.remarks
        for remark in remarks where remark.reason != .negativeTimestamp { add(remark.reason, line, at: remark.offset) }
        if (sample.timestamp ?? 0) < 0 {
            let offset = remarks.first { $0.reason == .negativeTimestamp }?.offset ?? sample.valueText.upperBound
            try refuse(.negativeTimestamp, line, at: offset)
        }
        guard sample.isToBeRewritten else {
            return try place(sample, TextSlice(range: sample.content, isRewritten: false), reader, bytes, line)
        }
        var text: [UInt8] = []
        TextSampleWriter(bytes: bytes, rule: mode.names).append(sample, reader.labels, to: &text)
        let start = rewritten.count
        rewritten += text
        let slice = TextSlice(range: start..<rewritten.count, isRewritten: true)
        let offset = remarks.first?.offset ?? line.content.lowerBound
        try placeRewritten(text, slice, line, at: offset)
    }

    /// What is wrong only in its new form is told of the place that was written anew.
    private mutating func placeRewritten(
        _ text: [UInt8], _ slice: TextSlice, _ line: TextLine, at offset: Int
    ) throws(Remark) {
        let failure: Remark? = text.withUnsafeBytes { bytes in
            var reader = TextSampleReader(bytes, isRewritten: true)
            do throws(Remark) {
                try place(try reader.read(0..<bytes.count), slice, reader, bytes, line)
                return nil
            } catch {
                return error
            }
        }
        guard let failure else { return }
        throw Remark(reason: failure.reason, offset: offset)
    }

    private mutating func place(
        _ sample: TextSample, _ slice: TextSlice, _ reader: TextSampleReader, _ bytes: UnsafeRawBufferPointer,
        _ line: TextLine
    ) throws(Remark) {
        try checkLimits(sample, reader)
        lookUp(sample.name.range, bytes)
        if let remark = meaningless(sample, reader, bytes) {
            try refuse(remark.reason, line, at: slice.isRewritten ? line.content.lowerBound : remark.offset)
        }
        guard series.insert(sample, reader, bytes) else {
            throw Remark(reason: .duplicateSeries, offset: sample.content.lowerBound)
        }
        if series.count > limits.series { overLimit = .tooManySeries }
        let place = last.place ?? place(of: last.family)
        last.place = place
        if place != current, !families[place].isEmpty { add(.splitFamily, line, at: line.content.lowerBound) }
        current = place
        families[place].samples.append(slice)
        samples += 1
    }

    /// Throws, except where one reader that takes the line is enough.
    private mutating func refuse(_ reason: Reason, _ line: TextLine, at offset: Int) throws(Remark) {
        guard mode == .lenient else { throw Remark(reason: reason, offset: offset) }
        add(reason, line, at: offset)
    }

    /// Makes `last` the family of this name; most samples have the name of the sample before.
    private mutating func lookUp(_ range: Range<Int>, _ bytes: UnsafeRawBufferPointer) {
        guard !bytes.holds(last.name, at: range) else { return }
        let name = Array(bytes[range])
        let family = types.owner(of: name) ?? name
        last = LastFamily(name: name, family: family, type: types.declarations[family]?.type)
    }

    private func checkLimits(_ sample: TextSample, _ reader: TextSampleReader) throws(Remark) {
        if sample.name.range.count > limits.nameBytes {
            throw Remark(reason: .nameTooLong, offset: sample.name.range.lowerBound)
        }
        let labelsMax = max(0, min(limits.labels, CanonicalText.labelsMax))
        if reader.labels.count > labelsMax {
            throw Remark(reason: .tooManyLabels, offset: reader.labels[labelsMax].name.range.lowerBound)
        }
        for label in reader.labels {
            if label.name.range.count > limits.nameBytes {
                throw Remark(reason: .nameTooLong, offset: label.name.range.lowerBound)
            }
            if label.value.count > limits.valueBytes {
                throw Remark(reason: .valueTooLong, offset: label.value.lowerBound)
            }
        }
    }

    /// What promtool refuses in samples of histograms and summaries.
    private func meaningless(
        _ sample: TextSample, _ reader: TextSampleReader, _ bytes: UnsafeRawBufferPointer
    ) -> Remark? {
        guard let type = last.type?.inText, type == .histogram || type == .summary else { return nil }
        let bound: StaticString = type == .histogram ? "le" : "quantile"
        for label in reader.labels where bytes.holds(bound, at: label.name.range) {
            if case .number = FloatText.read(bytes.part(label.value)) { continue }
            return Remark(reason: type == .histogram ? .badLe : .badQuantile, offset: label.value.lowerBound)
        }
        let isCount = last.name.hasSuffix("_count") || last.name.hasSuffix("_bucket")
        guard type == .histogram, sample.value < 0, isCount, last.name.count > last.family.count else { return nil }
        return Remark(reason: .negativeCount, offset: sample.valueText.lowerBound)
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { suffix(text.utf8CodeUnitCount).elementsEqual($0) }
    }
}
