import Foundation
import NIOCore
import Testing

@testable import ExporterProxy

/// An outcome, and the apps with their texts that came with it.
private func decode(_ bytes: [UInt8]) -> (outcome: JSONCodec.Outcome, apps: [[String]]) {
    var scratch = ByteBuffer()
    var submissions: [Submission] = []
    let outcome = bytes.withExactBytes {
        JSONCodec.decode($0, scratch: &scratch, submissions: &submissions)
    }
    return (outcome, submissions.map { [$0.app, $0.body.text] })
}

private func refusal(_ bytes: [UInt8]) -> ReceiverError? {
    if case .refused(let error, _) = decode(bytes).outcome { return error }
    return nil
}

@Test(
    arguments: [
        (#"{"app":"text\n"}"#, [["app", "text\n"]]),
        (#"{"app":"text"}"#, [["app", "text\n"]]),
        (#"{"app":["l1","l2"]}"#, [["app", "l1\nl2\n"]]),
        (#"{"a":"x","b":"y"}"#, [["a", "x\n"], ["b", "y\n"]]),
        (#"{"a":"x","b":["y"],"c":"z"}"#, [["a", "x\n"], ["b", "y\n"], ["c", "z\n"]]),
        (#"{"a":"1","a":"2"}"#, [["a", "1\n"], ["a", "2\n"]]),
        (#"{}"#, []),
        (#"{ }"#, []),
        (#"{"a":""}"#, [["a", ""]]),
        (#"{"a":[]}"#, [["a", ""]]),
        (#"{"a":[ ]}"#, [["a", ""]]),
        (#"{"a":[""]}"#, [["a", ""]]),
        (#"{"a":["","x",""]}"#, [["a", "\nx\n"]]),
        (#"{"a":"\n\n"}"#, [["a", ""]]),
        (#"{"a":"x\n\n\n"}"#, [["a", "x\n"]]),
        ("{\r\n\t \"a\" \n:\t[ \"x\" , \"y\" ] , \"b\":\"z\"\n}", [["a", "x\ny\n"], ["b", "z\n"]]),
        (#"{"a":"\"\\\/\b\f\n\r\tx"}"#, [["a", "\"\\/\u{8}\u{c}\n\r\tx\n"]]),
        (#"{"a":"\u0041\u00e9\u20AC\ud83d\uDE00\u0000"}"#, [["a", "Aé€😀\u{0}\n"]]),
        (#"{"a":"\udbff\udfff\uffff"}"#, [["a", "\u{10ffff}\u{ffff}\n"]]),
        (#"{"é日本😀":"é日本😀"}"#, [["é日本😀", "é日本😀\n"]]),
        (#"{"\u0061\u0070\u0070":"x"}"#, [["app", "x\n"]]),
        (#"{"a b/c":"x"}"#, [["a b/c", "x\n"]]),
        ("{\"a\":\"\u{7f}\"}", [["a", "\u{7f}\n"]]),
        (#"{"a":"{[]}\",:"}"#, [["a", "{[]}\",:\n"]]),
    ] as [(String, [[String]])])
func jsonCodec_TakesEveryPair(document: String, apps: [[String]]) {
    let decoded = decode([UInt8](document))
    #expect(decoded.outcome == .whole(bytes: document.utf8.count))
    #expect(decoded.apps == apps)
}

@Test(arguments: ["", " ", "\n", "garbage", "{\"b\":\"y\"}", "\u{0}", "}", "\u{feff}"])
func jsonCodec_StopsAtTheEndOfTheDocument_WhateverFollows(rest: String) {
    let document = #"{"a":"x"}"#
    let decoded = decode([UInt8](document + rest))
    #expect(decoded.outcome == .whole(bytes: 9))
    #expect(decoded.apps == [["a", "x\n"]])
}

@Test(
    arguments: [
        ("[]", 0), ("\"x\"", 0), ("1", 0), ("null", 0), ("\u{feff}{}", 0), ("/*x*/{}", 0), ("}", 0),
        ("{a:1}", 1), ("{'a':'b'}", 1), ("{,}", 1), ("{1:2}", 1),
        (#"{"a" "x"}"#, 5), (#"{"a","b"}"#, 4), (#"{"a"}"#, 4),
        (#"{"a":1}"#, 5), (#"{"a":null}"#, 5), (#"{"a":true}"#, 5), (#"{"a":{"b":"c"}}"#, 5), (#"{"a":}"#, 5),
        (#"{"a":-0.5e1}"#, 5), (#"{"a": 1}"#, 6),
        (#"{"a":["x",1]}"#, 10), (#"{"a":[["x"]]}"#, 6), (#"{"a":[null]}"#, 6), (#"{"a":["x",]}"#, 10),
        (#"{"a":["x" "y"]}"#, 10), (#"{"a":["x"}"#, 9), (#"{"a":[,]}"#, 6),
        (#"{"a":"x",}"#, 9), (#"{"a":"x" "b":"y"}"#, 9), (#"{"a":"x"]"#, 8), (#"{"a":"x"//c"#, 8), (#"{"a":"x";"#, 8),
        ("{\"a\":\"x\ny\"}", 7), ("{\"a\":\"x\ty\"}", 7), ("{\"a\":\"\u{0}\"}", 6), ("{\"a\":\"\u{1f}\"}", 6),
        ("{\"a\":\"0123456789abcdef\u{1}\"}", 22),
        (#"{"a":"\x"}"#, 6), (#"{"a":"\'"}"#, 6), (#"{"a":"\U0041"}"#, 6), (#"{"a":"\u12G4"}"#, 10),
        (#"{"a":"\u+123"}"#, 8),
        (#"{"a":"\u 123"}"#, 8), (#"{"a":"\u"}  "#, 8),
        (#"{"a":"\ud800x"}"#, 6), (#"{"a":"\ud800\u0041"}"#, 6), (#"{"a":"\ud800\ud800"}"#, 6),
        (#"{"a":"\ud800\n"}"#, 6),
        (#"{"a":"\ud800"}"#, 6), (#"{"a":"\udc00"}"#, 6), (#"{"a":"x\udfff\ud800"}"#, 7),
    ] as [(String, Int)])
func jsonCodec_SaysWhere_WhenADocumentIsWrong(document: String, offset: Int) {
    guard case .json(let found, _) = refusal([UInt8](document)) else {
        Issue.record("not refused as JSON: \(decode([UInt8](document)))")
        return
    }
    #expect(found == offset)
}

@Test(arguments: [
    (#"{"":"x"}"#, SourceNameError.empty), (#"{".":"x"}"#, .reserved(".")), (#"{"..":"x"}"#, .reserved("..")),
    (#"{"a\nb":"x"}"#, .controlCharacter), (#"{"\u0000":"x"}"#, .controlCharacter),
    (#"{"\u009b":"x"}"#, .controlCharacter),
    ("{\"\(String(repeating: "n", count: 256))\":\"x\"}", .tooLong(bytes: 256)),
    ("{\"\(String(repeating: "é", count: 128))\":\"x\"}", .tooLong(bytes: 256)),
])
func jsonCodec_RefusesNames_ThatNoSourceMayHave(document: String, error: SourceNameError) {
    #expect(refusal([UInt8](document)) == .name(error))
}

@Test func jsonCodec_TakesANameOfTheLargestLength() {
    let name = String(repeating: "n", count: 255)
    #expect(decode([UInt8]("{\"\(name)\":\"x\"}")).apps == [[name, "x\n"]])
}

@Test(arguments: ["FF", "C3", "C0 80", "ED A0 80", "F4 90 80 80", "E2 82", "80"])
func jsonCodec_RefusesTextThatIsNotUTF8(digits: String) {
    let name = [UInt8]("{\"") + hex(digits) + [UInt8]("\":\"x\"}")
    #expect(refusal(name) == .notUTF8(field: "the app name", offset: 2))
    guard case .notUTF8(field: "the metrics text", _) = refusal([UInt8]("{\"a\":\"x") + hex(digits) + [UInt8]("\"}"))
    else {
        Issue.record("\(digits) is taken")
        return
    }
}

@Test(arguments: [
    (#"{"a":"x"#, "FF", #"y"}"#, 7), (#"{"a":""#, "FF", #""}"#, 6), (#"{"a" : "x\n\u00e9"#, "C3", #"\n"}"#, 17),
    (#"{"a":["x", "y"#, "ED A0 80", #""]}"#, 13), (#"{"b":"ok","\u0061"#, "80", #"":"x"}"#, 17),
    (#"{"a":"x"#, "C3", #"\u00a9"}"#, 7),
])
func jsonCodec_SaysWhere_WhenTextIsNotUTF8(head: String, digits: String, tail: String, offset: Int) {
    guard case .notUTF8(_, let found) = refusal([UInt8](head) + hex(digits) + [UInt8](tail)) else {
        Issue.record("\(head) is taken")
        return
    }
    #expect(found == offset)
}

@Test(arguments: [#"{"a":"x","":"y"}"#, #"{"a":"x",1:"y"}"#, #"{"a":"x","\x":"y"}"#, #"{"a":"x";"b":"y"}"#])
func jsonCodec_NamesNoApp_WhenTheMistakeIsNotWithinItsPair(document: String) {
    guard case .refused(_, app: nil) = decode([UInt8](document)).outcome else {
        Issue.record("\(decode([UInt8](document)).outcome)")
        return
    }
}

@Test func jsonCodec_NamesTheAppWhosePairIsWrong() {
    #expect(
        decode([UInt8](#"{"a":"x","b":1}"#)).outcome
            == .refused(
                .json(offset: 13, "expected a string or an array of strings as the metrics of an app"), app: "b"))
    #expect(decode([UInt8](#"{"a":"x","b":1}"#)).apps == [["a", "x\n"]])
}

@Test func jsonCodec_UsesItsScratchAgain() {
    var scratch = ByteBuffer()
    for document in [#"{"a":"a long text of more than a word"}"#, #"{"b":"x"}"#, #"{"c":["y","z"]}"#] {
        var submissions: [Submission] = []
        _ = [UInt8](document).withExactBytes { JSONCodec.decode($0, scratch: &scratch, submissions: &submissions) }
        #expect(submissions.count == 1)
        #expect(submissions.first?.body.text.hasSuffix("\n") == true)
    }
}

// MARK: Properties

/// Encodes as any client might: each character as it is or escaped, white space anywhere.
private struct RandomEncoder {
    var random: SeededGenerator

    mutating func space() -> String {
        (0..<Int.random(in: 0..<3, using: &random)).map { _ in
            [" ", "\n", "\r", "\t"].randomElement(using: &random) ?? " "
        }.joined()
    }

    mutating func string(_ text: String) -> String {
        var encoded = "\""
        for scalar in text.unicodeScalars { encoded += character(scalar) }
        return encoded + "\""
    }

    private mutating func character(_ scalar: Unicode.Scalar) -> String {
        let short: [Unicode.Scalar: String] = [
            "\"": "\\\"", "\\": "\\\\", "/": "\\/", "\u{8}": "\\b", "\u{c}": "\\f", "\n": "\\n", "\r": "\\r",
            "\t": "\\t",
        ]
        let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
        switch Int.random(in: 0..<4, using: &random) {
        case 0: if let short = short[scalar] { return short }
        case 1, 2: if !mustEscape { return String(scalar) }
        default: break
        }
        return String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }

    /// A document, and what it says.
    mutating func document() -> (text: String, apps: [[String]]) {
        var apps: [[String]] = []
        var pairs: [String] = []
        for index in 0..<Int.random(in: 0..<4, using: &random) {
            let name = "app \(index) é\"\\/"
            let lines = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
                random.text(Int.random(in: 0..<30, using: &random))
            }
            let isArray = Bool.random(using: &random)
            let value = isArray ? "[" + array(lines) + "]" : string(lines.joined(separator: "\n"))
            pairs.append(space() + string(name) + space() + ":" + space() + value + space())
            apps.append([name, ended(lines)])
        }
        return ("{" + (pairs.isEmpty ? space() : pairs.joined(separator: ",")) + "}", apps)
    }

    private mutating func array(_ lines: [String]) -> String {
        lines.isEmpty ? space() : lines.map { space() + string($0) + space() }.joined(separator: ",")
    }

    private func ended(_ lines: [String]) -> String {
        var scalars = Array(lines.joined(separator: "\n").unicodeScalars)
        while scalars.last == "\n" { scalars.removeLast() }
        guard !scalars.isEmpty else { return "" }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars + ["\n"])
        return String(view)
    }
}

@Test(arguments: 0..<100)
func jsonCodec_ReadsBackWhatAnyEncoderWrites(seed: UInt64) {
    var encoder = RandomEncoder(random: SeededGenerator(seed: seed))
    for _ in 0..<10 {
        let (text, apps) = encoder.document()
        let decoded = decode([UInt8](text))
        #expect(decoded.outcome == .whole(bytes: text.utf8.count), "seed \(seed): \(text)")
        #expect(
            decoded.apps.map { $0.map { Array($0.utf8) } } == apps.map { $0.map { Array($0.utf8) } }, "seed \(seed)")
    }
}

@Test(arguments: 0..<20)
func jsonCodec_IsIncomplete_WhereverADocumentIsCut(seed: UInt64) {
    var encoder = RandomEncoder(random: SeededGenerator(seed: 1000 + seed))
    let bytes = [UInt8](encoder.document().text)
    for (head, tail) in bytes.cuts where !tail.isEmpty {
        let outcome = decode(head).outcome
        #expect(outcome == .incomplete, "seed \(seed), cut at \(head.count)")
    }
}

@Test(arguments: 0..<50)
func jsonCodec_TakesNothingThatAnotherReaderRefuses(seed: UInt64) {
    var encoder = RandomEncoder(random: SeededGenerator(seed: 2000 + seed))
    let original = [UInt8](encoder.document().text)
    for _ in 0..<100 {
        var bytes = original
        let place = Int.random(in: 0..<bytes.count, using: &encoder.random)
        let replacements = [UInt8]("{}[]\",:\\u/ \n\t0a\u{1}") + [0xFF, 0xC3, 0x80]
        bytes[place] = replacements.randomElement(using: &encoder.random) ?? 0
        guard case .whole(let count) = decode(bytes).outcome else { continue }
        let theirs = try? JSONSerialization.jsonObject(with: Data(bytes.prefix(count)))
        #expect(theirs is [String: Any], "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
    }
}

@Test(arguments: 0..<50)
func jsonCodec_ComesToAnEnd_WhateverComes(seed: UInt64) {
    var random = SeededGenerator(seed: 3000 + seed)
    let alphabet = [UInt8]("{}[]\"\\,:u0dDaA8 \n") + [0, 0x1F, 0x7F, 0x80, 0xC3, 0xED, 0xFF]
    for _ in 0..<200 {
        let body = (0..<Int.random(in: 0..<40, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
        if case .whole(let count) = decode([UInt8]("{\"a\":\"") + body).outcome { #expect(count <= body.count + 6) }
        if case .whole(let count) = decode(body).outcome { #expect(count <= body.count) }
    }
}
