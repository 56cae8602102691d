/// Why bytes from outside are not what they should be.
package enum WireError: Error, Equatable, CustomStringConvertible {
    /// A field begins within the bytes and ends behind them.
    case truncated
    /// A number above 2^53 - 1, which the reference does not read either.
    case numberTooLarge
    /// A length or a count above the bound of its field.
    case tooLong(length: UInt64, max: Int)
    case notUTF8
    /// A number that means nothing in its field.
    case unknownValue(field: String, value: UInt64)

    package var description: String {
        switch self {
        case .truncated: "ends within a field"
        case .numberTooLarge: "has a number above 2^53 - 1"
        case .tooLong(let length, let max): "has a field of \(length), of which \(max) are allowed"
        case .notUTF8: "has a text that is not UTF-8"
        case .unknownValue(let field, let value): "has \(value) as its \(field)"
        }
    }
}
