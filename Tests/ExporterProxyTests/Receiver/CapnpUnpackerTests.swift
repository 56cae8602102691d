import Testing

@testable import ExporterProxy

/// Unpacks parts one after the other; what is left of each part must not be taken.
private func unpack(
    _ parts: [[UInt8]], max: Int = 1_000_000
) -> (outcome: CapnpUnpacker.Outcome, message: [UInt8], left: [UInt8]) {
    var unpacker = CapnpUnpacker(bytesMax: max)
    var outcome = CapnpUnpacker.Outcome.incomplete
    var left: [UInt8] = []
    for part in parts {
        guard outcome == .incomplete else {
            left += part
            continue
        }
        var taken = 0
        outcome = part.withExactBytes { unpacker.unpack($0, taken: &taken) }
        left += part[taken...]
    }
    return (outcome, Array(unpacker.message.readableBytesView), left)
}

private let packedVectors: [(packed: [UInt8], message: [UInt8])] = {
    var random = SeededGenerator(seed: 7)
    let messages = [
        CapnpMessages.simple, CapnpMessages.doubleFar, CapnpMessages.farRoot, CapnpMessages.message(app: "a", data: ""),
        CapnpMessages.message([CapnpMessages.root + CapnpMessages.null + CapnpMessages.null]),
        CapnpMessages.message([CapnpMessages.root + [UInt8](repeating: 0, count: 800)]),
        CapnpMessages.message([
            CapnpMessages.root + [UInt8](repeating: 0xAB, count: 400) + [UInt8](repeating: 0, count: 80)
        ]),
    ]
    return [(CapnpMessages.simplePacked, CapnpMessages.simple)]
        + messages.map { (CapnpMessages.pack($0, &random), $0) }
}()

@Test(arguments: packedVectors.indices)
func capnpUnpacker_MakesTheMessage_WhereverItIsCut(index: Int) {
    let (packed, message) = packedVectors[index]
    for (head, tail) in packed.cuts {
        let result = unpack([head, tail])
        #expect(result.outcome == .whole && result.message == message && result.left.isEmpty, "cut at \(head.count)")
    }
    #expect(unpack(packed.map { [$0] }).message == message)
    for (head, tail) in packed.cuts where !tail.isEmpty { #expect(unpack([head]).outcome == .incomplete) }
}

@Test func capnpUnpacker_LeavesWhatBelongsToTheNextMessage() {
    let result = unpack([CapnpMessages.simplePacked + CapnpMessages.simplePacked])
    #expect(result.outcome == .whole && result.message == CapnpMessages.simple)
    #expect(result.left == CapnpMessages.simplePacked)
}

@Test(arguments: 0..<60)
func capnpUnpacker_UndoesAnyPacking(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var body: [UInt8] = []
    for _ in 0..<Int.random(in: 1..<30, using: &random) {
        let words = Int.random(in: 1..<300, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: body += [UInt8](repeating: 0, count: words * 8)
        case 1: body += (0..<words * 8).map { _ in UInt8.random(in: 1...255, using: &random) }
        default: body += random.bytes(words * 8).map { $0 < 128 ? 0 : $0 }
        }
    }
    let message = CapnpMessages.message([body])
    let packed = CapnpMessages.pack(message, &random)
    var parts: [[UInt8]] = []
    var rest = packed[...]
    while !rest.isEmpty {
        let count = Int.random(in: 1...rest.count, using: &random)
        parts.append(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
    }
    let result = unpack(parts)
    #expect(result.outcome == .whole && result.message == message && result.left.isEmpty, "seed \(seed)")
}

@Test(arguments: [
    // A table of one word (tag 0x10, 01), a word, and a run of more words than the message has.
    ("zero run", "10 01 00 01"), ("literal run", "10 01 ff 0102030405060708 01 0102030405060708"),
    ("long zero run", "10 02 00 ff"),
])
func capnpUnpacker_RefusesARun_ThatGoesOnBehindTheMessage(what: String, digits: String) {
    #expect(unpack([hex(digits)]).outcome == .refused(.capnp("a packed run goes on behind the end of the message")))
}

@Test func capnpUnpacker_RefusesAtTheHeader_WhatIsTooLarge() {
    #expect(unpack([hex("70 ff ff ff")]).outcome == .refused(.tooLarge(bytes: 134_217_728, limit: 1_000_000)))
    #expect(unpack([hex("03 ff 01 00 00")]).outcome == .refused(.capnp("512 segments, at most 511 are allowed")))
}

@Test func capnpUnpacker_HoldsLittle_WhateverIsPacked() {
    // Runs of zeros that would become gigabytes: a table of zero words ends the message first.
    let zeros = [UInt8]((0..<10_000).flatMap { _ in [0x00, 0xFF] as [UInt8] })
    let result = unpack([zeros])
    #expect(result.message.count <= 4096)
}

@Test func capnpUnpacker_KnowsWhetherAMessageHasBegun() {
    var unpacker = CapnpUnpacker(bytesMax: 1000)
    #expect(!unpacker.hasBegun)
    var taken = 0
    #expect([0x10].withExactBytes { unpacker.unpack($0, taken: &taken) } == .incomplete)
    #expect(unpacker.hasBegun && taken == 1)
}
