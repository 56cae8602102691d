import FoundationEssentials
import HyperDHT
import TestSupport
import Testing

/// What the reference implementation wrote.
enum Vectors {
    /// Read once: it takes long.
    private static let loaded = Result { try read() }

    static func load() throws -> Vector { try loaded.get() }

    private static func read() throws -> Vector {
        try JSONDecoder().decode(Vector.self, from: Data(try ConformanceCases.dhtVectors()))
    }

    /// The entries of a list, which is never empty.
    static func list(_ path: String...) throws -> [Vector] {
        let list = path.reduce(try load()) { $0[$1] }.list
        try #require(!list.isEmpty, "no entries of \(path.joined(separator: ".")) in the vectors")
        return list
    }
}

/// One entry of the vectors, or a part of one.
enum Vector: Decodable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case list([Vector])
    case object([String: Vector])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let list = try? value.decode([Vector].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: Vector].self))
        }
    }

    subscript(key: String) -> Vector { if case .object(let members) = self { members[key] ?? .null } else { .null } }

    var isNull: Bool { if case .null = self { true } else { false } }
    var list: [Vector] { if case .list(let list) = self { list } else { [] } }

    var text: String {
        get throws {
            guard case .string(let text) = self else { throw VectorError.isNot("text", self) }
            return text
        }
    }

    var bool: Bool {
        get throws {
            guard case .bool(let bool) = self else { throw VectorError.isNot("bool", self) }
            return bool
        }
    }

    var number: Int64 {
        get throws {
            guard case .number(let number) = self, let number = Int64(exactly: number) else {
                throw VectorError.isNot("number", self)
            }
            return number
        }
    }

    /// Of hexadecimal digits.
    var bytes: [UInt8] {
        get throws {
            guard let bytes = Hex.bytes(of: try text) else { throw VectorError.isNot("hex", self) }
            return bytes
        }
    }

    var bytes32: Bytes32 {
        get throws {
            guard let bytes = Bytes32(try bytes) else { throw VectorError.isNot("32 bytes", self) }
            return bytes
        }
    }

    var publicKey: PublicKey { get throws { PublicKey(try bytes32) } }

    /// Of a seed.
    var keyPair: KeyPair {
        get throws {
            guard let pair = KeyPair(seed: Secret(try bytes)) else { throw VectorError.isNot("a seed", self) }
            return pair
        }
    }

    /// Of "127.0.0.1:40010", or of host and port.
    var address: IPv4Address {
        get throws {
            let text =
                if case .string(let text) = self { text } else { try "\(self["host"].text):\(self["port"].number)" }
            guard let address = IPv4Address(text) else { throw VectorError.isNot("an address", self) }
            return address
        }
    }
}

enum VectorError: Error {
    case isNot(String, Vector)
}

@Test(.needsConformanceCases) func vectors_AreOfTheReference() throws {
    #expect(try Vectors.load()["meta"]["versions"]["hyperdht"].text == "6.33.0")
}
