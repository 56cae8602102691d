import Testing

@testable import ExporterProxy

private func frame(_ bytes: [UInt8], max: Int = 1_000_000) -> CapnpFramer.Outcome {
    bytes.withExactBytes { CapnpFramer.frame($0, bytesMax: max) }
}

@Test(arguments: [
    (CapnpMessages.simple, 48), (CapnpMessages.doubleFar, 72), (CapnpMessages.twoSegments, 8224),
    (CapnpMessages.farRoot, 80), (CapnpMessages.message([[]]), 8),
    (hex("01 00 00 00 01 00 00 00 02 00 00 00 00 00 00 00"), 40),
])
func capnpFramer_KnowsTheLengthFromTheTable(message: [UInt8], length: Int) {
    #expect(frame(message) == .length(bytes: length))
    let table = (4 + 4 * (Int(message[0]) + 1) + 7) / 8 * 8
    #expect(frame(Array(message[..<table])) == .length(bytes: length))
    for count in 0..<table { #expect(frame(Array(message[..<count])) == .incomplete) }
}

@Test func capnpFramer_TakesAsManySegmentsAsTheLibrary_AndNoMore() {
    let most = CapnpMessages.message([[UInt8]](repeating: [], count: 511))
    #expect(frame(most) == .length(bytes: 2048))
    #expect(frame(CapnpMessages.word32(511)) == .refused(.capnp("512 segments, at most 511 are allowed")))
    #expect(frame(hex("ff ff ff ff")) == .refused(.capnp("4294967296 segments, at most 511 are allowed")))
}

@Test func capnpFramer_RefusesAtTheHeader_WhatIsTooLarge() {
    let header = hex("00 00 00 00") + CapnpMessages.word32(2_097_152)
    #expect(frame(header, max: 16_777_216) == .refused(.tooLarge(bytes: 16_777_224, limit: 16_777_216)))
    #expect(frame(header, max: 16_777_224) == .length(bytes: 16_777_224))
    #expect(
        frame(hex("01 00 00 00 ff ff ff ff ff ff ff ff 00 00 00 00"))
            == .refused(.tooLarge(bytes: 16 + 2 * 4_294_967_295 * 8, limit: 1_000_000)))
}
