/// Where a project of Sentry takes events, and what it knows us by: `https://KEY@HOST/PATH/PROJECT`.
package struct SentryDSN: Equatable, Sendable {
    package static let expected = "a DSN of Sentry, such as \"https://key@sentry.example/42\""

    /// Where envelopes go.
    let endpoint: String
    /// With its port where the DSN has one.
    let host: String
    /// The value of `X-Sentry-Auth`.
    let authorization: String

    private static let bytesMax = 1024

    package init?(_ text: String) {
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://"), text.utf8.count <= Self.bytesMax else { return nil }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        let authority = parts[0].split(separator: "@", omittingEmptySubsequences: false)
        let path = parts.dropFirst()
        guard authority.count == 2, let host = Self.host(authority[1]), let project = path.last,
            path.allSatisfy({ Self.isPlain($0) && $0 != "." && $0 != ".." })
        else { return nil }
        let keys = authority[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard keys.allSatisfy(Self.isPlain) else { return nil }
        let prefix = path.dropLast().map { "/" + $0 }.joined()
        self.host = host
        endpoint = "\(isSecure ? "https" : "http")://\(host)\(prefix)/api/\(project)/envelope/"
        let secret = keys.count > 1 ? ", sentry_secret=\(keys[1])" : ""
        authorization =
            "Sentry sentry_version=7, sentry_client=\(Version.name)/\(Version.number), sentry_key=\(keys[0])\(secret)"
    }

    private static func host(_ text: Substring) -> String? {
        let hasPort = text.last != "]" && text.contains(":")
        guard let address = HostPort(hasPort ? String(text) : "\(text):443"), address.port > 0,
            !text.isEmpty, text.first != ":", text.utf8.allSatisfy({ $0 < 0x80 })
        else { return nil }
        return String(text)
    }

    private static func isPlain(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
                default: false
                }
            }
    }
}

extension ConfigurationSection {
    /// `nil` where the key is absent or `""`. What does not fit is not shown: there may be a secret in it.
    package func sentryDSN(_ key: String) -> SentryDSN? {
        let text = string(key, "", expected: SentryDSN.expected + ", or \"\"")
        guard !text.isEmpty else { return nil }
        let dsn = SentryDSN(text)
        if dsn == nil { report(key, "expected \(SentryDSN.expected), found something else") }
        return dsn
    }
}
