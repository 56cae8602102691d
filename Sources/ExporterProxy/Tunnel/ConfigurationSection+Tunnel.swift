import HyperDHT

/// Keys that client and bridge have in common.
extension ConfigurationSection {
    /// The secret of `key`, or that in the file that `key`_file names.
    ///
    /// What does not fit is not shown.
    func secret(_ key: String) -> TunnelSecret? {
        let text = value(key, String?.none, shown: "none", expected: TunnelSecret.expected) { value in
            .some(value.asString ?? "\(value.typeName.first ?? "?")")
        }
        let file = optionalString("\(key)_file", expected: "the path of a file")
        switch (text ?? "", file ?? "") {
        case ("", ""): return nil
        case ("", let file): return .file(file)
        case (let text, ""):
            let secret = TunnelSecret.secret(of: text)
            if secret == nil { report(key, "expected \(TunnelSecret.expected), found something else") }
            return secret.map(TunnelSecret.text)
        default:
            report("\(key)_file", "\(key) is set as well: only one can hold")
            return nil
        }
    }

    /// Says that one of both has to be there, where neither is.
    func requireSecret(_ key: String) {
        if !has(key), !has("\(key)_file") { report(key, "is missing: set it, or \(key)_file") }
    }

    /// Says so where `key` is not there.
    func require(_ key: String, expected: String) {
        if !has(key) { report(key, "is missing: expected \(expected)") }
    }

    static let publicKeyExpected = "a public key in hex, z32 or base64"

    func bootstrap() -> [HostPort] {
        let standard = TunnelConfiguration.publicNodes
        let shown = standard.map { "\"\($0)\"" }.joined(separator: ", ")
        return value(
            "bootstrap", standard, shown: "[\(shown)]",
            expected: "an array of addresses of DHT nodes, such as \"10.0.0.1:49737\""
        ) { value in
            guard let texts = value.asStrings, !texts.isEmpty else { return nil }
            let addresses = texts.compactMap { $0.hasPrefix(":") ? nil : HostPort($0) }.filter { $0.port > 0 }
            return addresses.count == texts.count ? addresses : nil
        }
    }

    /// Of the UDP socket.
    func udpHost() -> String {
        value(
            "host", "0.0.0.0", shown: "\"0.0.0.0\"", expected: "an IPv4 address of this machine, such as \"10.0.0.1\""
        ) { value in value.asString.flatMap { IPv4Address.host(of: $0) == nil ? nil : $0 } }
    }
}
