import HyperDHT

/// Whom an alias stands for.
package struct AliasTarget: Equatable, Sendable {
    package let alias: String
    package let key: PublicKey
    package let hostname: String
    package let service: String

    /// What stands between the parts of a line in targets.json is replaced in `hostname` and `service`.
    package init(alias: String, key: PublicKey, hostname: String, service: String) {
        (self.alias, self.key) = (alias, key)
        (self.hostname, self.service) = (Self.dashed(hostname), Self.dashed(service))
    }

    private static func dashed(_ text: String) -> String {
        String(decoding: text.utf8.map { $0 == UInt8(ascii: ":") ? UInt8(ascii: "-") : $0 }, as: UTF8.self)
    }

    /// Bytes are compared, as in labels.
    package static func == (left: AliasTarget, right: AliasTarget) -> Bool {
        left.key == right.key && ExactText(left.alias) == ExactText(right.alias)
            && ExactText(left.hostname) == ExactText(right.hostname)
            && ExactText(left.service) == ExactText(right.service)
    }
}
