extension AccessControl {
    /// Who may do what, in `[web]` of config.toml.
    ///
    /// - `basic_auth_file`: users and bcrypt hashes; `basic_auth_roles` (default all): of those without an entry below.
    /// - `[[web.user]]`: `name`, `password_hash` (default that of the file), `roles`, `jobs` (patterns; default all).
    /// - `[[web.token]]`: `file`, `name` (default the file's), `roles`, `jobs`.
    /// - `config_file`: users, TLS, headers and a rate limit as Prometheus' exporters take them (`web.config.file`).
    /// - `protect` (default all): what needs a login once there is anybody who could log in.
    /// - `open_health` (default true): whether the probes need none.
    package struct Configuration: Equatable, Sendable {
        struct User: Equatable, Sendable {
            var name: String
            /// `nil` where it stands in the file.
            var hash: BcryptHash?
            var roles: Set<AccessRole>
            var jobs: [NamePattern]?
        }

        struct Token: Equatable, Sendable {
            var name: String
            var file: String
            var roles: Set<AccessRole>
            var jobs: [NamePattern]?
        }

        var users: [User] = []
        var tokens: [Token] = []
        var passwordFile: String?
        var passwordFileRoles = Set(AccessRole.allCases)
        var configFile: String?
        var protected = Set(AccessRole.allCases)
        var opensHealth = true

        package init() {}

        package init(reading section: ConfigurationSection) {
            passwordFile = Self.path("basic_auth_file", section)
            passwordFileRoles = section.roles("basic_auth_roles", standard: passwordFileRoles)
            configFile = Self.path("config_file", section)
            protected = section.roles("protect", standard: protected)
            opensHealth = section.boolean("open_health", opensHealth)
            users = section.entries("user", Self.user)
            tokens = section.entries("token", Self.token)
            reportTwins(section)
        }

        /// What is read at the start, and again when it changes.
        var sources: [AccessSource] {
            var sources = [passwordFile.map(AccessSource.passwords), configFile.map(AccessSource.webConfig)]
                .compactMap(\.self)
            for source in tokens.map({ AccessSource.token($0.file) }) where !sources.contains(source) {
                sources.append(source)
            }
            return sources
        }

        var hasFiles: Bool { passwordFile != nil || configFile != nil || !tokens.isEmpty }

        private static func path(_ key: String, _ section: ConfigurationSection) -> String? {
            let path = section.string(key, "", expected: "the path of a file, or \"\" for none")
            return path.isEmpty ? nil : path
        }

        private static func user(_ section: ConfigurationSection) -> User? {
            let name = section.value("name", String?.none, shown: "required", expected: UserName.expected) { value in
                value.asString.flatMap { UserName.problem($0) == nil ? .some($0) : nil }
            }
            if !section.has("name") { section.report("name", "is missing") }
            let hash = section.optionalString("password_hash", expected: "a bcrypt hash, as htpasswd -B writes it")
            let roles = section.requiredRoles("roles")
            let jobs = section.jobs("jobs")
            section.finish()
            guard let name else { return nil }
            return User(name: name, hash: hash.flatMap { Self.hash($0, section) }, roles: roles, jobs: jobs)
        }

        private static func hash(_ text: String, _ section: ConfigurationSection) -> BcryptHash? {
            do throws(BcryptHashError) {
                return try BcryptHash(text)
            } catch {
                section.report("password_hash", error.description)
                return nil
            }
        }

        private static func token(_ section: ConfigurationSection) -> Token? {
            let file = section.value(
                "file", String?.none, shown: "required", expected: "the path of a file that holds the token"
            ) { value in value.asString.flatMap { $0.isEmpty ? nil : .some($0) } }
            if !section.has("file") { section.report("file", "is missing") }
            let name = section.value("name", String?.none, shown: "that of the file", expected: UserName.expected) {
                value in value.asString.flatMap { UserName.problem($0) == nil ? .some($0) : nil }
            }
            let roles = section.requiredRoles("roles")
            let jobs = section.jobs("jobs")
            section.finish()
            guard let file else { return nil }
            let ownName = file.split(separator: "/").last.map(String.init) ?? file
            return Token(name: name ?? ownName, file: file, roles: roles, jobs: jobs)
        }

        private func reportTwins(_ section: ConfigurationSection) {
            let counts = Dictionary(grouping: users, by: { Array($0.name.utf8) })
            for (_, twins) in counts where twins.count > 1 {
                section.report("user", "\(twins.count) users are named '\(EscapedText.visible(twins[0].name))'")
            }
        }
    }
}

extension ConfigurationSection {
    private static let rolesExpected = "an array of \"push\", \"scrape\" and \"admin\""

    private static func roles(_ value: ConfigurationValue) -> Set<AccessRole>? {
        guard let words = value.asStrings else { return nil }
        let roles = words.compactMap(AccessRole.init(rawValue:))
        return roles.count == words.count ? Set(roles) : nil
    }

    fileprivate func roles(_ key: String, standard: Set<AccessRole>) -> Set<AccessRole> {
        let words = AccessRole.allCases.filter(standard.contains).map { "\"\($0.rawValue)\"" }
        return value(
            key, standard, shown: "[\(words.joined(separator: ", "))]", expected: Self.rolesExpected, read: Self.roles)
    }

    /// Nobody gets a role by leaving it out.
    fileprivate func requiredRoles(_ key: String) -> Set<AccessRole> {
        if !has(key) { report(key, "is missing: expected \(Self.rolesExpected)") }
        return value(key, [], shown: "required", expected: Self.rolesExpected, read: Self.roles)
    }

    fileprivate func jobs(_ key: String) -> [NamePattern]? {
        value(key, nil, shown: "[\"*\"]", expected: "an array of patterns: * is any text, ? one character") { value in
            value.asStrings.map { $0.map(NamePattern.init) }
        }
    }

    /// The entries of an array of tables; where there is none one is read for nothing, so that its keys are known.
    fileprivate func entries<T>(_ key: String, _ read: (ConfigurationSection) -> T?) -> [T] {
        let entries = tables(key)
        if entries.isEmpty {
            let names = ["name": "nobody", "file": "none"].mapValues(ConfigurationValue.string)
            let known = ConfigurationProblems()
            let none = ConfigurationSection("\(keyPath(key))[]", names, known)
            _ = read(none)
            for key in known.keys { problems.declare(key) }
        }
        return entries.compactMap(read)
    }
}
