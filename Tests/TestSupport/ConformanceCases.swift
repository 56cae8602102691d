import FoundationEssentials
import Glibc
import Testing

/// Cases of other projects, which are not part of this one: `EXPORTER_PROXY_CASES`, or `../shared/cases` beside the
/// package.
public enum ConformanceCases {
    public static var folder: String {
        getenv("EXPORTER_PROXY_CASES").map { String(cString: $0) } ?? "\(Tool.repository)/../shared/cases"
    }

    public static func bytes(_ name: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
            throw TestFailure("there is no \(name) in \(folder); set EXPORTER_PROXY_CASES")
        }
        return Array(data)
    }

    /// What the reference implementation of HyperDHT said; it lies beside the cases.
    public static func dhtVectors() throws -> [UInt8] { try bytes("../vectors/dht-vectors.json") }

    /// An independent peer of the tunnel, in Python; it lies beside the cases.
    public static var dhtPeer: String { "\(folder)/../peers/dht_peer.py" }

    public static func load(_ name: String) throws -> JSONCase {
        try JSONDecoder().decode(JSONCase.self, from: Data(try bytes(name)))
    }

    /// The names of the files in a folder of the cases, in order.
    public static func files(in name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)").sorted().map { "\(name)/\($0)" }
    }

    fileprivate static var areHere: Bool {
        if isContinuousIntegration || access(folder, R_OK) == 0 { return true }
        let line = "SKIPPED: a test needs the conformance cases in \(folder)\n"
        _ = line.withCString { write(2, $0, strlen($0)) }
        return false
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test, and says so, where the cases are missing.
    public static var needsConformanceCases: Self {
        .enabled(if: ConformanceCases.areHere, "it needs the conformance cases")
    }
}

/// What is in a file of cases.
public enum JSONCase: Decodable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONCase])
    case object([String: JSONCase])

    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([JSONCase].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSONCase].self))
        }
    }

    public subscript(key: String) -> JSONCase {
        guard case .object(let members) = self else { return .null }
        return members[key] ?? .null
    }

    public var isNull: Bool { if case .null = self { true } else { false } }
    public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    public var string: String? { if case .string(let string) = self { string } else { nil } }
    public var array: [JSONCase] { if case .array(let array) = self { array } else { [] } }
    public var object: [String: JSONCase] { if case .object(let members) = self { members } else { [:] } }

    /// Also "NaN", "+Inf" and "-Inf".
    public var number: Double? {
        switch self {
        case .number(let number): number
        case .string(let string): Double(string)
        default: nil
        }
    }

    /// Of a text, or of `{"base64": …}`.
    public var bytes: [UInt8] {
        if let string { return Array(string.utf8) }
        return self["base64"].string.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? []
    }
}

extension JSONCase: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let bool): try container.encode(bool)
        case .number(let number): try container.encode(number)
        case .string(let string): try container.encode(string)
        case .array(let array): try container.encode(array)
        case .object(let members): try container.encode(members)
        }
    }

    /// As JSON again.
    public var text: String {
        get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
    }
}
