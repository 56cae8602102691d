import CSQLite
import NIOCore
import Testing

@testable import ExporterProxy

struct DatabaseTests {
    private let folder: TemporaryFolder
    private let database: Database

    init() throws {
        folder = try TemporaryFolder()
        database = try Database(folder.file("a.sqlite"), creates: true)
    }

    @Test func values_ComeBackAsTheyWere() throws {
        try database.execute("CREATE TABLE t (a, b, c)")
        let put = try database.prepare("INSERT INTO t VALUES (?, ?, ?)")
        let rows: [(Int64, String, [UInt8])] = [
            (0, "", []), (.min, "a\0b", [0]), (.max, "é😀", Array(0...255)),
            (1, "x", .init(repeating: 7, count: 100_000)),
        ]
        for row in rows { try put.run([.integer(row.0), .text(row.1), .blob(ByteBuffer(bytes: row.2))]) }
        var found = 0
        try database.prepare("SELECT * FROM t ORDER BY rowid").eachRow { row in
            let expected = rows[found]
            #expect(row.integer(0) == expected.0 && row.text(1) == expected.1)
            #expect(Array(row.blob(2).readableBytesView) == expected.2)
            found += 1
            return true
        }
        #expect(found == rows.count)
        #expect(try database.integer("SELECT count(*) FROM t WHERE typeof(c) = 'blob'") == 4)
    }

    @Test func anAnswer_EndsWhereNobodyWantsMore() throws {
        try database.execute("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)")
        let all = try database.prepare("SELECT a FROM t")
        var seen: [Int64] = []
        try all.eachRow { row in
            seen.append(row.integer(0))
            return seen.count < 2
        }
        #expect(seen == [1, 2])
        // It begins anew.
        try all.eachRow { row in
            seen.append(row.integer(0))
            return true
        }
        #expect(seen == [1, 2, 1, 2, 3])
        #expect(try database.integer("SELECT a FROM t WHERE a > 3") == nil)
    }

    @Test func anError_HasTheWordsOfSQLite() throws {
        #expect(throws: DatabaseError(code: SQLITE_ERROR, text: "no such table: t")) {
            try database.execute("DELETE FROM t")
        }
        let missing = DatabaseError(
            code: SQLITE_CANTOPEN, text: "unable to open database file: No such file or directory")
        #expect(throws: missing) { try Database(folder.file("absent"), creates: false) }
        #expect(missing.isAboutAccess && missing.description.hasSuffix("No such file or directory (SQLite error 14)"))
    }

    @Test func aTransaction_IsAllOrNothing() throws {
        try database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
        #expect(throws: DatabaseError.self) {
            try database.transaction { () throws(DatabaseError) in
                try database.execute("INSERT INTO t VALUES (1)")
                try database.execute("INSERT INTO t VALUES (1)")
            }
        }
        #expect(try database.integer("SELECT count(*) FROM t") == 0)
        try database.transaction { () throws(DatabaseError) in try database.execute("INSERT INTO t VALUES (1)") }
        #expect(try database.integer("SELECT count(*) FROM t") == 1)
    }

    @Test func aCommitThatFails_IsTakenBack() throws {
        try database.execute(
            """
            PRAGMA foreign_keys = ON; CREATE TABLE p (a INTEGER PRIMARY KEY);
            CREATE TABLE c (a INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED)
            """)
        let error = #expect(throws: DatabaseError.self) {
            try database.transaction { () throws(DatabaseError) in try database.execute("INSERT INTO c VALUES (1)") }
        }
        #expect(error?.wasCommit == true)
        #expect(try database.integer("SELECT count(*) FROM c") == 0)
    }

    @Test func aFullDatabase_TakesNothing_AndGoesOnWhenThereIsRoom() throws {
        try database.execute("PRAGMA journal_mode = WAL; CREATE TABLE t (a); PRAGMA max_page_count = 4")
        let put = try database.prepare("INSERT INTO t VALUES (?)")
        let large = DatabaseStatement.Value.blob(ByteBuffer(repeating: 1, count: 50_000))
        let error = #expect(throws: DatabaseError.self) {
            try database.transaction { () throws(DatabaseError) in
                try put.run([.integer(1)])
                try put.run([large])
            }
        }
        #expect(error?.isFull == true && error?.isAboutAccess == false)
        #expect(try database.integer("SELECT count(*) FROM t") == 0)
        try database.execute("PRAGMA max_page_count = 1000")
        try database.transaction { () throws(DatabaseError) in try put.run([large]) }
        #expect(try database.integer("SELECT count(*) FROM t") == 1)
    }
}
