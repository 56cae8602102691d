import CSQLite
import Glibc

/// One connection to a file of SQLite. Belongs to the thread that made it.
///
/// The file is closed when the last holder lets go; statements hold it too.
final class Database {
    let handle: OpaquePointer

    /// Throws where the file cannot be opened; that it is a database shows only when it is read.
    init(_ path: String, creates: Bool) throws(DatabaseError) {
        var handle: OpaquePointer?
        // One thread uses it, so SQLite needs no locks.
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (creates ? SQLITE_OPEN_CREATE : 0)
        let code = sqlite3_open_v2(path, &handle, flags, nil)
        guard let handle else { throw DatabaseError(code: SQLITE_NOMEM, text: "out of memory") }
        self.handle = handle
        sqlite3_extended_result_codes(handle, 1)
        guard code == SQLITE_OK else { throw error() }
    }

    /// Finds no statements, which have gone before: a checkpoint is made, and the log file removed.
    deinit { sqlite3_close_v2(handle) }

    /// The failure of the last call.
    func error() -> DatabaseError {
        var text = String(cString: sqlite3_errmsg(handle))
        let system = sqlite3_system_errno(handle)
        let code = sqlite3_extended_errcode(handle)
        if system != 0, [SQLITE_IOERR, SQLITE_CANTOPEN].contains(code & 0xFF) {
            text += ": \(SystemError.sentence(system))"
        }
        return DatabaseError(code: code, text: text)
    }

    /// Runs statements that answer nothing, and take nothing.
    func execute(_ statements: String) throws(DatabaseError) {
        guard sqlite3_exec(handle, statements, nil, nil, nil) == SQLITE_OK else { throw error() }
    }

    func prepare(_ text: String) throws(DatabaseError) -> DatabaseStatement {
        try DatabaseStatement(text, of: self)
    }

    /// The first column of the first row; `nil` where there is no row.
    func integer(_ question: String) throws(DatabaseError) -> Int64? {
        var answer: Int64?
        try prepare(question).eachRow { row in
            answer = row.integer(0)
            return false
        }
        return answer
    }

    func text(_ question: String) throws(DatabaseError) -> String? {
        var answer: String?
        try prepare(question).eachRow { row in
            answer = row.text(0)
            return false
        }
        return answer
    }

    /// All that `body` does, or nothing of it.
    func transaction(_ body: () throws(DatabaseError) -> Void) throws(DatabaseError) {
        try execute("BEGIN IMMEDIATE")
        do throws(DatabaseError) {
            try body()
        } catch {
            rollBack()
            throw error
        }
        do throws(DatabaseError) {
            try execute("COMMIT")
        } catch {
            rollBack()
            var error = error
            error.wasCommit = true
            throw error
        }
    }

    /// Some failures have ended the transaction themselves.
    private func rollBack() {
        if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    }
}
