import FoundationEssentials
import TestSupport
import Testing

/// The packets of the reference implementation.
struct UDXVectors: Decodable {
    struct Packet: Decodable {
        var direction: String
        var types: [String]
        var streamId: UInt32
        var receiveWindow: UInt32
        var seq: UInt32
        var ack: UInt32
        var sack: [[UInt32]]
        var payloadLength: Int
        var hex: String
    }

    var packets: [Packet]
    /// By name, in hex.
    var constructed: [String: String]

    static func load() throws -> UDXVectors {
        struct File: Decodable { var udx: UDXVectors }
        return try JSONDecoder().decode(File.self, from: Data(try ConformanceCases.dhtVectors())).udx
    }

    /// Of text such as `ff01+3x07`: hexadecimal, and a byte so many times.
    static func bytes(_ text: String) -> [UInt8] {
        text.split(separator: "+").flatMap { part -> [UInt8] in
            let pieces = part.split(separator: "x")
            guard pieces.count == 2, let count = Int(pieces[0]) else { return hex(part) }
            return Array(repeatElement(hex(pieces[1]), count: count).joined())
        }
    }

    private static func hex(_ text: Substring) -> [UInt8] {
        var digits = text[...]
        var bytes: [UInt8] = []
        while let byte = UInt8(digits.prefix(2), radix: 16) {
            bytes.append(byte)
            digits = digits.dropFirst(2)
        }
        return bytes
    }
}
