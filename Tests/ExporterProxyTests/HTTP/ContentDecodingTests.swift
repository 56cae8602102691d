import CSnappy
import CZlib
import CZstd
import Glibc
import NIOCore
import Testing

@testable import ExporterProxy

private let text = [UInt8](
    "# TYPE http_requests_total counter\nhttp_requests_total{code=\"200\"} 12\nhttp_requests_total{code=\"404\"} 3\n")

/// That text as other programs compress it: Python's gzip and zlib, `gzip` with a name, python-snappy, `zstd`, and
/// libzstd without checksum and size.
private let vectors: [(name: String, coding: String, bytes: [UInt8])] = [
    (
        "gzip", "gzip",
        hex(
            """
            1f8b0800000000000203535608890c7055c8282929882f4a2d2c4d2d2e298e2fc92f49cc5148ce2fcd2b492de2c222579d9c9f92
            6aab646460a054ab60688447898981095089311700a6c3e01e68000000
            """)
    ),
    (
        "gzip with a name", "x-gzip",
        hex(
            """
            1f8b0808acf6016b0003742e74787400535608890c7055c8282929882f4a2d2c4d2d2e298e2fc92f49cc5148ce2fcd2b492de2c2
            22579d9c9f926aab646460a054ab60688447898981095089311700a6c3e01e68000000
            """)
    ),
    (
        "zlib", "deflate",
        hex(
            """
            78da535608890c7055c8282929882f4a2d2c4d2d2e298e2fc92f49cc5148ce2fcd2b492de2c222579d9c9f926aab646460a054ab
            60688447898981095089311700edbf2566
            """)
    ),
    (
        "raw deflate", "deflate",
        hex(
            """
            535608890c7055c8282929882f4a2d2c4d2d2e298e2fc92f49cc5148ce2fcd2b492de2c222579d9c9f926aab646460a054ab6068
            8447898981095089311700
            """)
    ),
    (
        "snappy in frames", "snappy",
        hex(
            """
            ff060000734e615070590049000023176a31688823205459504520687474705f72657175657374735f746f74616c20636f756e74
            65720a4a1c003c7b636f64653d22323030227d2031320a6623001c343034227d20330a
            """)
    ),
    (
        "a snappy block", "snappy",
        hex(
            """
            688823205459504520687474705f72657175657374735f746f74616c20636f756e7465720a4a1c003c7b636f64653d2232303022
            7d2031320a6623001c343034227d20330a
            """)
    ),
    (
        "zstd", "zstd",
        hex(
            """
            28b52ffd2468250200a40323205459504520687474705f72657175657374735f746f74616c20636f756e7465720a7b636f64653d
            22323030227d203132343034227d20330a02004685759f4c32e0be2556
            """)
    ),
    (
        "zstd without checksum", "zstd",
        hex(
            """
            28b52ffd0000250200a40323205459504520687474705f72657175657374735f746f74616c20636f756e7465720a7b636f64653d
            22323030227d203132343034227d20330a02004685759f4c32
            """)
    ),
]

private let snappyIdentifier = hex("ff060000734e61507059")

/// The input in a block of its own size, so that a sanitizer sees a read beyond it.
private func decode(
    _ bytes: [UInt8], _ coding: String, limit: Int = 1 << 30, ratio: Int = 100
) throws(ContentDecodingError) -> [UInt8] {
    let body = ByteBufferAllocator().buffer(bytes: bytes)
    return Array(try ContentDecoding.decode(body, coding: coding, limit: limit, ratio: ratio).readableBytesView)
}

private func error(
    _ bytes: [UInt8], _ coding: String, limit: Int = 1 << 30, ratio: Int = 100
) -> ContentDecodingError? {
    do { _ = try decode(bytes, coding, limit: limit, ratio: ratio) } catch { return error }
    return nil
}

// MARK: - What compresses

/// `windowBits` 31 is gzip, 15 deflate, -15 raw.
private func deflated(_ bytes: [UInt8], windowBits: Int32, level: Int32 = 6) -> [UInt8] {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    deflateInit2_(&stream, level, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
    defer { deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))) + 64)
    let left = input.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { output in
            (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
            (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
            #expect(deflate(&stream, Z_FINISH) == Z_STREAM_END)
            return Int(stream.avail_out)
        }
    }
    return output.dropLast(left)
}

private func gzipped(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8] {
    deflated(bytes, windowBits: 31, level: level)
}

private func snappyBlock(_ bytes: [UInt8]) -> [UInt8] {
    var count = snappy_max_compressed_length(bytes.count)
    var output = [CChar](repeating: 0, count: count)
    #expect(snappy_compress(bytes.map { CChar(bitPattern: $0) }, bytes.count, &output, &count) == SNAPPY_OK)
    return output.prefix(count).map { UInt8(bitPattern: $0) }
}

private func chunk(_ type: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [type] + (0..<3).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes
}

private func dataChunk(_ bytes: [UInt8], compressed: Bool = true) -> [UInt8] {
    let sum = bytes.withUnsafeBytes(CRC32C.masked)
    let data = (0..<4).map { UInt8(truncatingIfNeeded: sum >> UInt32(8 * $0)) }
    return chunk(compressed ? 0 : 1, data + (compressed ? snappyBlock(bytes) : bytes))
}

private func snappyFramed(_ bytes: [UInt8]) -> [UInt8] {
    stride(from: 0, to: bytes.count, by: 65_536).reduce(snappyIdentifier) { stream, start in
        stream + dataChunk(Array(bytes[start..<min(bytes.count, start + 65_536)]))
    }
}

private func zstd(_ bytes: [UInt8], level: Int32 = 3) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
    let count = ZSTD_compress(&output, output.count, bytes, bytes.count, level)
    #expect(ZSTD_isError(count) == 0)
    return Array(output.prefix(count))
}

private let compressors: [(name: String, coding: String, compress: @Sendable ([UInt8]) -> [UInt8])] = [
    ("gzip", "gzip", { gzipped($0) }), ("stored gzip", "gzip", { gzipped($0, level: 0) }),
    ("deflate", "deflate", { deflated($0, windowBits: 15) }),
    ("small window", "deflate", { deflated($0, windowBits: 9) }),
    ("raw deflate", "deflate", { deflated($0, windowBits: -15) }),
    ("stored raw deflate", "deflate", { deflated($0, windowBits: -15, level: 0) }),
    ("snappy block", "snappy", { snappyBlock($0) }), ("snappy frames", "snappy", { snappyFramed($0) }),
    ("zstd", "zstd", { zstd($0) }), ("zstd 19", "zstd", { zstd($0, level: 19) }),
]

private let bodies: [[UInt8]] = {
    var random = SeededGenerator(seed: 12)
    let lines = (0..<20_000).map { _ in "m{a=\"\(UInt64.random(in: 0..<1000, using: &random))\"} 1\n" }
    return [[], [0x0A], [UInt8](lines.joined()), random.bytes(1), random.bytes(16_384), random.bytes(70_000)]
}()

// MARK: - What is taken

struct ContentDecodingTests {
    @Test(arguments: vectors.indices)
    func bodyOfAnotherProgram_IsDecoded(index: Int) throws {
        let (name, coding, bytes) = vectors[index]
        #expect(try decode(bytes, coding) == text, "\(name)")
        #expect(try decode(bytes, " ,\t\(coding.uppercased()) ,") == text, "\(name)")
    }

    @Test(arguments: compressors.indices)
    func bodyOfAnySize_IsDecoded(index: Int) throws {
        let (name, coding, compress) = compressors[index]
        for body in bodies { #expect(try decode(compress(body), coding) == body, "\(name) of \(body.count)") }
    }

    @Test(arguments: ["", " ", "identity", "Identity", ", identity,"])
    func bodyWithoutCoding_IsLeftAsItIs(header: String) throws {
        #expect(try decode(text, header) == text)
        #expect(try decode([], header) == [])
    }

    @Test(
        arguments: [
            ("two members", "gzip", gzipped([1, 2]) + gzipped([]) + gzipped([3])),
            ("zeros behind", "gzip", gzipped([1, 2, 3]) + [0]),
            ("many zeros behind", "gzip", gzipped([1]) + gzipped([2, 3]) + [UInt8](repeating: 0, count: 1000)),
            ("two frames", "zstd", zstd([1, 2]) + zstd([]) + zstd([3])),
            ("a skipped frame", "zstd", hex("502a4d18 03000000 616263") + zstd([1, 2, 3]) + hex("5f2a4d18 00000000")),
            ("two streams", "snappy", snappyFramed([1]) + snappyFramed([2, 3])),
            ("a chunk as it is", "snappy", snappyIdentifier + dataChunk([1, 2, 3], compressed: false)),
            ("an empty chunk", "snappy", snappyFramed([1, 2, 3]) + dataChunk([]) + dataChunk([], compressed: false)),
            ("padding", "snappy", snappyIdentifier + chunk(0xFE, [9, 9]) + dataChunk([1, 2, 3]) + chunk(0x80, [])),
            ("a list", "gzip, snappy", snappyFramed(gzipped([1, 2, 3]))),
            ("a list with nothing", "zstd, identity, X-GZIP", gzipped(zstd([1, 2, 3]))),
            ("twice the same", "deflate,deflate", deflated(deflated([1, 2, 3], windowBits: 15), windowBits: -15)),
        ] as [(String, String, [UInt8])])
    func formThatTheSpecificationAllows_IsDecoded(what: String, coding: String, bytes: [UInt8]) throws {
        #expect(try decode(bytes, coding) == [1, 2, 3], "\(what)")
    }

    /// What a snappy encoder writes that was given nothing.
    @Test func emptySnappyStream_IsEmpty() throws {
        #expect(try decode([], "snappy") == [])
        #expect(try decode(snappyIdentifier, "snappy") == [])
        #expect(try decode([0], "snappy") == [])
    }

    @Test func bodyInTheMiddleOfABuffer_IsDecoded() throws {
        var body = ByteBuffer(bytes: [7, 7] + gzipped(text) + [7])
        body.moveReaderIndex(forwardBy: 2)
        body.moveWriterIndex(to: body.writerIndex - 1)
        #expect(try ContentDecoding.decode(body, coding: "gzip", limit: 1000) == ByteBuffer(bytes: text))
    }
}

// MARK: - What is refused

struct ContentDecodingErrorTests {
    @Test(arguments: [
        ("br", "br"), ("gzip, br", "br"), ("compress", "compress"), ("gzip;q=1", "gzip;q=1"), ("*", "*"),
        ("snappy-framed", "snappy-framed"),
    ])
    func unknownCoding_IsRefusedWithThoseThatAreKnown(header: String, name: String) {
        let found = error(gzipped(text), header)
        #expect(found == .unsupported(name))
        #expect(found?.status == .unsupportedMediaType)
        #expect(
            found?.description
                == "Content-Encoding \"\(name)\" is not known here: use one of gzip, deflate, snappy, zstd")
    }

    @Test func thirdCoding_IsRefused() {
        #expect(error(text, "gzip, gzip, gzip") == .tooManyCodings)
        #expect(error(text, "gzip, gzip, br") == .unsupported("br"))
        #expect(ContentDecodingError.tooManyCodings.description == "Content-Encoding names more than 2 codings")
    }

    @Test func longName_IsShownInPart() {
        let name = String(repeating: "\u{1B}x", count: 5000)
        #expect((error([], name)?.description.utf8.count ?? 0) < 250)
    }

    @Test(
        arguments: [
            ("gzip", [], 0, "it ends too early"), ("deflate", [], 0, "it ends too early"),
            ("zstd", [], 0, "it ends too early"), ("gzip", text, 2, "incorrect header check"),
            ("gzip", hex("1f8b0100"), 4, "unknown compression method"),
            ("gzip", gzipped([1]) + [0x0A], 21, "something follows the end"),
            ("gzip", gzipped([1]) + [0, 1], 21, "something follows the end"),
            ("gzip", gzipped([1]) + [0x1F, 0x8B], 23, "it ends too early"),
            ("gzip", Array(gzipped([1]).dropLast(8)) + hex("00000000 01000000"), 17, "incorrect data check"),
            ("gzip", Array(gzipped([1]).dropLast(1)) + [1], 21, "incorrect length check"),
            ("deflate", deflated([1], windowBits: 15) + [0], 9, "something follows the end"),
            ("deflate", hex("78bb0000000063640400"), 6, "it needs a dictionary"),
            ("deflate", gzipped([1]), 1, "invalid block type"), ("deflate", [7], 1, "invalid block type"),
            ("zstd", text, 0, "Unknown frame descriptor"),
            ("zstd", zstd([1]) + [0], 11, "Unknown frame descriptor"),
            ("zstd", zstd([1]) + text, 10, "Unknown frame descriptor"),
            ("snappy", [0xFF], 0, "a block without length"), ("snappy", text, 0, "a block that cannot be read"),
            ("snappy", snappyIdentifier + [0, 0], 10, "it ends too early"),
            ("snappy", snappyIdentifier + chunk(0, [1, 2, 3]), 14, "a chunk without checksum"),
            ("snappy", snappyIdentifier + chunk(2, []), 10, "a chunk of unknown type 2"),
            ("snappy", snappyIdentifier + chunk(0x7F, []), 10, "a chunk of unknown type 127"),
            ("snappy", snappyIdentifier + chunk(0xFF, [1, 2, 3]), 10, "no stream identifier"),
            ("snappy", snappyIdentifier + chunk(1, [0, 0, 0, 0, 1]), 14, "a wrong checksum"),
            ("snappy", snappyIdentifier + chunk(0, [0, 0, 0, 0, 0x80]), 18, "a block without length"),
            ("snappy", snappyIdentifier + chunk(0, [0, 0, 0, 0, 9, 0]), 18, "a block that cannot be read"),
            (
                "snappy", snappyIdentifier + dataChunk([UInt8](repeating: 1, count: 65_537)), 18,
                "a chunk is too large"
            ),
            (
                "snappy", snappyIdentifier + dataChunk([UInt8](repeating: 1, count: 65_537), compressed: false), 14,
                "a chunk is too large"
            ),
        ] as [(String, [UInt8], Int, String)])
    func wrongBody_IsRefused_AndItIsSaidWhere(coding: String, bytes: [UInt8], byte: Int, what: String) {
        let found = error(bytes, coding)
        #expect(found?.description == "the body is not valid \(coding) at byte \(byte): \(what)")
        #expect(found?.status == .badRequest && found?.reason == "content_coding_invalid")
    }

    @Test func errorWithinAList_NamesTheCoding() {
        let found = error(snappyFramed(text), "gzip, snappy")
        #expect(found == .malformed(.gzip, byte: 2, "incorrect header check"))
    }

    /// RFC 9659: of what is sent over HTTP the window has at most 8 MiB.
    @Test func zstdWindow_IsAtMost8MiB() throws {
        #expect(try decode(hex("28b52ffd 00 68 010000"), "zstd") == [])
        let found = error(hex("28b52ffd 00 70 010000"), "zstd")
        #expect(found == .malformed(.zstd, byte: 0, "Frame requires too much memory for decoding"))
    }

    @Test func everyReason_IsListed() {
        let errors: [ContentDecodingError] = [
            .unsupported(""), .tooManyCodings, .malformed(.gzip, byte: 0, ""), .tooLarge(limit: 0),
            .tooDense(ratio: 0), .noMemory,
        ]
        #expect(Set(errors.map(\.reason)) == Set(ContentDecodingError.reasons))
    }
}

// MARK: - How much

struct ContentDecodingLimitTests {
    @Test(arguments: compressors.indices)
    func limit_IsWhatMayJustBe(index: Int) throws {
        let (name, coding, compress) = compressors[index]
        for body in bodies where !body.isEmpty {
            let compressed = compress(body)
            #expect(try decode(compressed, coding, limit: body.count) == body, "\(name) of \(body.count)")
            let limit = body.count - 1
            #expect(error(compressed, coding, limit: limit) == .tooLarge(limit: limit), "\(name) of \(body.count)")
        }
        #expect(try decode(compress([]), coding, limit: 0) == [], "\(name)")
    }

    @Test func limit_HoldsWithoutCodingToo() throws {
        #expect(try decode(text, "", limit: text.count) == text)
        #expect(error(text, "", limit: text.count - 1) == .tooLarge(limit: text.count - 1))
        #expect(error(text, "identity", limit: -1)?.status == .payloadTooLarge)
    }

    @Test(arguments: compressors.indices)
    func ratio_CountsFromOneMebibyte(index: Int) throws {
        let (name, coding, compress) = compressors[index]
        let plain = [UInt8](repeating: 0x61, count: 1024 * 1024)
        let more = plain + [0x61]
        #expect(try decode(compress(plain), coding, ratio: 1) == plain, "\(name)")
        let compressed = compress(more)
        guard compressed.count < more.count else { return }
        #expect(error(compressed, coding, ratio: 1) == .tooDense(ratio: 1), "\(name)")
        let enough = more.count / compressed.count + 1
        #expect(try decode(compressed, coding, ratio: enough) == more, "\(name)")
        #expect(try decode(compressed, coding, ratio: .max) == more, "\(name)")
    }

    /// Both codings together may not do more than one.
    @Test func ratio_IsOfWhatWasSent() {
        let body = [UInt8](repeating: 0x61, count: 4 * 1024 * 1024)
        let twice = gzipped(gzipped(body))
        #expect(error(twice, "gzip, gzip", ratio: 100) == .tooDense(ratio: 100))
    }

    @Test func bytes_GrowWithWhatComesOut() throws {
        for limit in [1, 100, 16_384, 16_385, 5_000_000] {
            var output = DecodedBytes(DecodedBytes.Room(sentBytes: limit, limit: limit, ratio: 100))
            var found: ContentDecodingError?
            while found == nil {
                let before = output.bytes.readableBytes
                do { try output.append { $0.count } } catch { found = error }
                #expect(output.bytes.capacity <= max(16_384, min(4 * before, 2 * limit)), "limit \(limit)")
            }
            #expect(found == .tooLarge(limit: limit))
            #expect(output.bytes.readableBytes == limit && output.bytes.capacity < 2 * limit)
        }
    }
}

// MARK: - Bombs

/// What would be a gigabyte and more, of at most a mebibyte.
private enum Bomb {
    /// One block of zeros that ends on a byte border, again and again.
    static let gzip: [UInt8] = {
        var whole = gzipped([UInt8](repeating: 0, count: 4 * 1024 * 1024))
        let member = whole
        while whole.count < 1024 * 1024 { whole += member }
        return whole
    }()
    static let raw = deflated([UInt8](repeating: 0, count: 64 * 1024 * 1024), windowBits: -15, level: 9)
    /// Blocks of 128 KiB of one byte, each of four bytes.
    static let zstd: [UInt8] = hex("28b52ffd 00 68") + (0..<8192).flatMap { _ in hex("02001000") } + hex("010000")
    static let snappyChunks: [UInt8] = {
        let data = dataChunk([UInt8](repeating: 0, count: 65_536))
        return snappyIdentifier + (0..<300).flatMap { _ in data }
    }()
    /// Says that it is 4 GiB.
    static let snappyBlock = hex("ffffffff0f") + [UInt8](repeating: 0, count: 10_000)
}

@Suite(.serialized) struct ContentDecodingBombTests {
    /// The most memory that the process has had since it was last asked, in bytes, and what it has now.
    private static func memory() throws -> (peak: Int, now: Int) {
        let file = try #require(fopen("/proc/self/status", "r"))
        defer { fclose(file) }
        var (peak, now) = (0, 0)
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let words = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                .split { $0 == " " || $0 == "\t" }
            guard words.count > 1, let kibibytes = Int(words[1]) else { continue }
            if words[0] == "VmHWM:" { peak = kibibytes * 1024 }
            if words[0] == "VmRSS:" { now = kibibytes * 1024 }
        }
        return (peak, now)
    }

    private static func forgetPeak() throws {
        let file = try #require(fopen("/proc/self/clear_refs", "w"))
        fputs("5", file)
        fclose(file)
    }

    @Test(
        arguments: [
            ("gzip", Bomb.gzip), ("deflate", Bomb.raw), ("zstd", Bomb.zstd), ("snappy", Bomb.snappyChunks),
            ("snappy", Bomb.snappyBlock), ("gzip, gzip", gzipped(Bomb.gzip)), ("zstd, gzip", gzipped(Bomb.zstd)),
            ("gzip, zstd", zstd(Bomb.gzip)), ("zstd, zstd", zstd(Bomb.zstd)),
        ] as [(String, [UInt8])])
    func bomb_CostsNoMoreThanTheLimit(coding: String, bytes: [UInt8]) throws {
        let limit = 8 * 1024 * 1024
        for ratio in [100, 1_000_000_000] {
            try Self.forgetPeak()
            let before = try Self.memory().now
            let found = error(bytes, coding, limit: limit, ratio: ratio)
            let peak = try Self.memory().peak
            #expect(found?.status == .payloadTooLarge, "\(coding)")
            #expect(peak - before < 5 * limit, "\(coding)")
        }
    }
}

// MARK: - Anything

struct ContentDecodingRobustnessTests {
    /// Only a snappy stream may end between two chunks.
    @Test(arguments: vectors.indices)
    func cutBody_IsRefused(index: Int) {
        let (name, coding, bytes) = vectors[index]
        for count in bytes.indices {
            let found = error(Array(bytes[..<count]), coding)
            let isWhole =
                name == "snappy in frames" && count == snappyIdentifier.count || coding == "snappy" && count == 0
            #expect((found == nil) == isWhole, "\(count) bytes of \(name)")
        }
    }

    /// What has a checksum comes out right or not at all; the type of a snappy chunk has none.
    @Test(arguments: vectors.indices)
    func turnedBit_IsFoundOrHarmless(index: Int) {
        let (name, coding, bytes) = vectors[index]
        for place in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[place] ^= 1 << UInt8(bit)
                let decoded = try? decode(damaged, coding, limit: 10_000)
                let isChecked = !["raw deflate", "a snappy block", "zstd without checksum"].contains(name)
                let isType = name == "snappy in frames" && place == snappyIdentifier.count
                #expect(
                    decoded == nil || decoded == text || !isChecked || isType, "bit \(bit) of byte \(place), \(name)")
                #expect((decoded?.count ?? 0) <= 10_000)
            }
        }
    }

    @Test(arguments: 0..<40)
    func anyBytes_AreDecodedOrRefused(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let heads = vectors.map { Array($0.bytes.prefix(10)) } + [[]]
        for coding in ContentCoding.allCases {
            for head in heads {
                let bytes = head + random.bytes(Int.random(in: 0..<200, using: &random))
                let decoded = (try? decode(bytes, coding.rawValue, limit: 50_000)) ?? []
                #expect(decoded.count <= 50_000, "seed \(seed)")
            }
        }
    }
}

// MARK: - CRC32C

struct CRC32CTests {
    /// RFC 3720, B.4, and the usual digits.
    @Test(
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA), ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            ([UInt8](0..<32), 0x46DD_794E), ([UInt8]("123456789"), 0xE306_9283), ([], 0),
        ] as [([UInt8], UInt32)])
    func checksum_IsThatOfTheSpecification(bytes: [UInt8], sum: UInt32) {
        #expect(bytes.withExactBytes(CRC32C.checksum) == sum)
    }

    @Test func checksum_IsThatOfItsDefinition_AtAnyLength() {
        var random = SeededGenerator(seed: 3)
        for count in 0..<64 {
            let bytes = random.bytes(count)
            var sum = ~UInt32(0)
            for byte in bytes {
                sum ^= UInt32(byte)
                for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0x82F6_3B78 }
            }
            #expect(bytes.withExactBytes(CRC32C.checksum) == ~sum, "\(count) bytes")
        }
    }
}
