/// Cap'n Proto messages made by hand, from the encoding's own page.
enum CapnpMessages {
    /// appName `app`, data `m 1\n`, as pycapnp writes it.
    static let simple = hex(
        """
        00 00 00 00 05 00 00 00  00 00 00 00 00 00 02 00  05 00 00 00 22 00 00 00
        05 00 00 00 2a 00 00 00  61 70 70 00 00 00 00 00  6d 20 31 0a 00 00 00 00
        """)
    static let simplePacked = hex("10 05 40 02 11 05 22 11 05 2a 07 61 70 70 0f 6d 20 31 0a")

    static let root = hex("00 00 00 00 00 00 02 00")
    static let null = hex("00 00 00 00 00 00 00 00")

    /// A segment table, and the segments behind it.
    static func message(_ segments: [[UInt8]]) -> [UInt8] {
        var bytes = word32(segments.count - 1)
        for segment in segments { bytes += word32(segment.count / 8) }
        if segments.count % 2 == 0 { bytes += word32(0) }
        return bytes + segments.flatMap { $0 }
    }

    static func word32(_ value: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// A pointer to a list of `count` bytes that begins `offset` words behind it.
    static func bytes(offset: Int, count: Int) -> [UInt8] { word32(offset << 2 | 1) + word32(count << 3 | 2) }

    static func far(segment: Int, pad: Int, isDouble: Bool = false) -> [UInt8] {
        word32(pad << 3 | (isDouble ? 4 : 0) | 2) + word32(segment)
    }

    /// Bytes with zeros up to a whole word.
    static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
    }

    static func text(_ text: String) -> [UInt8] { padded([UInt8](text) + [0]) }

    /// One segment, with the name before the data.
    static func message(app: [UInt8], data: [UInt8]) -> [UInt8] {
        let name = padded(app + [0])
        let pointers = bytes(offset: 1, count: app.count + 1) + bytes(offset: name.count / 8, count: data.count + 1)
        return message([root + pointers + name + padded(data + [0])])
    }

    static func message(app: String, data: String) -> [UInt8] { message(app: [UInt8](app), data: [UInt8](data)) }

    /// As pycapnp writes a text of 8160 bytes: two segments and a far pointer.
    static let twoSegments = message([
        root + bytes(offset: 1, count: 4) + far(segment: 1, pad: 0) + text("app"),
        bytes(offset: 0, count: 8161) + text(String(repeating: "x", count: 8160)),
    ])

    /// As pycapnp writes with a first segment of one word: the root itself is far.
    static let farRoot = message([
        far(segment: 1, pad: 0), root + far(segment: 2, pad: 0) + far(segment: 2, pad: 2),
        bytes(offset: 0, count: 4) + text("app") + bytes(offset: 0, count: 5) + text("m 1\n"),
    ])

    /// appName `dfr`, data `m 1\n\n`, each behind two far pointers.
    static let doubleFar = hex(
        """
        0200000004000000020000000100000000000000000002000600000001000000010000003200
        00006d20310a0a000000020000000200000001000000220000006466720000000000
        """)

    /// Packs by the letter of the encoding's page; `random` chooses among the ways there are.
    static func pack(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        let words = stride(from: 0, to: bytes.count, by: 8).map { Array(bytes[$0..<$0 + 8]) }
        var packed: [UInt8] = []
        var next = 0
        while next < words.count {
            let word = words[next]
            let present = word.filter { $0 != 0 }
            packed.append(word.enumerated().reduce(0) { $0 | ($1.element == 0 ? 0 : 1 << UInt8($1.offset)) })
            packed += present
            next += 1
            if present.isEmpty {
                let run = words[next...].prefix { $0.allSatisfy { $0 == 0 } }.count
                let taken = Int.random(in: 0...min(255, run), using: &random)
                packed.append(UInt8(taken))
                next += taken
            } else if present.count == 8 {
                let taken = Int.random(in: 0...min(255, words.count - next), using: &random)
                packed.append(UInt8(taken))
                packed += words[next..<next + taken].flatMap { $0 }
                next += taken
            }
        }
        return packed
    }
}
