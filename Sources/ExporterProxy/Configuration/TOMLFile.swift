import TOMLKit

/// A configuration file as a tree of values, with the line of each key.
package struct TOMLFile {
    package var values: [String: ConfigurationValue]
    package var lines: KeyLines

    /// Throws ``TOMLFileError`` where `text` is not TOML.
    package init(_ text: String) throws(TOMLFileError) {
        do {
            values = Self.entries(try TOMLTable(string: text))
        } catch let error as TOMLParseError {
            let place = error.source.begin
            throw TOMLFileError(line: place.line, column: place.column, reason: error.description)
        } catch {
            throw TOMLFileError(line: 1, column: 1, reason: String(describing: error))
        }
        lines = KeyLines(text)
    }

    private static func entries(_ table: TOMLTable) -> [String: ConfigurationValue] {
        Dictionary(uniqueKeysWithValues: zip(table.keys, table.values).map { ($0, value($1)) })
    }

    private static func value(_ value: any TOMLValueConvertible) -> ConfigurationValue {
        switch value.type {
        case .string: .string(value.string ?? "")
        case .int: .integer(value.int ?? 0)
        case .double: .double(value.double ?? 0)
        case .bool: .boolean(value.bool ?? false)
        case .array: .array((value.array.map(Array.init) ?? []).map(Self.value))
        case .table: .table(value.table.map(entries) ?? [:])
        case .date: .other("date")
        case .time: .other("time")
        case .dateTime: .other("date and time")
        }
    }

    /// What bare text means where TOML is expected: an array or a table in TOML's notation, else the text itself.
    package static func value(fromText text: String) -> ConfigurationValue {
        guard text.hasPrefix("[") || text.hasPrefix("{"), let table = try? TOMLTable(string: "value = \(text)"),
            let found = table["value"]
        else { return .text(text) }
        return value(found)
    }
}

package struct TOMLFileError: Error, Equatable {
    package var line: Int
    package var column: Int
    package var reason: String
}
