import Glibc
import Logging

/// The folder of the state, held by one process at a time.
struct PersistenceFolder: Sendable {
    let path: String
    /// Lets the next process in when it is closed.
    private let lock: OwnedDescriptor

    var file: String { "\(path)/\(PersistenceFile.name)" }

    /// Makes the folder where it is missing. The standard one may need rights: without them, and only for the standard
    /// one, the user's own state folder is taken, and the log says so.
    static func open(
        _ path: String, standard: String = Persistence.Configuration.standardPath,
        environment: (String) -> String? = variable, logger: Logger
    ) throws(PersistenceError) -> PersistenceFolder {
        do throws(SystemError) {
            try prepare(path)
        } catch {
            guard path == standard, let own = own(environment) else { throw .folder(error) }
            return try hold(try other(own, than: path, error, logger))
        }
        return try hold(path)
    }

    /// The user's own folder, ready for use.
    private static func other(
        _ own: String, than path: String, _ error: SystemError, _ logger: Logger
    ) throws(PersistenceError) -> String {
        do throws(SystemError) { try prepare(own) } catch let second { throw .folders(error, second) }
        logger.notice(
            "the standard state folder cannot be written, using another one",
            metadata: ["standard": "\(path)", "path": "\(own)", "error": "\(error)"])
        return own
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// As the XDG Base Directory Specification has it: relative paths do not count.
    private static func own(_ environment: (String) -> String?) -> String? {
        if let folder = environment("XDG_STATE_HOME"), folder.hasPrefix("/") { return folder + "/exporter-proxy" }
        guard let home = environment("HOME"), home.hasPrefix("/") else { return nil }
        return home + "/.local/state/exporter-proxy"
    }

    /// Throws where a file cannot be made in it.
    private static func prepare(_ path: String) throws(SystemError) {
        try make(path)
        _ = try touch("\(path)/lock")
        // Made here, because others are not to read it.
        _ = try touch("\(path)/\(PersistenceFile.name)")
    }

    /// With the folders above it.
    private static func make(_ path: String) throws(SystemError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        let code = errno
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        guard code == ENOENT, !parent.isEmpty else { throw SystemError("make the folder \(path)", code: code) }
        try make(parent)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw SystemError("make the folder \(path)") }
    }

    private static func touch(_ path: String) throws(SystemError) -> OwnedDescriptor {
        let raw = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard raw >= 0 else { throw SystemError("write \(path)") }
        return OwnedDescriptor(raw)
    }

    private static func hold(_ path: String) throws(PersistenceError) -> PersistenceFolder {
        let lock: OwnedDescriptor
        do throws(SystemError) { lock = try touch("\(path)/lock") } catch { throw .folder(error) }
        guard flock(lock.raw, LOCK_EX | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK ? .inUse(path) : .folder(SystemError("lock \(path)/lock"))
        }
        return PersistenceFolder(path: path, lock: lock)
    }
}

/// Why nothing can be kept on disk, said with what can be done.
enum PersistenceError: Error, Equatable, CustomStringConvertible {
    case folder(SystemError)
    /// The standard folder, and the user's own.
    case folders(SystemError, SystemError)
    case inUse(String)
    case file(String, DatabaseError)

    private static let remedy = "set store.path to another folder, or to \"\" to keep nothing on disk"

    var description: String {
        switch self {
        case .folder(let error): "\(error) (\(Self.remedy))"
        case .folders(let first, let second): "\(first), and \(second) (\(Self.remedy))"
        case .inUse(let path): "cannot use the state in \(path): another process has it open"
        case .file(let path, let error): "cannot open \(path): \(error) (\(Self.remedy))"
        }
    }
}
