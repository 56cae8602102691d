/// The file of the state, open. Belongs to the writer's thread; it is closed when the last holder lets go.
final class PersistenceFile {
    static let name = "state.sqlite"
    /// `expx`: the file is ours.
    private static let application: Int64 = 0x6578_7078
    /// Of what is written, and of what records and parts are taken to say.
    private static let version: Int64 = 1
    /// Records of usual sizes fit into one or two (docs/performance.md).
    private static let pageBytes = 16_384
    /// So much is written to the log before it goes to its place.
    private static let logBytes = 16 << 20

    let database: Database
    let facts: PersistenceTable.Open
    let records: PersistenceTable.Open
    let parts: PersistenceTable.Open
    let snapshots: PersistenceTable.Open
    private let removeRecords: DatabaseStatement
    private let removeLateRecords: DatabaseStatement

    /// Throws where it cannot be used; a file without anything in it is begun where `creates` says so.
    ///
    /// `ack` decides what a commit waits for. The log of SQLite is written at each commit in any case, which is all
    /// that a process needs to find it again after its own death. Waiting for the disk too is only needed against the
    /// end of the whole machine; without it the system has the log on disk within half a minute, and SQLite still
    /// syncs before it moves the log to its place, so that what is older than that is never harmed.
    init(_ path: String, creates: Bool, ack: Journal.Ack) throws(DatabaseError) {
        database = try Database(path, creates: creates)
        // First: then no shared memory is used, and nobody else reads or writes beside us.
        try database.execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = \(Self.pageBytes)")
        guard try database.text("PRAGMA journal_mode = WAL") == "wal" else {
            throw DatabaseError.damage("the file cannot have a log")
        }
        try database.execute(
            """
            PRAGMA synchronous = \(ack == .fsync ? "FULL" : "NORMAL");
            PRAGMA wal_autocheckpoint = \(Self.logBytes / Self.pageBytes);
            PRAGMA journal_size_limit = \(4 * Self.logBytes);
            PRAGMA temp_store = MEMORY;
            PRAGMA trusted_schema = OFF;
            PRAGMA cell_size_check = ON
            """)
        if creates { try Self.begin(database) }
        try Self.requireOurs(database)
        facts = try .init(.facts, of: database)
        records = try .init(.records, of: database)
        parts = try .init(.parts, of: database)
        snapshots = try .init(.snapshots, of: database)
        removeRecords = try database.prepare("DELETE FROM record WHERE number <= ?")
        removeLateRecords = try database.prepare("DELETE FROM record WHERE number > ?")
    }

    /// Makes the tables where there is nothing at all yet.
    private static func begin(_ database: Database) throws(DatabaseError) {
        guard try database.integer("SELECT count(*) FROM sqlite_schema") == 0,
            try database.integer("PRAGMA application_id") == 0
        else { return }
        try database.transaction { () throws(DatabaseError) in
            for table in PersistenceTable.all { try database.execute(table.definition) }
            try database.execute("PRAGMA application_id = \(application); PRAGMA user_version = \(version)")
        }
    }

    private static func requireOurs(_ database: Database) throws(DatabaseError) {
        guard try database.integer("PRAGMA application_id") == application else {
            throw DatabaseError.damage("the file is of another program")
        }
        let version = try database.integer("PRAGMA user_version") ?? 0
        guard version == Self.version else { throw DatabaseError.damage("the file has version \(version)") }
        var definitions: [String] = []
        try database.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid").eachRow { row in
            definitions.append(row.text(0))
            return true
        }
        guard definitions == PersistenceTable.all.map(\.definition) else {
            throw DatabaseError.damage("the file has other tables")
        }
    }

    /// Reads all of it; throws where one part does not fit another.
    func requireWhole() throws(DatabaseError) {
        let finding = try database.text("PRAGMA integrity_check(1)") ?? "nothing"
        // What was found may be more than a line.
        guard finding == "ok" else {
            throw DatabaseError.damage(finding.split(separator: "\n").joined(separator: ", "))
        }
    }

    // MARK: Facts

    /// Records up to this number are in the parts.
    func through() throws(DatabaseError) -> UInt64 {
        var through: Int64 = 0
        try facts.eachRow { _, values in
            if values?.first?.asText == "through" { through = values?.last?.asInteger ?? 0 }
            return true
        }
        return UInt64(clamping: through)
    }

    func setThrough(_ number: UInt64) throws(DatabaseError) {
        try facts.put([.text("through"), .integer(Int64(clamping: number))])
    }

    /// Writes over what a commit that was broken off may have left at the end of the log, where it would be found after
    /// a crash.
    func writeOverTheEnd(at now: Moment) throws(DatabaseError) {
        try database.transaction { () throws(DatabaseError) in
            try facts.put([.text("write broken off at"), .integer(now.wall.nanoseconds)])
        }
    }

    // MARK: Records

    func lastRecord() throws(DatabaseError) -> UInt64 {
        UInt64(clamping: try database.integer("SELECT max(number) FROM record") ?? 0)
    }

    func removeRecords(through number: UInt64) throws(DatabaseError) {
        try removeRecords.run([.integer(Int64(clamping: number))])
    }

    func removeRecords(after number: UInt64) throws(DatabaseError) {
        try removeLateRecords.run([.integer(Int64(clamping: number))])
    }
}
