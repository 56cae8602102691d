import NIOCore

/// A table of the state: a key, a checksum over the whole row, and what else there is.
struct PersistenceTable {
    enum Kind: String {
        case integer = "INTEGER"
        case text = "TEXT"
        case blob = "BLOB"
    }

    struct Column {
        var name: String
        var kind: Kind
    }

    /// Numbers about the file itself.
    static let facts = Self("fact", .init(name: "name", kind: .text), .init(name: "value", kind: .integer))
    static let records = Self("record", .init(name: "number", kind: .integer), .init(name: "body", kind: .blob))
    static let parts = Self("part", .init(name: "key", kind: .text), .init(name: "body", kind: .blob))
    static let snapshots = Self(
        "snapshot", .init(name: "source", kind: .text), .init(name: "door", kind: .text),
        .init(name: "address", kind: .text), .init(name: "labels", kind: .blob),
        .init(name: "received", kind: .integer), .init(name: "body", kind: .blob))

    static let all = [facts, records, parts, snapshots]

    let name: String
    /// The first is the key.
    let columns: [Column]

    private init(_ name: String, _ columns: Column...) {
        self.name = name
        self.columns = columns
    }

    private var key: Column { columns[0] }

    var definition: String {
        let others = columns.dropFirst().map { ", \($0.name) \($0.kind.rawValue) NOT NULL" }.joined()
        let first = "\(key.name) \(key.kind.rawValue) PRIMARY KEY NOT NULL"
        return "CREATE TABLE \(name) (\(first), sum INTEGER NOT NULL\(others))"
    }

    fileprivate var put: String {
        let names = [key.name, "sum"] + columns.dropFirst().map(\.name)
        let places = names.map { _ in "?" }.joined(separator: ", ")
        let changes = names.dropFirst().map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        return "INSERT INTO \(name) (\(names.joined(separator: ", "))) VALUES (\(places)) "
            + "ON CONFLICT (\(key.name)) DO UPDATE SET \(changes)"
    }

    fileprivate var remove: String { "DELETE FROM \(name) WHERE \(key.name) = ?" }

    /// By the number of the row, so that an index that is damaged does not matter.
    fileprivate func rows(isReversed: Bool) -> String {
        let names = columns.map { ", \($0.name)" }.joined()
        return "SELECT rowid, sum\(names) FROM \(name) WHERE rowid > ? ORDER BY rowid \(isReversed ? "DESC" : "ASC")"
    }

    /// A table of a file that is open.
    final class Open {
        private let table: PersistenceTable
        private let database: Database
        private let put: DatabaseStatement
        private let remove: DatabaseStatement

        init(_ table: PersistenceTable, of database: Database) throws(DatabaseError) {
            self.table = table
            self.database = database
            put = try database.prepare(table.put)
            remove = try database.prepare(table.remove)
        }

        /// The values of a row, key first, in the place of those with the same key.
        func put(_ values: [DatabaseStatement.Value]) throws(DatabaseError) {
            let sum = DatabaseStatement.Value.integer(PersistenceChecksum.of(values))
            try put.run([values[0], sum] + values.dropFirst())
        }

        func remove(_ key: DatabaseStatement.Value) throws(DatabaseError) { try remove.run([key]) }

        /// Hands over each row with its number until `body` answers false; `nil` for the values where the disk has
        /// changed them.
        func eachRow(
            after number: Int64 = .min, isReversed: Bool = false,
            _ body: (Int64, [DatabaseStatement.Value]?) -> Bool
        ) throws(DatabaseError) {
            try PersistenceTable.eachRow(table, of: database, after: number, isReversed: isReversed, body)
        }

        /// Of the last column of all rows.
        func bytes() throws(DatabaseError) -> Int {
            let body = table.columns.last?.name ?? ""
            return Int(try database.integer("SELECT sum(length(\(body))) FROM \(table.name)") ?? 0)
        }
    }

    static func eachRow(
        _ table: PersistenceTable, of database: Database, after number: Int64 = .min, isReversed: Bool = false,
        _ body: (Int64, [DatabaseStatement.Value]?) -> Bool
    ) throws(DatabaseError) {
        let rows = try database.prepare(table.rows(isReversed: isReversed))
        try rows.eachRow([.integer(number)]) { row in
            let values = table.columns.enumerated().map { index, column in
                let place = Int32(index + 2)
                return switch column.kind {
                case .integer: DatabaseStatement.Value.integer(row.integer(place))
                case .text: DatabaseStatement.Value.text(row.text(place))
                case .blob: DatabaseStatement.Value.blob(row.blob(place))
                }
            }
            let isWhole = row.integer(1) == PersistenceChecksum.of(values)
            return body(row.integer(0), isWhole ? values : nil)
        }
    }
}

extension DatabaseStatement.Value {
    var asInteger: Int64? { if case .integer(let number) = self { number } else { nil } }
    var asText: String? { if case .text(let text) = self { text } else { nil } }
    var asBlob: ByteBuffer? { if case .blob(let buffer) = self { buffer } else { nil } }
}
