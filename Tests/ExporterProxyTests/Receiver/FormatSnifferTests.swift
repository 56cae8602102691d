import Testing

@testable import ExporterProxy

private func sniff(_ bytes: [UInt8], ended: Bool = false) -> FormatSniffer.Outcome {
    bytes.withExactBytes { FormatSniffer.sniff($0, ended: ended) }
}

@Test func formatSniffer_TellsTheFormats_ByTheirFirstFourBytes() {
    #expect(sniff([UInt8](#"{"a":"x"}"#)) == .json)
    #expect(sniff([UInt8]("{\n\"a")) == .json)
    #expect(sniff(CapnpMessages.simple) == .capnp)
    #expect(sniff(CapnpMessages.twoSegments) == .capnp)
    #expect(sniff(CapnpMessages.simplePacked) == .packedCapnp)
}

@Test(arguments: [0, 1, 8, 9, 12, 31, 122, 510])
func formatSniffer_KnowsUnpackedMessages_WithAnyNumberOfSegments(count: Int) {
    #expect(sniff(CapnpMessages.word32(count)) == .capnp)
}

@Test(arguments: [1, 5, 255, 256, 511, 65_535, 65_536, 1_000_000])
func formatSniffer_KnowsPackedMessages_OfAnySize(words: Int) {
    var random = SeededGenerator(seed: 1)
    for segments in [1, 2, 3, 256, 300, 511] {
        let table = CapnpMessages.word32(segments - 1) + CapnpMessages.word32(words)
        let text = CapnpMessages.bytes(offset: 1, count: 4)
        let pointers = CapnpMessages.root + text + text
        let packed = CapnpMessages.pack(table, &random) + CapnpMessages.pack(pointers, &random)
        #expect(sniff(packed) == .packedCapnp, "\(segments) segments")
    }
}

@Test(arguments: ["", "{", "{\"", "{\"a", "GET"])
func formatSniffer_WaitsForFourBytes(text: String) {
    #expect(sniff([UInt8](text)) == .undecided)
}

@Test func formatSniffer_Decides_WhenNothingMoreComes() {
    #expect(sniff([UInt8]("{}"), ended: true) == .json)
    #expect(sniff([0x10, 0x05], ended: true) == .refused(.truncated(bytes: 2)))
    #expect(sniff([], ended: true) == .undecided)
}

@Test(arguments: ["GET / HTTP/1.1", "POST /x", "HEAD /", "PUT /", "DELETE /", "OPTIONS *", "PATCH /", "PRI * HTTP/2.0"])
func formatSniffer_KnowsHTTP(text: String) {
    #expect(sniff([UInt8](text)) == .refused(.httpRequest))
}

@Test(arguments: ["# HELP x y", "[\"a\"]", "\u{16}\u{3}\u{1}\u{2}"])
func formatSniffer_RefusesWhatIsNeither(text: String) {
    guard case .refused(.unknownFormat) = sniff([UInt8](text), ended: true) else {
        Issue.record("\(sniff([UInt8](text)))")
        return
    }
}
