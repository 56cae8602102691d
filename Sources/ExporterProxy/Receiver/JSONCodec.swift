import NIOCore

/// Reads `{"app": "text"}` and `{"app": ["line", …]}`, any number of pairs, both kinds mixed (RFC 8259, strict).
///
/// A byte scanner: reads only `input[0 ..< input.count]`; `output` is as large as the input and 8 bytes more, and
/// no text grows by being unescaped. 8 bytes are loaded only while they are all inside the input. Fuzz/ hunts traps.
package struct JSONCodec {
    package enum Outcome: Equatable {
        /// A whole document, which ends at this offset.
        case whole(bytes: Int)
        /// All that is here could be the beginning of a document.
        case incomplete
        /// `app` is the one whose pair was being read.
        case refused(ReceiverError, app: String?)
    }

    /// Ends the reading of a document from the inside.
    private enum Stop: Error {
        case incomplete
        case refused(ReceiverError)
    }

    private let input: UnsafeRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer
    private var i = 0
    /// How much of `output` is the text being read.
    private var count = 0
    /// The app whose pair is being read.
    private var app: String?

    /// Decodes the document at the beginning of `input`, which must not begin with white space.
    ///
    /// `scratch` is grown as needed and can be handed in again. `submissions` are those of the document, in its order,
    /// or of a part of it where the outcome is not ``Outcome/whole(bytes:)``.
    package static func decode(
        _ input: UnsafeRawBufferPointer, scratch: inout ByteBuffer, submissions: inout [Submission]
    ) -> Outcome {
        scratch.clear()
        scratch.reserveCapacity(input.count + 8)
        return scratch.withUnsafeMutableWritableBytes { output in
            var codec = JSONCodec(input: input, output: output)
            return codec.run(&submissions)
        }
    }

    private init(input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer) {
        self.input = input
        self.output = output
    }

    private mutating func run(_ submissions: inout [Submission]) -> Outcome {
        do throws(Stop) {
            try document(&submissions)
            return .whole(bytes: i)
        } catch {
            switch error {
            case .incomplete: return .incomplete
            case .refused(let error): return .refused(error, app: app)
            }
        }
    }

    // MARK: Grammar

    private mutating func document(_ submissions: inout [Submission]) throws(Stop) {
        try expect("{", "expected '{': a message is an object of app names")
        if try nextIs("}") { return }
        repeat {
            try expect("\"", "expected an app name in double quotes")
            let app = try appName()
            self.app = app
            try expect(":", "expected ':' after the app name")
            let body = try exposition()
            submissions.append(Submission(app: app, body: body))
            self.app = nil
        } while try another(before: "}")
    }

    private mutating func appName() throws(Stop) -> String {
        count = 0
        let start = i
        try text()
        try checkUTF8("the app name", from: start)
        let name = String(decoding: written, as: UTF8.self)
        if let problem = SourceName.problem(name) { throw .refused(.name(problem)) }
        return name
    }

    /// A string, or lines as an array of strings.
    private mutating func exposition() throws(Stop) -> ByteBuffer {
        count = 0
        let start = i
        if try nextIs("\"") {
            try text()
        } else if try nextIs("[") {
            try lines()
        } else {
            throw .refused(.json(offset: i, "expected a string or an array of strings as the metrics of an app"))
        }
        try checkUTF8("the metrics text", from: start)
        return ExpositionBody.make(written)
    }

    private mutating func lines() throws(Stop) {
        if try nextIs("]") { return }
        repeat {
            try expect("\"", "expected a string: each element is a line")
            try text()
            output[count] = UInt8(ascii: "\n")
            count &+= 1
        } while try another(before: "]")
    }

    /// After a value: true at a comma, false at `end`.
    private mutating func another(before end: Unicode.Scalar) throws(Stop) -> Bool {
        if try nextIs(",") { return true }
        if try nextIs(end) { return false }
        throw .refused(.json(offset: i, "expected ',' or '\(end)'"))
    }

    private mutating func expect(_ token: Unicode.Scalar, _ sentence: String) throws(Stop) {
        guard try nextIs(token) else { throw .refused(.json(offset: i, sentence)) }
    }

    /// Skips white space, then takes `token` if it is next.
    private mutating func nextIs(_ token: Unicode.Scalar) throws(Stop) -> Bool {
        while i < input.count, JSONCodec.isWhiteSpace(input[i]) { i &+= 1 }
        guard i < input.count else { throw .incomplete }
        guard input[i] == UInt8(ascii: token) else { return false }
        i &+= 1
        return true
    }

    @inline(__always)
    package static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    // MARK: Strings

    private var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: output[..<count]) }

    private func checkUTF8(_ field: String, from start: Int) throws(Stop) {
        if UTF8Check.firstInvalid(written) == nil { return }
        // Escapes are ASCII: what is wrong is wrong in the input too, and the client knows that one's offsets.
        let offset = UTF8Check.firstInvalid(UnsafeRawBufferPointer(rebasing: input[start..<i])) ?? 0
        throw .refused(.notUTF8(field: field, offset: start &+ offset))
    }

    /// Unescapes the string whose opening quote has just been read into `output`, and reads its closing quote.
    private mutating func text() throws(Stop) {
        while true {
            run8()
            guard i < input.count else { throw .incomplete }
            let byte = input[i]
            if byte == UInt8(ascii: "\\") {
                try escape()
            } else if byte == UInt8(ascii: "\"") {
                i &+= 1
                return
            } else if byte < 0x20 {
                throw .refused(.json(offset: i, "a control character in a string must be escaped"))
            } else {
                output[count] = byte
                count &+= 1
                i &+= 1
            }
        }
    }

    /// Copies 8 bytes at a time up to the next quote, backslash or control character, or to within 8 of the end.
    ///
    /// Bound: output[count ..< count + 8] exists, since count <= i and output is 8 bytes longer than the input.
    @inline(__always)
    private mutating func run8() {
        let (start, ahead, output) = (i, i &- count, output)
        i = JSONWord.skip(input, from: i) { word, offset in
            word.store(to: output, at: offset &- ahead)
            return word.marks | word.controls
        }
        count &+= i &- start
    }

    @inline(__always)
    private mutating func escape() throws(Stop) {
        guard i &+ 1 < input.count else { throw .incomplete }
        let code = input[i &+ 1]
        let byte: UInt8
        switch code {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte = code
        case UInt8(ascii: "n"): byte = 0x0A
        case UInt8(ascii: "t"): byte = 0x09
        case UInt8(ascii: "r"): byte = 0x0D
        case UInt8(ascii: "b"): byte = 0x08
        case UInt8(ascii: "f"): byte = 0x0C
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw .refused(.json(offset: i, "unknown escape"))
        }
        output[count] = byte
        count &+= 1
        i &+= 2
    }

    /// `\uXXXX`, or two of them that make a surrogate pair: at least 6 bytes in, at most 4 out.
    private mutating func unicodeEscape() throws(Stop) {
        let start = i
        var value = try hexadecimal(at: i &+ 2)
        i &+= 6
        if value & 0xFC00 == 0xD800 {
            guard i &+ 1 < input.count else { throw .incomplete }
            guard input[i] == UInt8(ascii: "\\"), input[i &+ 1] == UInt8(ascii: "u") else {
                throw .refused(.json(offset: start, "a high surrogate without its low one"))
            }
            let low = try hexadecimal(at: i &+ 2)
            guard low & 0xFC00 == 0xDC00 else {
                throw .refused(.json(offset: start, "a high surrogate without its low one"))
            }
            i &+= 6
            value = 0x10000 + (value & 0x3FF) << 10 + (low & 0x3FF)
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw .refused(.json(offset: start, "a low surrogate without its high one"))
        }
        for byte in String(scalar).utf8 {
            output[count] = byte
            count &+= 1
        }
    }

    private func hexadecimal(at start: Int) throws(Stop) -> UInt32 {
        var value: UInt32 = 0
        for k in start..<start &+ 4 {
            guard k < input.count else { throw .incomplete }
            guard let digit = HexDigit.value(of: input[k]) else {
                throw .refused(.json(offset: k, "expected four hexadecimal digits after \\u"))
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
