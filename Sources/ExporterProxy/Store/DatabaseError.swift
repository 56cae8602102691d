import CSQLite

/// What SQLite says of a call that failed.
struct DatabaseError: Error, Equatable, CustomStringConvertible {
    /// SQLite's extended result code.
    var code: Int32
    /// SQLite's own words, and the system's where there are any.
    var text: String
    /// The call was the one that ends a transaction.
    var wasCommit = false

    var description: String { "\(text) (SQLite error \(code))" }

    /// The result code without its details.
    var primaryCode: Int32 { code & 0xFF }

    /// The disk, or what may be used of it, is full. The connection is as good as before.
    var isFull: Bool { primaryCode == SQLITE_FULL }

    /// It is about who may do what with the file, and not about what is in it.
    var isAboutAccess: Bool {
        [SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_READONLY, SQLITE_BUSY, SQLITE_LOCKED, SQLITE_AUTH, SQLITE_NOMEM]
            .contains(primaryCode)
    }

    static func damage(_ text: String) -> DatabaseError { DatabaseError(code: SQLITE_CORRUPT, text: text) }
}
