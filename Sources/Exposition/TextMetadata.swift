/// A line that begins with `#`.
enum TextComment {
    case help(TextMetadata)
    case type(TextMetadata)
    case unit
    case endOfFile
    /// HELP or TYPE, blanks, and nothing else.
    case withoutName
    case other
}

/// What a HELP or TYPE line says.
struct TextMetadata {
    /// As `NameRule` has it.
    var name: [UInt8]
    var isQuoted: Bool
    /// Where the name begins.
    var nameOffset: Int
    /// What follows the name, without blanks around.
    var rest: Range<Int>
    /// Between name and rest, or after the name where there is no rest.
    var blanks: Range<Int>
    /// Whether everything up to the name is as canonical text has it.
    var beginsWell: Bool
}

/// Reads lines that begin with `#`.
struct TextCommentReader {
    let bytes: UnsafeRawBufferPointer
    let rule: NameRule

    /// `line.content` begins with `#`. Throws where a reader looks for a name and finds none.
    func read(_ line: TextLine) throws(Remark) -> TextComment {
        let end = line.content.upperBound
        var i = skipBlanks(line.content.lowerBound + 1, end)
        let wordStart = i
        while i < end, !TextLines.isBlank(bytes[i]) { i += 1 }
        let word = wordStart..<i
        let isHelp = bytes.holds("HELP", at: word)
        if i == end, bytes.holds("EOF", at: word) { return .endOfFile }
        guard isHelp || bytes.holds("TYPE", at: word) else {
            return bytes.holds("UNIT", at: word) ? .unit : .other
        }
        guard i < end else { return line.hasTrailingBlanks ? .withoutName : .other }
        let isUsual = line.content.lowerBound == line.whole.lowerBound && wordStart == line.content.lowerBound + 2
        let nameStart = skipBlanks(i, end)
        var metadata = try readName(nameStart, end, isHelp)
        metadata.beginsWell =
            isUsual && bytes[wordStart - 1] == 0x20 && nameStart == i + 1 && bytes[i] == 0x20
        return isHelp ? .help(metadata) : .type(metadata)
    }

    private func skipBlanks(_ start: Int, _ end: Int) -> Int {
        var i = start
        while i < end, TextLines.isBlank(bytes[i]) { i += 1 }
        return i
    }

    private func readName(_ start: Int, _ end: Int, _ isHelp: Bool) throws(Remark) -> TextMetadata {
        let isQuoted = bytes[start] == UInt8(ascii: "\"")
        var i = start
        let name = isQuoted ? try readQuotedName(&i, end) : try readPlainName(&i, end)
        guard i == end || TextLines.isBlank(bytes[i]) else {
            throw isHelp && !isQuoted ? Remark(reason: .badHelpName, offset: i) : fail(at: i)
        }
        let rest = skipBlanks(i, end)
        return TextMetadata(
            name: name, isQuoted: isQuoted, nameOffset: start, rest: rest..<end, blanks: i..<rest, beginsWell: false)
    }

    private func fail(at offset: Int) -> Remark {
        Remark(reason: bytes[offset] == 0 ? .nulByte : .badMetadataName, offset: offset)
    }

    private func readPlainName(_ i: inout Int, _ end: Int) throws(Remark) -> [UInt8] {
        let start = i
        guard PlainName.isStart(bytes[start]) else { throw fail(at: start) }
        while i < end, PlainName.isPart(bytes[i]) { i += 1 }
        return Array(bytes[start..<i])
    }

    private func readQuotedName(_ i: inout Int, _ end: Int) throws(Remark) -> [UInt8] {
        let quote = i
        i += 1
        while i < end, bytes[i] != UInt8(ascii: "\"") {
            if bytes[i] == UInt8(ascii: "\\") {
                i += 1
                guard i < end, TextEscape.isKnown(bytes[i]) else {
                    throw Remark(reason: .badQuotedName, offset: quote)
                }
            }
            i += 1
        }
        let name = (quote + 1)..<min(i, end)
        guard i < end, !name.isEmpty, TextUTF8.firstInvalid(bytes, name) == nil else {
            throw Remark(reason: .badQuotedName, offset: quote)
        }
        i += 1
        return rule.name(of: TextEscape.unescaped(bytes[name]))
    }
}

extension NameRule {
    /// What stands for the metric name between the quotes, if quotes are kept; otherwise without.
    func name(of plain: [UInt8]) -> [UInt8] {
        if self == .underscored { return PlainName.underscored(plain, .metric) }
        var escaped: [UInt8] = []
        TextEscape.appendEscaped(plain, to: &escaped)
        return escaped
    }
}
