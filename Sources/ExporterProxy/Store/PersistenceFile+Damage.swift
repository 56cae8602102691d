import Glibc

extension PersistenceFile {
    /// What became of a file at the start.
    struct Opened {
        /// `nil` where the disk has no room for a new one, or does not take it: it may later.
        var file: PersistenceFile?
        var problem: DatabaseError?
        var damage: Damage?
    }

    /// A file that was of no use any more.
    struct Damage: Equatable {
        var reason: String
        /// Where it is now.
        var path: String
        /// What of it is in the new file.
        var rowsSaved = 0
    }

    /// Opens the file at `path`, or sets it aside and begins a new one with what can still be read.
    static func open(_ path: String, ack: Journal.Ack, at now: Moment) throws(PersistenceError) -> Opened {
        let isNew = bytes(path) == 0 && bytes(path + "-wal") == 0
        let error: DatabaseError
        do throws(DatabaseError) {
            // SQLite takes what is shorter than its header for nothing, and removes its log.
            if !isNew, bytes(path) < bytesMin { throw .damage("the file is cut short") }
            let file = try PersistenceFile(path, creates: true, ack: ack)
            if !isNew { try file.requireWhole() }
            return Opened(file: file)
        } catch let problem {
            error = problem
        }
        if error.isAboutAccess || (error.isFull && !isNew) { throw .file(path, error) }
        if isNew { return Opened(problem: error) }
        var damage = Damage(reason: error.description, path: try setAside(path, at: now))
        do throws(DatabaseError) {
            let file = try PersistenceFile(path, creates: true, ack: ack)
            damage.rowsSaved = PersistenceSalvage(from: damage.path, to: file).run()
            return Opened(file: file, damage: damage)
        } catch {
            if error.isAboutAccess { throw .file(path, error) }
            return Opened(problem: error, damage: damage)
        }
    }

    private static let bytesMin = 512

    /// 0 where there is no file.
    private static func bytes(_ path: String) -> Int {
        var status = stat()
        return lstat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Answers the new path. The log goes first: a file must not meet the log of another one.
    private static func setAside(_ path: String, at now: Moment) throws(PersistenceError) -> String {
        let base = "\(path).damaged-\(now.wall.nanoseconds / 1_000_000_000)"
        var target = base
        var attempt = 1
        while access(target, F_OK) == 0 {
            attempt += 1
            target = "\(base)-\(attempt)"
        }
        for suffix in ["-wal", "-shm", "-journal", ""] {
            guard rename(path + suffix, target + suffix) == 0 || errno == ENOENT else {
                throw .folder(SystemError("set aside \(path + suffix)"))
            }
        }
        return target
    }
}

/// Copies from a file that is damaged what can still be read and is as it was written.
struct PersistenceSalvage {
    /// So much is written at once.
    private static let bytesMax = 4 << 20

    private let source: Database?
    private let file: PersistenceFile
    private var waiting: [[DatabaseStatement.Value]] = []
    private var waitingBytes = 0
    private var count = 0

    init(from path: String, to file: PersistenceFile) {
        source = try? Database(path, creates: false)
        self.file = file
    }

    /// Answers how many rows were copied.
    consuming func run() -> Int {
        guard let source, (try? source.execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA trusted_schema = OFF")) != nil
        else { return 0 }
        let pairs = [
            (PersistenceTable.facts, file.facts), (.parts, file.parts), (.records, file.records),
            (.snapshots, file.snapshots),
        ]
        for (table, target) in pairs { copy(table, source, to: target) }
        return count
    }

    /// From the beginning to the damage, and then from the end back to it.
    private mutating func copy(_ table: PersistenceTable, _ source: Database, to target: PersistenceTable.Open) {
        var last = Int64.min
        do throws(DatabaseError) {
            try PersistenceTable.eachRow(table, of: source) { number, values in
                // A tree that leads in a circle has no end.
                guard number > last || last == .min else { return false }
                last = number
                return take(values, for: target)
            }
        } catch {
            var previous = Int64.max
            try? PersistenceTable.eachRow(table, of: source, after: last, isReversed: true) { number, values in
                guard number < previous else { return false }
                previous = number
                return take(values, for: target)
            }
        }
        _ = write(to: target)
    }

    /// Answers false where there is no room for more.
    private mutating func take(_ values: [DatabaseStatement.Value]?, for target: PersistenceTable.Open) -> Bool {
        guard let values else { return true }
        waiting.append(values)
        waitingBytes += 64 + (values.last?.asBlob?.readableBytes ?? 0)
        return waitingBytes < Self.bytesMax || write(to: target)
    }

    private mutating func write(to target: PersistenceTable.Open) -> Bool {
        defer {
            waiting = []
            waitingBytes = 0
        }
        let rows = waiting
        do throws(DatabaseError) {
            try file.database.transaction { () throws(DatabaseError) in for row in rows { try target.put(row) } }
        } catch {
            return false
        }
        count += rows.count
        return true
    }
}
