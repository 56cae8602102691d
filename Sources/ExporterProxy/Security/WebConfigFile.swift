/// The file that Prometheus and its exporters take with `--web.config.file`.
struct WebConfigFile: Equatable, Sendable {
    /// `nil` where the file asks for none.
    var tls: WebConfigTLS?
    var users: [(name: String, hash: BcryptHash)] = []
    /// For each answer that has not one of its own.
    var headers: [(name: String, value: String)] = []
    var rateLimit: RateLimit.Configuration?
    /// What is not done as the file says, in words.
    var notes: [String] = []

    /// Paths in the file are from its folder. Throws every problem there is.
    init(_ bytes: [UInt8], path: String) throws(AccessProblems) {
        let root: DocumentNode?
        do throws(DocumentError) {
            root = try YAMLDocument.read(bytes)
        } catch {
            throw AccessProblems(["\(path):\(error.line): \(error.reason)"])
        }
        let problems = WebConfigProblems(path: path)
        if let root { read(WebConfigTable("", root, problems)) }
        guard problems.lines.isEmpty else { throw AccessProblems(problems.lines) }
        notes = problems.notes
    }

    private mutating func read(_ root: WebConfigTable) {
        let tlsTable = root.table("tls_server_config")
        tls = WebConfigTLS(reading: tlsTable)
        tlsTable.finish()
        readHTTP(root.table("http_server_config"))
        readRateLimit(root.table("rate_limit"))
        readUsers(root.table("basic_auth_users"))
        root.finish()
    }

    private mutating func readUsers(_ table: WebConfigTable) {
        for entry in table.entries {
            if let problem = UserName.problem(entry.key) {
                table.report(entry.key, entry.line, problem)
            } else if let text = entry.value.asString {
                do throws(BcryptHashError) {
                    users.append((entry.key, try BcryptHash(text)))
                } catch {
                    table.report(entry.key, entry.value.line, error.description)
                }
            } else {
                table.report(entry.key, entry.value.line, "expected a bcrypt hash, found \(entry.value.typeName)")
            }
        }
    }

    private mutating func readHTTP(_ table: WebConfigTable) {
        // HTTP/1.1 is all that there is.
        _ = table.boolean("http2")
        let headerTable = table.table("headers")
        for (name, values) in Self.headersAllowed {
            guard let value = headerTable.string(name), !value.isEmpty else { continue }
            if !values.isEmpty, !values.contains(value) {
                headerTable.report(name, "expected \(values.joined(separator: " or "))")
            } else if value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                headerTable.report(name, "a header value has no control characters")
            } else {
                headers.append((name, value))
            }
        }
        headerTable.finish()
        table.finish()
    }

    private static let headersAllowed: [(name: String, values: [String])] = [
        ("Content-Security-Policy", []), ("Strict-Transport-Security", []), ("X-Content-Type-Options", ["nosniff"]),
        ("X-Frame-Options", ["deny", "sameorigin"]), ("X-XSS-Protection", []),
    ]

    private mutating func readRateLimit(_ table: WebConfigTable) {
        let interval = table.duration("interval", max: RateLimit.Configuration.intervalMax) ?? .zero
        let burst = table.integer("burst") ?? 0
        table.finish()
        guard interval > .zero else { return }
        guard RateLimit.Configuration.bursts.contains(burst) else {
            let bounds = RateLimit.Configuration.bursts
            return table.report("burst", "expected an integer from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        rateLimit = RateLimit.Configuration(interval: interval, burst: burst)
    }

    static func == (a: WebConfigFile, b: WebConfigFile) -> Bool {
        a.tls == b.tls && a.rateLimit == b.rateLimit && a.notes == b.notes
            && a.users.elementsEqual(b.users, by: ==) && a.headers.elementsEqual(b.headers, by: ==)
    }
}
