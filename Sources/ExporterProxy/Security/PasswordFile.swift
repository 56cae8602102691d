/// A file of `htpasswd -B`: a line `name:hash` for each user. A line of a hash alone, as Gravel has it, lets in its
/// password under any name. Empty lines, and those that begin with `#`, do not count.
struct PasswordFile: Equatable, Sendable {
    struct Entry: Equatable, Sendable {
        /// `nil` for any name.
        var user: [UInt8]?
        var hash: BcryptHash
        var line: Int
    }

    static let entriesMax = 10_000
    /// Each of them is tried at each login.
    static let namelessMax = 16

    private(set) var entries: [Entry] = []

    /// Throws every problem there is.
    init(_ bytes: [UInt8], path: String) throws(AccessProblems) {
        var problems: [String] = []
        // A byte order mark is no part of the first name.
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            do throws(PasswordLineError) {
                if let entry = try Self.entry(line, line: index + 1) { entries.append(entry) }
            } catch {
                problems.append("\(path):\(index + 1): \(error.reason)")
            }
        }
        if entries.count > Self.entriesMax { problems.append("\(path): more than \(Self.entriesMax) users") }
        if entries.count(where: { $0.user == nil }) > Self.namelessMax {
            problems.append("\(path): more than \(Self.namelessMax) hashes without a user name")
        }
        guard problems.isEmpty else { throw AccessProblems(problems) }
    }

    private static func entry(_ bytes: ArraySlice<UInt8>, line: Int) throws(PasswordLineError) -> Entry? {
        guard let text = String(validating: bytes, as: UTF8.self)?.trimmed else { throw .init("not UTF-8") }
        if text.isEmpty || text.hasPrefix("#") { return nil }
        let sides = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2 else { return Entry(user: nil, hash: try hash(sides[0]), line: line) }
        if let problem = UserName.problem(sides[0]) { throw .init(problem) }
        return Entry(user: Array(sides[0].utf8), hash: try hash(sides[1]), line: line)
    }

    private static func hash(_ text: Substring) throws(PasswordLineError) -> BcryptHash {
        do throws(BcryptHashError) { return try BcryptHash(String(text)) } catch { throw .init(error.description) }
    }

    private struct PasswordLineError: Error {
        var reason: String
        init(_ reason: String) { self.reason = reason }
    }
}

enum UserName {
    static let expected = "a user name of 1 to 255 bytes, without ':' and control characters"

    /// Why nobody can be called so; `nil` where one can.
    static func problem(_ name: some StringProtocol) -> String? {
        let isGood =
            (1...255).contains(name.utf8.count)
            && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x3A }
        return isGood ? nil : "expected \(expected)"
    }
}
