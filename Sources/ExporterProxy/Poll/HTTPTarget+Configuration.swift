import Exposition

extension HTTPTarget {
    /// `[[poll_external.target]]` in config.toml.
    ///
    /// - `url`: what is polled; the only key that must be there.
    /// - `name`: of the source in `/apps`; by default `external_poll: <host:port>`.
    /// - `interval`, `timeout` (durations): by default `poll_interval` and `client_timeout`.
    /// - `labels` (table): added to each of the target's samples.
    /// - `headers` (table): sent with each request.
    /// - `basic_auth` (table of `username` and `password` or `password_file`), `bearer_token_file`: the files are
    ///   read for each poll, so that a changed secret counts at once.
    /// - `ca_file` (PEM), `allow_invalid_certs` (default that of `[poll_external]`).
    package struct Configuration: Equatable, Sendable {
        package enum Authorization: Equatable, Sendable {
            case none
            case basic(username: String, password: Secret)
            case bearer(Secret)
        }

        package enum Secret: Equatable, Sendable {
            case text(String)
            case file(String)
        }

        package var name = ""
        package var url: PollURL
        package var interval: Duration
        package var timeout: Duration
        package var labels: [String: String] = [:]
        package var headers: [String: String] = [:]
        package var authorization = Authorization.none
        package var caFile: String?
        package var allowsInvalidCertificates = false

        /// The source column of `/apps`, as the original fills it.
        package var address: String { Poller.namePrefix + url.hostPort }

        /// The keys of `[poll_external]` that hold for every target.
        init(standardsOf section: ConfigurationSection) {
            interval = section.duration("poll_interval", .seconds(5), shown: "5")
            timeout = section.duration("client_timeout", .seconds(2), shown: "2")
            allowsInvalidCertificates = section.boolean("allow_invalid_certs", false)
            url = .placeholder
        }

        /// `nil`, and a problem, where there is no usable URL.
        init?(reading section: ConfigurationSection, standard: Configuration) {
            self = standard
            let url = section.value(
                "url", PollURL?.none, shown: "required", expected: PollURL.expected
            ) { value in value.asString.flatMap(PollURL.init).map { .some($0) } }
            if !section.has("url") { section.report("url", "expected \(PollURL.expected), found nothing") }
            name = section.string("name", "", expected: "the name of the source, of 1 to 255 bytes")
            if section.has("name"), let problem = SourceName.problem(name) {
                section.report("name", problem.description)
            }
            interval = section.duration("interval", interval, shown: "poll_interval")
            timeout = section.duration("timeout", timeout, shown: "client_timeout")
            labels = section.stringTable("labels")
            for name in labels.keys.sorted() where !LabelName.canBeAdded(name) {
                let what = LabelName.isValid(name) ? "belongs to histograms and summaries" : "is no label name"
                section.report("labels", "'\(EscapedText.visible(name))' \(what)")
            }
            headers = section.stringTable("headers")
            Self.checkHeaders(headers, section)
            authorization = Self.authorization(section)
            caFile = section.optionalString("ca_file", expected: "the path of a PEM file")
            allowsInvalidCertificates = section.boolean(
                "allow_invalid_certs", allowsInvalidCertificates, shown: "that of [poll_external]")
            section.finish()
            guard let url else { return nil }
            self.url = url
        }

        private static func checkHeaders(_ headers: [String: String], _ section: ConfigurationSection) {
            for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
                if name.isEmpty || !name.utf8.allSatisfy(isNameByte) {
                    section.report("headers.\(name)", "expected a header name of letters, digits, '-' and '_'")
                }
                if value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                    section.report("headers.\(name)", "a header value has no control characters")
                }
            }
        }

        private static func isNameByte(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
            default: false
            }
        }

        private static func authorization(_ section: ConfigurationSection) -> Authorization {
            let basic = section.table("basic_auth")
            let username = basic.optionalString("username")
            let password = basic.optionalString("password").map(Secret.text)
            let passwordFile = basic.optionalString("password_file", expected: "the path of a file").map(Secret.file)
            basic.finish()
            let bearer = section.optionalString("bearer_token_file", expected: "the path of a file").map(Secret.file)
            if section.has("basic_auth"), username == nil || (password == nil) == (passwordFile == nil) {
                section.report("basic_auth", "expected username, and either password or password_file")
            }
            if section.has("basic_auth"), bearer != nil {
                section.report("bearer_token_file", "basic_auth is set as well: only one can be sent")
            }
            if let bearer { return .bearer(bearer) }
            guard let username, let secret = password ?? passwordFile else { return .none }
            return .basic(username: username, password: secret)
        }
    }
}
