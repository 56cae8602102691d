import CSQLite
import NIOCore

/// A statement that is read once and run often.
final class DatabaseStatement {
    enum Value {
        case integer(Int64)
        case text(String)
        case blob(ByteBuffer)
    }

    /// The row that a statement stands on. Good only until it goes on.
    struct Row {
        fileprivate let statement: OpaquePointer

        func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

        func text(_ column: Int32) -> String {
            String(decoding: bytes(column, sqlite3_column_text(statement, column)), as: UTF8.self)
        }

        func blob(_ column: Int32) -> ByteBuffer {
            let bytes = bytes(column, sqlite3_column_blob(statement, column))
            return bytes.isEmpty ? ByteBuffer() : ByteBuffer(bytes: bytes)
        }

        private func bytes(_ column: Int32, _ start: UnsafeRawPointer?) -> UnsafeRawBufferPointer {
            guard let start else { return UnsafeRawBufferPointer(start: nil, count: 0) }
            return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
        }
    }

    private let database: Database
    private let statement: OpaquePointer

    fileprivate init(_ text: String, _ database: Database) throws(DatabaseError) {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(
            database.handle, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else { throw database.error() }
        self.statement = statement
        self.database = database
    }

    convenience init(_ text: String, of database: Database) throws(DatabaseError) { try self.init(text, database) }

    deinit { sqlite3_finalize(statement) }

    /// Runs it to its end, with a value for each `?`.
    func run(_ values: [Value] = []) throws(DatabaseError) { try eachRow(values) { _ in true } }

    /// Hands over each row of the answer until `body` answers false.
    func eachRow(_ values: [Value] = [], _ body: (Row) -> Bool) throws(DatabaseError) {
        let failure = bind(values[...], at: 1) {
            while true {
                switch sqlite3_step(statement) {
                case SQLITE_ROW: if !body(Row(statement: statement)) { return nil }
                case SQLITE_DONE: return nil
                default: return database.error()
                }
            }
        }
        // What failed is said again by the reset.
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
        if let failure { throw failure }
    }

    /// Values are lent and not copied, so `step` runs while they are held.
    private func bind(
        _ values: ArraySlice<Value>, at place: Int32, _ step: () -> DatabaseError?
    ) -> DatabaseError? {
        guard let value = values.first else { return step() }
        let rest = values.dropFirst()
        func go(on code: Int32) -> DatabaseError? {
            code == SQLITE_OK ? bind(rest, at: place + 1, step) : database.error()
        }
        switch value {
        case .integer(let number):
            return go(on: sqlite3_bind_int64(statement, place, number))
        case .text(var text):
            return text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { characters in
                    guard let start = characters.baseAddress else {
                        return go(on: sqlite3_bind_text(statement, place, "", 0, nil))
                    }
                    return go(
                        on: sqlite3_bind_text64(
                            statement, place, start, UInt64(characters.count), nil, UInt8(SQLITE_UTF8)))
                }
            }
        case .blob(let buffer):
            return buffer.withUnsafeReadableBytes { bytes in
                // Without an address it would be NULL.
                guard let start = bytes.baseAddress, !bytes.isEmpty else {
                    return go(on: sqlite3_bind_zeroblob(statement, place, 0))
                }
                return go(on: sqlite3_bind_blob64(statement, place, start, UInt64(bytes.count), nil))
            }
        }
    }
}
