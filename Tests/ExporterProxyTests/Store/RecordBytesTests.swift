import NIOCore
import Testing

@testable import ExporterProxy

struct RecordBytesTests {
    /// As they lie on disk: old files are read for as long as the version stays.
    @Test func fields_AreTheseBytes() {
        var writer = RecordWriter(version: 7)
        writer.write(byte: 0xAB)
        writer.write(true)
        writer.write(1.5)
        writer.write(-2 as Int64)
        writer.write(count: 300)
        writer.write("é")
        writer.write([1, 2])
        writer.write(ByteBuffer(bytes: [3]))
        writer.write(optional: nil as String?) { $0.write($1) }
        writer.write(optional: "x") { $0.write($1) }
        writer.write(each: ["a", ""]) { $0.write($1) }
        let number: [UInt8] = [0x3F, 0xF8, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0xFF, count: 7) + [0xFE]
        let rest: [UInt8] = [0xAC, 2, 2, 0xC3, 0xA9, 2, 1, 2, 1, 3, 0, 1, 1, 0x78, 2, 1, 0x61, 0]
        #expect(Array(writer.bytes.readableBytesView) == [7, 0xAB, 1] + number + rest)
    }

    @Test func fields_AreReadAsTheyWereWritten() throws {
        let counts: [UInt64] = [0, 127, 128, 1 << 62, .max]
        var writer = RecordWriter(version: 1, room: 64)
        writer.write(each: counts) { $0.write(count: $1) }
        writer.write(optional: "text") { $0.write($1) }
        writer.write(optional: nil as Int64?) { $0.write($1) }
        writer.write([UInt8(ascii: "l")])
        writer.write(-.infinity)
        writer.write(Int64.min)
        writer.write(false)
        var reader = try RecordReader(writer.bytes, version: 1)
        #expect(try reader.each { reader throws(RecordError) in try reader.count() } == counts)
        #expect(try reader.optional { reader throws(RecordError) in try reader.text() } == "text")
        #expect(try reader.optional { reader throws(RecordError) in try reader.int64() } == nil)
        #expect(try reader.lines() == ByteBuffer(string: "l"))
        #expect(try reader.number() == -.infinity)
        #expect(throws: RecordError.length) { try reader.end() }
        #expect(try reader.int64() == .min)
        #expect(try reader.flag() == false)
        try reader.end()
    }

    /// Behind the version.
    @Test(
        arguments: [
            ([2], .damaged("a flag"), .flag), ([], .length, .flag),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02], .damaged("a count"), .count),
            ([0x80], .length, .count), ([3, 0x61, 0x61], .length, .text), ([1, 0xFF], .damaged("a text"), .text),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .damaged("a count"), .text),
            ([3, 0, 0, 0], .damaged("too many of something"), .flags), ([2, 0], .length, .flags),
        ] as [([UInt8], RecordError, Field)])
    func damagedField_IsRefused(bytes: [UInt8], error: RecordError, field: Field) throws {
        var reader = try RecordReader(ByteBuffer(bytes: [1] + bytes), version: 1)
        #expect(throws: error) {
            switch field {
            case .flag: _ = try reader.flag()
            case .count: _ = try reader.count()
            case .text: _ = try reader.text()
            case .flags: _ = try reader.each(max: 2) { reader throws(RecordError) in try reader.flag() }
            }
        }
    }

    enum Field { case flag, count, text, flags }

    @Test func otherVersion_IsRefused() {
        #expect(throws: RecordError.version(2)) { _ = try RecordReader(ByteBuffer(bytes: [2]), version: 1) }
        #expect(throws: RecordError.length) { _ = try RecordReader(ByteBuffer(), version: 1) }
    }
}
