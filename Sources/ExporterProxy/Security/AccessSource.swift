import Glibc

/// A file that says who may do what, by what it is for.
enum AccessSource: Hashable, Sendable {
    case passwords(String)
    case webConfig(String)
    case token(String)

    var path: String {
        switch self {
        case .passwords(let path), .webConfig(let path), .token(let path): path
        }
    }
}

/// What a file says.
struct AccessPart: Sendable {
    enum Meaning: Sendable {
        case passwords(PasswordFile)
        case webConfig(WebConfigFile)
        case token(KeyedHash.Digest)
    }

    var meaning: Meaning
    /// Tells two versions of the file apart.
    var contents: KeyedHash.Digest

    /// Throws every problem of the file.
    init(_ source: AccessSource, _ bytes: [UInt8], hash: KeyedHash) throws(AccessProblems) {
        contents = hash.digest([bytes])
        switch source {
        case .passwords(let path): meaning = .passwords(try PasswordFile(bytes, path: path))
        case .webConfig(let path): meaning = .webConfig(try WebConfigFile(bytes, path: path))
        case .token(let path):
            let text = String(decoding: bytes, as: UTF8.self).trimmed
            if let problem = Self.problem(ofToken: text) { throw AccessProblems(["\(path): \(problem)"]) }
            meaning = .token(hash.digest([Array(text.utf8)]))
        }
    }

    private static func problem(ofToken text: String) -> String? {
        let bytes = text.utf8.count
        if bytes < 16 { return "the token has \(bytes) bytes, expected at least 16" }
        if bytes > 2048 { return "the token has \(bytes) bytes, expected at most 2048" }
        let isPrintable = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        return isPrintable ? nil : "the token has white space in it, or something else than ASCII"
    }
}

/// What the files say, as far as they are right.
typealias AccessParts = [AccessSource: AccessPart]

/// What became of files that were read, each judged by itself.
struct AccessReading: Sendable {
    /// With what is as it was `before`.
    private(set) var parts: AccessParts
    /// Whose part is another one, or has gone.
    private(set) var changed: [AccessSource] = []
    private(set) var problems: [AccessSource: [String]] = [:]

    /// A file that is wrong or cannot be read keeps what it said `before`. A token whose file is gone is gone.
    init(_ files: AccessFiles, _ sources: [AccessSource], before: AccessParts, hash: KeyedHash) {
        parts = before
        for source in sources {
            do throws(AccessProblems) {
                try read(source, files, hash)
            } catch {
                problems[source] = error.lines
            }
        }
    }

    private mutating func read(
        _ source: AccessSource, _ files: AccessFiles, _ hash: KeyedHash
    ) throws(AccessProblems) {
        switch files.contents[source.path] {
        case .success(let bytes)?:
            guard parts[source]?.contents != hash.digest([bytes]) else { return }
            parts[source] = try AccessPart(source, bytes, hash: hash)
            changed.append(source)
        case .failure(let error)?:
            if case .token = source, error.code == ENOENT, parts.removeValue(forKey: source) != nil {
                changed.append(source)
            }
            throw AccessProblems([error.description])
        case nil: preconditionFailure("the file of every source is read")
        }
    }
}
