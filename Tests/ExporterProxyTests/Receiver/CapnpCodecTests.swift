import Testing

@testable import ExporterProxy

private func decode(_ bytes: [UInt8]) -> CapnpCodec.Outcome { bytes.withExactBytes { CapnpCodec.decode($0) } }

private func whole(_ outcome: CapnpCodec.Outcome) -> [String]? {
    if case .whole(let submission) = outcome { return [submission.app, submission.body.text] }
    return nil
}

@Test(arguments: [
    (CapnpMessages.simple, "app", "m 1\n"),
    (CapnpMessages.doubleFar, "dfr", "m 1\n"),
    (CapnpMessages.farRoot, "app", "m 1\n"),
    (CapnpMessages.twoSegments, "app", String(repeating: "x", count: 8160) + "\n"),
    (CapnpMessages.message(app: "app", data: "m 1"), "app", "m 1\n"),
    (CapnpMessages.message(app: "app", data: ""), "app", ""),
    (CapnpMessages.message(app: "app", data: "a\u{0}b"), "app", "a\u{0}b\n"),
    (CapnpMessages.message(app: "é", data: "\nm 1\n\n"), "é", "\nm 1\n"),
    // Null data; dead words behind the message; a struct with a data section; a struct with more pointers.
    (
        CapnpMessages.message([
            CapnpMessages.root + CapnpMessages.bytes(offset: 1, count: 4) + CapnpMessages.null
                + CapnpMessages.text("app")
        ]), "app", ""
    ),
    (CapnpMessages.message([Array(CapnpMessages.simple[8...]) + [UInt8](repeating: 0xAA, count: 64)]), "app", "m 1\n"),
    (
        CapnpMessages.message([hex("00 00 00 00 01 00 02 00") + CapnpMessages.null + Array(CapnpMessages.simple[16...])]
        ),
        "app", "m 1\n"
    ),
    (
        CapnpMessages.message([
            hex("00 00 00 00 00 00 03 00") + CapnpMessages.bytes(offset: 2, count: 4)
                + CapnpMessages.bytes(offset: 2, count: 5) + CapnpMessages.null + CapnpMessages.text("app")
                + CapnpMessages.text("m 1\n")
        ]), "app", "m 1\n"
    ),
    // The data before the name: the order of setting decides.
    (
        CapnpMessages.message([
            CapnpMessages.root + CapnpMessages.bytes(offset: 2, count: 4)
                + CapnpMessages.bytes(offset: 0, count: 5) + CapnpMessages.text("m 1\n") + CapnpMessages.text("app")
        ]), "app", "m 1\n"
    ),
])
func capnpCodec_ReadsAMessage(message: [UInt8], app: String, body: String) {
    #expect(whole(decode(message)) == [app, body])
}

@Test(arguments: [
    CapnpMessages.message([CapnpMessages.root + CapnpMessages.null + CapnpMessages.null]),
    CapnpMessages.message(app: "", data: "m 1\n"),
    CapnpMessages.message([CapnpMessages.null]),
    CapnpMessages.message([hex("fc ff ff ff 00 00 00 00")]),
    // A root behind two far pointers, of which the first is itself and the second says null.
    CapnpMessages.message([CapnpMessages.far(segment: 0, pad: 0, isDouble: true) + CapnpMessages.null]),
])
func capnpCodec_RefusesAMessageWithoutAName(message: [UInt8]) {
    #expect(decode(message) == .refused(.name(.empty), app: ""))
}

@Test(arguments: [
    ("zero words", CapnpMessages.message([[]])),
    ("root out of range", CapnpMessages.message([hex("00 01 00 00 00 00 02 00")])),
    ("root is a list", CapnpMessages.message([CapnpMessages.bytes(offset: 0, count: 0)])),
    (
        "missing segment",
        CapnpMessages.message([CapnpMessages.root + CapnpMessages.far(segment: 5, pad: 0) + CapnpMessages.null])
    ),
    (
        "far pad out of range",
        CapnpMessages.message([CapnpMessages.root + CapnpMessages.far(segment: 0, pad: 99) + CapnpMessages.null])
    ),
    // A far pointer that leads to itself, and two that lead to each other.
    (
        "far loop",
        CapnpMessages.message([CapnpMessages.root + CapnpMessages.far(segment: 0, pad: 1) + CapnpMessages.null])
    ),
    (
        "far loop of two",
        CapnpMessages.message([
            CapnpMessages.root + CapnpMessages.far(segment: 1, pad: 0) + CapnpMessages.null,
            CapnpMessages.far(segment: 0, pad: 1),
        ])
    ),
    ("far root loop", CapnpMessages.message([CapnpMessages.far(segment: 0, pad: 0)])),
    (
        "no NUL",
        CapnpMessages.message([
            CapnpMessages.root + CapnpMessages.bytes(offset: 1, count: 4)
                + CapnpMessages.bytes(offset: 1, count: 5) + CapnpMessages.padded([UInt8]("appx"))
                + CapnpMessages.text("m 1\n")
        ])
    ),
    (
        "empty list for text",
        CapnpMessages.message([
            CapnpMessages.root + CapnpMessages.bytes(offset: 1, count: 0)
                + CapnpMessages.null
        ])
    ),
    ("capability", CapnpMessages.message([CapnpMessages.root + hex("03 00 00 00 00 00 00 00") + CapnpMessages.null])),
    (
        "struct for text",
        CapnpMessages.message([CapnpMessages.root + hex("00 00 00 00 01 00 00 00") + CapnpMessages.null])
    ),
    (
        "list of words",
        CapnpMessages.message([
            CapnpMessages.root + hex("05 00 00 00 0d 00 00 00") + CapnpMessages.null
                + CapnpMessages.text("app")
        ])
    ),
    (
        "text out of range",
        CapnpMessages.message([
            CapnpMessages.root + CapnpMessages.bytes(offset: 1, count: 4000)
                + CapnpMessages.null + CapnpMessages.text("app")
        ])
    ),
    (
        "text of 512 MiB",
        CapnpMessages.message([
            CapnpMessages.root + CapnpMessages.bytes(offset: 1, count: 0x1FFF_FFFF)
                + CapnpMessages.null + CapnpMessages.text("app")
        ])
    ),
    (
        "negative offset",
        CapnpMessages.message([CapnpMessages.root + CapnpMessages.bytes(offset: -4, count: 4) + CapnpMessages.null])
    ),
    ("table longer than the bytes", hex("00 00 00 00 ff 00 00 00 00 00 00 00 00 00 02 00")),
    ("half a table", hex("01 00 00 00 01 00 00 00")),
])
func capnpCodec_RefusesWhatBreaksTheEncoding(what: String, message: [UInt8]) {
    guard case .refused(.capnp(let sentence), app: nil) = decode(message) else {
        Issue.record("\(what): \(decode(message))")
        return
    }
    #expect(!sentence.isEmpty)
}

@Test func capnpCodec_RefusesText_ThatIsNotUTF8() {
    #expect(
        decode(CapnpMessages.message(app: [0x61, 0xFF], data: []))
            == .refused(.notUTF8(field: "the app name", offset: 1), app: nil))
    #expect(
        decode(CapnpMessages.message(app: [0x61], data: [0x61, 0x62, 0xC3]))
            == .refused(.notUTF8(field: "the metrics text", offset: 2), app: "a"))
}

@Test(arguments: [
    ("\u{1b}[31m", SourceNameError.controlCharacter), ("a\u{0}b", .controlCharacter), (".", .reserved(".")),
    (String(repeating: "n", count: 256), .tooLong(bytes: 256)),
])
func capnpCodec_RefusesNames_ThatNoSourceMayHave(name: String, error: SourceNameError) {
    #expect(decode(CapnpMessages.message(app: name, data: "m 1\n")) == .refused(.name(error), app: name))
}

@Test(arguments: 1..<8)
func capnpCodec_ReadsAMessage_ThatIsNotAligned(shift: Int) {
    let shifted = [UInt8](repeating: 0, count: shift) + CapnpMessages.simple
    let outcome = shifted.withExactBytes { CapnpCodec.decode(UnsafeRawBufferPointer(rebasing: $0[shift...])) }
    #expect(whole(outcome) == ["app", "m 1\n"])
}

@Test func capnpCodec_RefusesAnEmptyMessage() {
    #expect(
        CapnpCodec.decode(UnsafeRawBufferPointer(start: nil, count: 0))
            == .refused(.capnp("the message is empty"), app: nil))
}

@Test(arguments: 0..<30)
func capnpCodec_ReadsBackWhatItWrote(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let text = random.text(Int.random(in: 0..<20_000, using: &random))
    let name = "app \(seed) é"
    let message = CapnpCodec.encode(app: name, data: [UInt8](text))
    #expect(message.count % 8 == 0)
    let body =
        text.utf8.allSatisfy { $0 == 0x0A }
        ? "" : String(decoding: text.utf8.reversed().drop { $0 == 0x0A }.reversed(), as: UTF8.self) + "\n"
    #expect(
        whole(decode(message)).map { $0.map { Array($0.utf8) } } == [Array(name.utf8), Array(body.utf8)], "seed \(seed)"
    )
}

@Test func capnpCodec_WritesTheBytesOfTheReferenceEncoder() {
    #expect(CapnpCodec.encode(app: "app", data: [UInt8]("m 1\n")) == CapnpMessages.simple)
}

@Test(arguments: 0..<50)
func capnpCodec_ComesToAnEnd_WhateverComes(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for original in [CapnpMessages.simple, CapnpMessages.doubleFar, CapnpMessages.farRoot] {
        for _ in 0..<50 {
            var bytes = original
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if case .whole(let submission) = decode(bytes) { #expect(SourceName.problem(submission.app) == nil) }
        }
    }
}
