import FoundationEssentials
import Glibc
import Testing

/// The packets of the reference implementation, which are not part of this project: `EXPORTER_PROXY_VECTORS` names the
/// folder of `dht-vectors.json`, else it is `../shared/vectors` beside the package.
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

    static var file: String {
        let repository = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let folder = getenv("EXPORTER_PROXY_VECTORS").map { String(cString: $0) } ?? "\(repository)/../shared/vectors"
        return "\(folder)/dht-vectors.json"
    }

    static func load() throws -> UDXVectors {
        struct File: Decodable { var udx: UDXVectors }
        let data = try #require(FileManager.default.contents(atPath: file), "there is no \(file)")
        return try JSONDecoder().decode(File.self, from: data).udx
    }

    static var areHere: Bool {
        let isDecisive = getenv("CI").map { String(cString: $0) == "true" } ?? false
        if isDecisive || access(file, R_OK) == 0 { return true }
        let line = "SKIPPED: a test needs \(file)\n"
        _ = line.withCString { write(2, $0, strlen($0)) }
        return false
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

extension Trait where Self == ConditionTrait {
    /// Skips the test, and says so, where the packets of the reference implementation are missing.
    static var needsUDXVectors: Self { .enabled(if: UDXVectors.areHere, "it needs the packets") }
}
