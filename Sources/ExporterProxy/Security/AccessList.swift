/// Who may do what: configuration and the files that it names, put together. It never changes; a new one takes its
/// place.
struct AccessList: Sendable {
    struct Login: Equatable, Sendable {
        var hash: BcryptHash
        var grant: Grant
    }

    struct Token: Sendable {
        var digest: KeyedHash.Digest
        var grant: Grant
    }

    /// Different for each list of a process.
    var version = 0
    /// By the bytes of their names: two spellings of one text are two users.
    private(set) var users: [[UInt8]: Login] = [:]
    /// Whose password is right under any name.
    private(set) var nameless: [Login] = []
    private(set) var tokens: [Token] = []
    /// What needs a login; nothing where nobody could log in.
    private(set) var protected: Set<AccessRole> = []
    private(set) var opensHealth = true
    private(set) var headers: [(name: String, value: String)] = []
    private(set) var rateLimit: RateLimit.Configuration?
    private(set) var tls: WebConfigTLS?
    /// What of the configuration has no effect, in words.
    private(set) var notes: [String] = []
    /// One for each cost up to the highest: what unknown users are checked against.
    private var nobodys: [Int: BcryptHash] = [:]

    /// Everybody may do everything.
    init() {}

    /// `parts` are those of the files that `configuration` names; what is missing counts as empty. Throws all that does
    /// not go together.
    init(_ configuration: AccessControl.Configuration, _ parts: AccessParts) throws(AccessProblems) {
        var problems: [String] = []
        var builder = Builder()
        builder.addUsers(configuration, parts, &problems)
        builder.addTokens(configuration, parts, &problems)
        builder.addWebConfig(configuration, parts, &problems)
        let webUsers = builder.webConfig?.users.count ?? 0
        guard problems.isEmpty else { throw AccessProblems(problems) }
        users = builder.users
        nameless = builder.nameless
        tokens = builder.tokens
        headers = builder.webConfig?.headers ?? []
        rateLimit = builder.webConfig?.rateLimit
        tls = builder.webConfig?.tls
        notes = builder.notes + (builder.webConfig?.notes ?? [])
        opensHealth = configuration.opensHealth
        let isGuarded =
            configuration.passwordFile != nil || !configuration.users.isEmpty || !configuration.tokens.isEmpty
            || webUsers > 0
        protected = isGuarded ? configuration.protected : []
        if let highest = users.values.map(\.hash.cost).max() {
            for cost in BcryptHash.costs.lowerBound...highest { nobodys[cost] = .nobodys(cost: cost) }
        }
    }

    /// Whether a check of a password could let anybody in.
    var hasPasswords: Bool { !users.isEmpty || !nameless.isEmpty }

    /// Whether a request needs a login.
    func protects(_ right: HTTPRight) -> Bool {
        if right == .open { return false }
        guard let role = right.role else { return !opensHealth && !protected.isEmpty }
        return protected.contains(role)
    }

    // MARK: Who is it

    /// Compares with each, whichever it is.
    func grant(ofToken digest: KeyedHash.Digest) -> Grant? {
        tokens.reduce(nil) { found, token in KeyedHash.isEqual(token.digest, digest) ? token.grant : found }
    }

    /// The same work for every user, known or not: as much as the costliest hash of a name takes, and every hash
    /// without a name.
    func attempts(user: [UInt8], password: [UInt8]) -> [PasswordAttempt] {
        var attempts: [PasswordAttempt] = []
        if let highest = nobodys.keys.max(), let dummy = nobodys[highest] {
            if let login = users[user] {
                attempts.append(PasswordAttempt(password: password, hash: login.hash, grant: login.grant))
                // A step of cost doubles the work: 2^c, and 2^c up to 2^(highest - 1), are 2^highest.
                let rest = (login.hash.cost..<highest).compactMap { nobodys[$0] }
                attempts += rest.map { PasswordAttempt(password: password, hash: $0, grant: nil) }
            } else {
                attempts.append(PasswordAttempt(password: password, hash: dummy, grant: nil))
            }
        }
        return attempts + self.attempts(passwords: [password])
    }

    func attempts(passwords: [[UInt8]]) -> [PasswordAttempt] {
        nameless.flatMap { login in
            passwords.map { PasswordAttempt(password: $0, hash: login.hash, grant: login.grant) }
        }
    }
}

extension AccessList {
    /// Puts together what stands in several places.
    private struct Builder {
        var users: [[UInt8]: Login] = [:]
        var nameless: [Login] = []
        var tokens: [Token] = []
        var webConfig: WebConfigFile?
        var notes: [String] = []

        mutating func addUsers(
            _ configuration: AccessControl.Configuration, _ parts: AccessParts, _ problems: inout [String]
        ) {
            var settings: [[UInt8]: AccessControl.Configuration.User] = [:]
            for user in configuration.users {
                settings[Array(user.name.utf8)] = user
                guard let hash = user.hash else { continue }
                let grant = Grant(name: Self.shown(user.name), roles: user.roles, jobs: user.jobs)
                users[Array(user.name.utf8)] = Login(hash: hash, grant: grant)
            }
            if let path = configuration.passwordFile, case .passwords(let file)? = parts[.passwords(path)]?.meaning {
                for entry in file.entries {
                    add(entry, path, settings, configuration.passwordFileRoles, &problems)
                }
            }
            for user in configuration.users where users[Array(user.name.utf8)] == nil {
                notes.append("\(Self.shown(user.name)) has no password, and so cannot log in")
            }
        }

        private mutating func add(
            _ entry: PasswordFile.Entry, _ path: String, _ settings: [[UInt8]: AccessControl.Configuration.User],
            _ roles: Set<AccessRole>, _ problems: inout [String]
        ) {
            guard let name = entry.user else {
                let grant = Grant(name: "whoever has this password", roles: roles, jobs: nil)
                return nameless.append(Login(hash: entry.hash, grant: grant))
            }
            let shown = Self.shown(String(decoding: name, as: UTF8.self))
            guard users[name] == nil else {
                return problems.append("\(path):\(entry.line): \(shown) has a password already")
            }
            let setting = settings[name]
            let grant = Grant(name: shown, roles: setting?.roles ?? roles, jobs: setting?.jobs)
            users[name] = Login(hash: entry.hash, grant: grant)
        }

        mutating func addTokens(
            _ configuration: AccessControl.Configuration, _ parts: AccessParts, _ problems: inout [String]
        ) {
            for token in configuration.tokens {
                guard case .token(let digest)? = parts[.token(token.file)]?.meaning else { continue }
                guard !tokens.contains(where: { $0.digest == digest }) else {
                    problems.append("\(token.file): another token is the same")
                    continue
                }
                let name = "token '\(EscapedText.visible(token.name))'"
                tokens.append(Token(digest: digest, grant: Grant(name: name, roles: token.roles, jobs: token.jobs)))
            }
        }

        mutating func addWebConfig(
            _ configuration: AccessControl.Configuration, _ parts: AccessParts, _ problems: inout [String]
        ) {
            guard let path = configuration.configFile, case .webConfig(let file)? = parts[.webConfig(path)]?.meaning
            else { return }
            webConfig = file
            for user in file.users { add(user, path, &problems) }
        }

        private mutating func add(
            _ user: (name: String, hash: BcryptHash), _ path: String, _ problems: inout [String]
        ) {
            let name = Array(user.name.utf8)
            guard users[name] == nil else {
                return problems.append("\(path): basic_auth_users: \(Self.shown(user.name)) has a password already")
            }
            let grant = Grant(name: Self.shown(user.name), roles: Set(AccessRole.allCases), jobs: nil)
            users[name] = Login(hash: user.hash, grant: grant)
        }

        private static func shown(_ name: String) -> String { "user '\(EscapedText.visible(name))'" }
    }
}
