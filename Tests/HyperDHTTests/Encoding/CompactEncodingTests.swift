import TestSupport
import Testing

@testable import HyperDHT

/// The primitives, against the reference's and against values of our own.
struct CompactEncodingTests {
    private func written(_ write: (inout WireWriter) -> Void) -> [UInt8] {
        var writer = WireWriter()
        write(&writer)
        return writer.bytes
    }

    @Test(.needsConformanceCases) func numbers_AreTheReferences() throws {
        for entry in try Vectors.list("compactEncoding", "uint") {
            let (value, bytes) = (UInt64(try entry["value"].number), try entry["hex"].bytes)
            var reader = WireReader(bytes)
            #expect(try reader.uint() == value && reader.isAtEnd)
            #expect(written { $0.uint(value) } == bytes)
        }
        for entry in try Vectors.list("compactEncoding", "int") {
            let (value, bytes) = (try entry["value"].number, try entry["hex"].bytes)
            var reader = WireReader(bytes)
            #expect(try reader.int() == value && reader.isAtEnd)
            #expect(written { $0.int(value) } == bytes)
        }
    }

    @Test(.needsConformanceCases) func fixedNumbers_AreTheReferences() throws {
        for entry in try Vectors.list("compactEncoding", "uint16") {
            let (value, bytes) = (UInt16(try entry["value"].number), try entry["hex"].bytes)
            var reader = WireReader(bytes)
            #expect(try reader.uint16() == value)
            #expect(written { $0.uint16(value) } == bytes)
        }
        for entry in try Vectors.list("compactEncoding", "uint24") {
            let (value, bytes) = (UInt32(try entry["value"].number), try entry["hex"].bytes)
            var reader = WireReader(bytes)
            #expect(try reader.uint24() == value)
            #expect(written { $0.uint24(value) } == bytes)
        }
        for entry in try Vectors.list("compactEncoding", "uint32") {
            let (value, bytes) = (UInt32(try entry["value"].number), try entry["hex"].bytes)
            var reader = WireReader(bytes)
            #expect(try reader.uint32() == value)
            #expect(written { $0.uint32(value) } == bytes)
        }
    }

    @Test(.needsConformanceCases) func boolsAndBits_AreTheReferences() throws {
        for entry in try Vectors.list("compactEncoding", "bool") {
            var reader = WireReader(try entry["hex"].bytes)
            #expect(try reader.bool() == entry["value"].bool)
            let (value, bytes) = (try entry["value"].bool, try entry["hex"].bytes)
            #expect(written { $0.bool(value) } == bytes)
        }
        for entry in try Vectors.list("compactEncoding", "bitfield1") {
            var reader = WireReader(try entry["hex"].bytes)
            #expect(Int64(try reader.byte()) == (try entry["value"].number))
        }
    }

    @Test(.needsConformanceCases) func textsAndBuffers_AreTheReferences() throws {
        for entry in try Vectors.list("compactEncoding", "string") {
            let (value, bytes) = (try entry["value"].text, try entry["hex"].bytes)
            var reader = WireReader(bytes)
            #expect(try reader.string(max: 1000) == value && reader.isAtEnd)
            #expect(written { $0.string(value) } == bytes)
        }
        for entry in try Vectors.list("compactEncoding", "buffer") {
            let (value, bytes) = (try entry["valueHex"].bytes, try entry["hex"].bytes)
            var reader = WireReader(bytes)
            #expect(try reader.buffer() == value[...] && reader.isAtEnd)
            #expect(written { $0.buffer(value) } == bytes)
        }
        for entry in try Vectors.list("compactEncoding", "optionalBuffer") {
            let value = entry["value"].isNull ? [] : try entry["value"].bytes
            var reader = WireReader(try entry["hex"].bytes)
            #expect(try reader.buffer() == value[...] && reader.isAtEnd)
        }
        for entry in try Vectors.list("compactEncoding", "fixed32") {
            let value = try entry["valueHex"].bytes32
            var reader = WireReader(try entry["hex"].bytes)
            #expect(try reader.bytes32() == value && reader.isAtEnd)
            #expect(written { $0.bytes32(value) } == value.bytes)
        }
    }

    @Test(.needsConformanceCases) func addresses_AreTheReferences() throws {
        for entry in try Vectors.list("compactEncoding", "ipv4Address") {
            let address = try entry.address
            #expect(try IPv4Address(bytes: entry["hex"].bytes) == address)
            #expect(try address.bytes == entry["hex"].bytes)
            #expect(try address.description == "\(entry["host"].text):\(entry["port"].number)")
        }
        for entry in try Vectors.list("compactEncoding", "arrayOfIpv4Address") {
            let (bytes, addresses) = (try entry["hex"].bytes, try entry["value"].list.map { try $0.address })
            var reader = WireReader(bytes)
            #expect(try reader.addresses4() == addresses && reader.isAtEnd)
            #expect(written { $0.values(addresses) } == bytes)
        }
        for entry in try Vectors.list("compactEncoding", "ipv6Address") {
            let address = try IPv6Address(bytes: entry["hex"].bytes)
            #expect(address.description == "[2001:db8:0:0:0:0:0:1]:49737")
            #expect(try address.bytes == entry["hex"].bytes)
        }
    }

    @Test(arguments: [
        ("", WireError.truncated), ("fd00", .truncated), ("fe000000", .truncated), ("ff00000000000000", .truncated),
        ("ff0000000000002000", .numberTooLarge), ("ffffffffffffffffff", .numberTooLarge),
    ])
    func badNumber_IsRefused(hex: String, error: WireError) throws {
        var reader = WireReader(try [UInt8](hex: hex))
        #expect(throws: error) { try reader.uint() }
    }

    @Test(arguments: [("fd0100", 1), ("feff000000", 255), ("ff0000000000000000", 0)] as [(String, UInt64)])
    func longerForm_IsRead(hex: String, value: UInt64) throws {
        var reader = WireReader(try [UInt8](hex: hex))
        #expect(try reader.uint() == value)
    }

    @Test func everyInt_ComesBack() throws {
        let largest = Int64(WireReader.uintMax / 2)
        for value in [0, 1, -1, largest, -largest, largest - 1] {
            var reader = WireReader(written { $0.int(value) })
            #expect(try reader.int() == value)
        }
    }

    @Test func lengthBeyondTheBytes_MakesNoRoom() {
        let claims: [[UInt8]] = [
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x1F, 0], [0xFE, 0xFF, 0xFF, 0xFF, 0xFF], [4, 1],
        ]
        for bytes in claims {
            var reader = WireReader(bytes)
            #expect(throws: WireError.truncated) { try reader.buffer() }
            reader = WireReader(bytes)
            #expect(throws: WireError.truncated) { try reader.addresses4() }
        }
    }

    @Test func fieldAboveItsBound_IsRefused() {
        var reader = WireReader([3, 0x61, 0x62, 0x63])
        #expect(throws: WireError.tooLong(length: 3, max: 2)) { try reader.string(max: 2) }
        reader = WireReader([2] + [UInt8](repeating: 0, count: 12))
        #expect(throws: WireError.tooLong(length: 2, max: 1)) { try reader.addresses4(max: 1) }
    }

    @Test func badUTF8_IsRefusedOrReplaced() throws {
        var reader = WireReader([1, 0xC3])
        #expect(throws: WireError.notUTF8) { try reader.string(max: 8) }
        reader = WireReader([1, 0xC3])
        #expect(try reader.looseString(max: 8) == "\u{FFFD}")
    }

    @Test func reader_KeepsToItsSlice() throws {
        let bytes: [UInt8] = [9, 9, 1, 2, 9, 9]
        var reader = WireReader(bytes[2..<4])
        #expect(reader.remaining == 2)
        #expect(try reader.byte() == 1)
        #expect(throws: WireError.truncated) { try reader.take(2) }
        #expect(reader.rest() == [2])
        #expect(reader.isAtEnd && reader.rest().isEmpty)
    }

    @Test(arguments: [
        "1.2.3.4", "1.2.3:1", "1.2.3.4.5:1", "1.2.3.256:1", "1.2.3.4:65536", "1.2.3.+4:1", "1.2.3.4:-1", ":1",
        "1.2.3.4:",
        "1..3.4:1", "host:1",
    ])
    func badAddress_IsNone(text: String) { #expect(IPv4Address(text) == nil) }

    @Test func damagedPrimitives_ThrowOrAnswer() throws {
        let sample = written {
            $0.uint(70_000 as UInt64)
            $0.int(-5)
            $0.string("some text")
            $0.buffer([1, 2, 3])
            $0.values([IPv4Address(host: 1, port: 2), IPv4Address(host: 3, port: 4)])
            $0.uint64(1)
        }
        throwsOrAnswers([sample]) { bytes in
            var reader = WireReader(bytes)
            _ = try (reader.uint(), reader.int(), reader.string(max: 64), reader.buffer(max: 64))
            _ = try (reader.addresses4(), reader.uint64())
        }
    }
}
