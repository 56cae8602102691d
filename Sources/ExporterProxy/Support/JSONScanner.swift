/// What a ``JSONScanner`` throws.
protocol JSONFailure: Error {
    static func malformed(offset: Int, _ reason: String) -> Self
    static func tooDeep(offset: Int) -> Self
}

/// Goes through JSON by its bytes: RFC 8259, strict, but for the numbers `NaN`, `Infinity` and `-Infinity` of Python.
///
/// A byte scanner: reads only `bytes[0 ..< bytes.count]`; 8 bytes are loaded only while they are all inside. Strings
/// need not be UTF-8, which ``JSONText`` mends. Fuzz/ hunts traps.
///
/// Generic for its error alone; within this module it is made anew for each, so that nothing is lost of its speed.
struct JSONScanner<Refusal: JSONFailure> {
    /// Nothing that we read is half as deep; what is deeper is refused before it costs anything.
    static var depthMax: Int { 32 }

    let bytes: UnsafeRawBufferPointer
    private(set) var i: Int

    init(_ bytes: UnsafeRawBufferPointer, from start: Int = 0) {
        self.bytes = bytes
        i = start
    }

    var isAtEnd: Bool { i >= bytes.count }

    /// What is next; `nil` at the end.
    @inline(__always)
    var next: UInt8? { i < bytes.count ? bytes[i] : nil }

    @inline(__always)
    mutating func skipSpace() {
        while i < bytes.count, Self.isSpace(bytes[i]) { i &+= 1 }
    }

    @inline(__always)
    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    /// Whether nothing more stands in this line; then `i` is at its end.
    mutating func skipToEndOfLine() -> Bool {
        while i < bytes.count, bytes[i] != 0x0A, Self.isSpace(bytes[i]) { i &+= 1 }
        return i >= bytes.count || bytes[i] == 0x0A
    }

    /// Goes to the next line feed, or to the end.
    mutating func skipLine() {
        while i < bytes.count, bytes[i] != 0x0A { i &+= 1 }
    }

    // MARK: Objects and arrays

    /// Takes the bracket that is next; false where its partner follows at once, which is taken too.
    @inline(__always)
    mutating func begin(until end: UInt8) -> Bool {
        i &+= 1
        skipSpace()
        guard next == end else { return true }
        i &+= 1
        return false
    }

    /// A key with the colon behind it; the value is next.
    @inline(__always)
    mutating func key() throws(Refusal) -> JSONString {
        skipSpace()
        guard next == UInt8(ascii: "\"") else { throw .malformed(offset: i, "expected a key in double quotes") }
        let key = try string()
        skipSpace()
        guard next == UInt8(ascii: ":") else { throw .malformed(offset: i, "expected ':' behind a key") }
        i &+= 1
        skipSpace()
        return key
    }

    /// Behind a value: true at a comma, false at `end`.
    @inline(__always)
    mutating func hasMore(before end: UInt8) throws(Refusal) -> Bool {
        skipSpace()
        let byte = next
        guard byte == UInt8(ascii: ",") || byte == end else {
            throw .malformed(offset: i, "expected ',' or '\(Character(Unicode.Scalar(end)))'")
        }
        i &+= 1
        return byte != end
    }

    /// Goes behind the value that is next.
    mutating func skipValue(depth: Int) throws(Refusal) {
        guard let byte = next else { throw .malformed(offset: i, "expected a value") }
        switch byte {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"): try skipObject(depth: depth &+ 1)
        case UInt8(ascii: "["): try skipArray(depth: depth &+ 1)
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: _ = try numberText()
        }
    }

    private mutating func skipObject(depth: Int) throws(Refusal) {
        guard depth <= Self.depthMax else { throw .tooDeep(offset: i) }
        guard begin(until: UInt8(ascii: "}")) else { return }
        repeat {
            _ = try key()
            try skipValue(depth: depth)
        } while try hasMore(before: UInt8(ascii: "}"))
    }

    private mutating func skipArray(depth: Int) throws(Refusal) {
        guard depth <= Self.depthMax else { throw .tooDeep(offset: i) }
        guard begin(until: UInt8(ascii: "]")) else { return }
        repeat {
            skipSpace()
            try skipValue(depth: depth)
        } while try hasMore(before: UInt8(ascii: "]"))
    }

    /// Takes exactly these letters.
    mutating func word(_ word: StaticString) throws(Refusal) {
        let count = word.utf8CodeUnitCount
        guard bytes.count &- i >= count else { throw .malformed(offset: i, "expected a value") }
        for place in 0..<count where bytes[i &+ place] != word.utf8Start[place] {
            throw .malformed(offset: i, "expected a value")
        }
        i &+= count
    }

    // MARK: Numbers

    /// Goes behind a number; answers it where it is a word.
    mutating func numberText() throws(Refusal) -> Double? {
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { i &+= 1 }
        switch next {
        case UInt8(ascii: "N") where !isNegative:
            try word("NaN")
            return .nan
        case UInt8(ascii: "I"):
            try word("Infinity")
            return isNegative ? -.infinity : .infinity
        case UInt8(ascii: "0"): i &+= 1
        default: try digits()
        }
        if next == UInt8(ascii: ".") {
            i &+= 1
            try digits()
        }
        if let byte = next, byte | 0x20 == UInt8(ascii: "e") {
            i &+= 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { i &+= 1 }
            try digits()
        }
        return nil
    }

    /// At least one.
    private mutating func digits() throws(Refusal) {
        let start = i
        while i < bytes.count, bytes[i] &- 48 < 10 { i &+= 1 }
        if i == start { throw .malformed(offset: i, "expected a value") }
    }

    // MARK: Strings

    /// Goes behind the string whose opening quote is next.
    @inline(__always)
    mutating func string() throws(Refusal) -> JSONString {
        i &+= 1
        let start = i
        skipPlain()
        if next == UInt8(ascii: "\"") {
            i &+= 1
            return JSONString(start: start, end: i &- 1, isPlain: true)
        }
        return try restOfString(from: start)
    }

    @inline(never)
    private mutating func restOfString(from start: Int) throws(Refusal) -> JSONString {
        while let byte = next {
            if byte == UInt8(ascii: "\"") {
                i &+= 1
                return JSONString(start: start, end: i &- 1, isPlain: false)
            } else if byte == UInt8(ascii: "\\") {
                try skipEscape()
            } else if byte < 0x20 {
                throw .malformed(offset: i, "a control character in a string must be escaped")
            } else {
                i &+= 1
                skipPlain()
            }
        }
        throw .malformed(offset: start &- 1, "a string without its end")
    }

    /// Goes to the next byte that is a quote, a backslash, a control character or not ASCII, or to the end.
    @inline(__always)
    private mutating func skipPlain() {
        i = JSONWord.skip(bytes, from: i) { word, _ in word.marks | word.controls | word.beyondASCII }
        while i < bytes.count, Self.isPlain(bytes[i]) { i &+= 1 }
    }

    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte &- 0x20 < 0x60 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private mutating func skipEscape() throws(Refusal) {
        let start = i
        i &+= 1
        switch next {
        case UInt8(ascii: "u"):
            i &+= 1
            for _ in 0..<4 {
                guard let byte = next, HexDigit.value(of: byte) != nil else {
                    throw .malformed(offset: start, "expected four hexadecimal digits behind \\u")
                }
                i &+= 1
            }
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            i &+= 1
        default: throw .malformed(offset: start, "unknown escape")
        }
    }
}

/// Where a string lies between its quotes, in bytes that somebody else holds.
struct JSONString: Equatable, Sendable {
    var start: Int
    var end: Int
    /// ASCII, and means what stands there: without escapes.
    var isPlain: Bool

    func text(in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }
}
