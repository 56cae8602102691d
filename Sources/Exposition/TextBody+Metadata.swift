/// HELP, TYPE and comments.
extension TextBody {
    mutating func readComment(_ line: TextLine) {
        do throws(Remark) {
            switch try comments.read(line) {
            case .help(let metadata): takeHelp(metadata, line)
            case .type(let metadata): takeType(metadata, line)
            case .unit: add(.unitLine, line, at: line.content.lowerBound)
            case .endOfFile: add(.eofMarker, line, at: line.content.lowerBound)
            case .withoutName: add(.metadataWithoutName, line, at: line.content.upperBound)
            case .other: noteComment(line)
            }
        } catch {
            add(error.reason, line, at: error.offset)
        }
    }

    /// Prometheus stops at a NUL right after `#` and blanks, and wherever no blank follows `#`.
    private mutating func noteComment(_ line: TextLine) {
        let content = line.content.dropFirst()
        let start = content.first { !TextLines.isBlank(bytes[$0]) } ?? line.content.upperBound
        let isTight = start == line.content.lowerBound + 1
        let end = isTight ? line.content.upperBound : min(start + 1, line.content.upperBound)
        if let nul = (start..<end).first(where: { bytes[$0] == 0 }) {
            add(.nulInComment, line, at: nul)
        } else {
            findings.count(.comment)
        }
    }

    private mutating func takeHelp(_ metadata: TextMetadata, _ line: TextLine) {
        guard let place = place(of: metadata, line) else { return }
        if let old = families[place].help, !old.isEmpty || metadata.rest.isEmpty {
            let isSame = old.count == metadata.rest.count && bytes[old].elementsEqual(bytes[metadata.rest])
            let reason: Reason = metadata.rest.isEmpty ? .helpWithoutText : isSame ? .repeatedHelp : .helpConflict
            return add(reason, line, at: metadata.nameOffset)
        }
        noteHelpText(metadata, line)
        noteOrder(place, line, afterSamples: .helpAfterSamples)
        families[place].help = metadata.rest
    }

    private mutating func noteHelpText(_ metadata: TextMetadata, _ line: TextLine) {
        if metadata.isQuoted { add(.quotedName, line, at: metadata.nameOffset) }
        if metadata.rest.isEmpty, metadata.blanks.isEmpty, !line.hasTrailingBlanks {
            add(.helpWithoutText, line, at: metadata.rest.lowerBound)
        } else if !metadata.beginsWell || !isOneSpace(metadata, line) {
            add(.oddBlanks, line, at: line.whole.lowerBound)
        }
        if line.endsWithCR { add(.crlf, line, at: line.whole.upperBound - 1) }
        let text = bytes[metadata.rest]
        if let bad = TextUTF8.firstInvalid(bytes, metadata.rest) { add(.helpNotUTF8, line, at: bad) }
        if let bad = HelpText.firstUnknownEscape(text) { add(.helpEscape, line, at: bad) }
    }

    /// Between name and text, and nothing after it; after the name where there is no text.
    private func isOneSpace(_ metadata: TextMetadata, _ line: TextLine) -> Bool {
        let isBare = metadata.rest.isEmpty
        let end = line.whole.upperBound - (line.endsWithCR ? 1 : 0)
        let blanks = isBare ? metadata.rest.lowerBound..<end : metadata.blanks
        return blanks.count == 1 && bytes[blanks.lowerBound] == 0x20 && (isBare || !line.hasTrailingBlanks)
    }

    private mutating func takeType(_ metadata: TextMetadata, _ line: TextLine) {
        let type = metadata.rest.isEmpty ? MetricType.untyped : TextTypes.type(bytes[metadata.rest])
        guard let type else { return add(.unknownType, line, at: metadata.rest.lowerBound) }
        guard let place = place(of: metadata, line) else { return }
        guard let declared = types.declarations[metadata.name], declared.offset == line.whole.lowerBound else {
            let isSame = types.declarations[metadata.name]?.type.inText == type.inText
            let reason: Reason = metadata.rest.isEmpty ? .emptyType : isSame ? .repeatedType : .typeConflict
            return add(reason, line, at: metadata.rest.lowerBound)
        }
        noteTypeWord(type, metadata, line)
        noteOrder(place, line, afterSamples: .typeAfterSamples)
        families[place].type = type
        families[place].typeLine = line
    }

    private mutating func noteTypeWord(_ type: MetricType, _ metadata: TextMetadata, _ line: TextLine) {
        if metadata.isQuoted { add(.quotedName, line, at: metadata.nameOffset) }
        let start = metadata.rest.lowerBound
        if metadata.rest.isEmpty {
            add(.emptyType, line, at: start)
        } else if type != type.inText {
            add(.openMetricsType, line, at: start)
        } else if bytes[metadata.rest].contains(where: { $0 < 0x61 }) {
            add(.typeCase, line, at: start)
        }
        if line.endsWithCR { add(.crlf, line, at: line.whole.upperBound - 1) }
        guard !metadata.rest.isEmpty else { return }
        if line.hasTrailingBlanks { add(.blanksAfterType, line, at: metadata.rest.upperBound) }
        if metadata.blanks.count > 1 {
            add(.blanksBeforeType, line, at: metadata.blanks.lowerBound)
        } else if !metadata.beginsWell || metadata.blanks.first.map({ bytes[$0] }) != 0x20 {
            add(.oddBlanks, line, at: line.whole.lowerBound)
        }
    }

    /// The family of a HELP or TYPE line; none where the line is refused.
    private mutating func place(of metadata: TextMetadata, _ line: TextLine) -> Int? {
        guard types.owner(of: metadata.name) == nil else {
            add(.suffixTaken, line, at: metadata.nameOffset)
            return nil
        }
        guard metadata.name.count <= limits.nameBytes else {
            add(.nameTooLong, line, at: metadata.nameOffset)
            return nil
        }
        return place(of: metadata.name)
    }

    private mutating func noteOrder(_ place: Int, _ line: TextLine, afterSamples: Reason) {
        if !families[place].samples.isEmpty {
            add(afterSamples, line, at: line.content.lowerBound)
        } else if place != current, !families[place].isEmpty {
            add(.splitFamily, line, at: line.content.lowerBound)
        }
        current = place
    }

    mutating func place(of name: [UInt8]) -> Int {
        let key = ByteKey(name)
        if let place = places[key] { return place }
        places[key] = families.count
        families.append(TextFamily(name: name))
        return families.count - 1
    }
}
