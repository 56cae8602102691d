/// What stands behind a key, before a room says what it should be.
package indirect enum ConfigurationValue: Equatable, Sendable {
    case string(String)
    case integer(Int)
    case double(Double)
    case boolean(Bool)
    case array([ConfigurationValue])
    case table([String: ConfigurationValue])
    /// A TOML type that no key takes (dates and times), by its name.
    case other(String)
    /// Bare text from the environment or a flag; each key reads it as its own type.
    case text(String)

    /// How a message names the value's type.
    package var typeName: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .double: "a float"
        case .boolean: "a boolean"
        case .array: "an array"
        case .table: "a table"
        case .other(let name): "a \(name)"
        case .text(let text): "'\(text)'"
        }
    }
}
