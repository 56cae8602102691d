/// `tls_server_config` of the file that Prometheus' exporters take.
package struct WebConfigTLS: Equatable, Sendable {
    package enum Material: Equatable, Sendable {
        case file(String)
        /// PEM, as it stands in the file.
        case text(String)
    }

    package enum ClientAuth: String, Sendable {
        case none = "NoClientCert"
        case request = "RequestClientCert"
        /// Any certificate, trusted or not.
        case requireAny = "RequireAnyClientCert"
        case verifyIfGiven = "VerifyClientCertIfGiven"
        case requireAndVerify = "RequireAndVerifyClientCert"
    }

    package enum Version: String, Comparable, Sendable {
        case tls12 = "TLS12"
        case tls13 = "TLS13"

        package static func < (a: Version, b: Version) -> Bool { a.rawValue < b.rawValue }
    }

    package var certificate: Material
    package var key: Material
    package var clientCA: Material?
    package var clientAuth = ClientAuth.none
    package var versionMin = Version.tls12
    package var versionMax = Version.tls13
    /// By their numbers with IANA, for TLS 1.2; empty for the usual ones.
    package var cipherSuites: [UInt16] = []
    /// By their numbers with IANA; empty for the usual ones.
    package var curves: [UInt16] = []

    /// `nil` where there is nothing that asks for TLS, or a problem.
    init?(reading table: WebConfigTable) {
        let certificate = Self.material("cert", table)
        let key = Self.material("key", table)
        let clientCA = Self.material("client_ca", table)
        let auth = table.string("client_auth_type").flatMap { $0.isEmpty ? nil : $0 }
        Self.readVersions(table, &versionMin, &versionMax)
        cipherSuites = Self.numbers("cipher_suites", Self.suiteNumbers, table)
        curves = Self.numbers("curve_preferences", Self.curveNumbers, table)
        // The order is the server's in any case.
        _ = table.boolean("prefer_server_cipher_suites")
        if let names = table.strings("client_allowed_sans"), !names.isEmpty {
            table.report("client_allowed_sans", "the names of client certificates are not looked at: remove it")
        }
        guard certificate != nil || key != nil || clientCA != nil || auth != nil else { return nil }
        if certificate == nil { table.report("cert_file", "is missing") }
        if key == nil { table.report("key_file", "is missing") }
        guard let clientAuth = Self.clientAuth(auth, table), let certificate, let key else { return nil }
        if clientCA != nil, clientAuth == .none {
            table.report("client_auth_type", "is missing: expected RequireAndVerifyClientCert, with a client CA")
        }
        if clientCA == nil, clientAuth == .verifyIfGiven || clientAuth == .requireAndVerify {
            table.report("client_ca_file", "is missing: client certificates are to be verified")
        }
        (self.certificate, self.key, self.clientCA, self.clientAuth) = (certificate, key, clientCA, clientAuth)
    }

    private static func clientAuth(_ text: String?, _ table: WebConfigTable) -> ClientAuth? {
        guard let text else { return ClientAuth.none }
        // The older name of the same.
        if text == "RequireClientCert" { return .requireAny }
        if let auth = ClientAuth(rawValue: text) { return auth }
        table.report("client_auth_type", "expected NoClientCert or RequireAndVerifyClientCert")
        return nil
    }

    /// What stands under `key`, or in the file that `key_file` names: one of both.
    private static func material(_ key: String, _ table: WebConfigTable) -> Material? {
        let text = table.string(key).flatMap { $0.isEmpty ? nil : $0 }
        let file = table.string(key + "_file").flatMap { $0.isEmpty ? nil : $0 }
        if text != nil, file != nil { table.report(key, "\(key)_file is set as well: only one can hold") }
        if let file { return .file(path(file, from: table.path)) }
        return text.map(Material.text)
    }

    private static func path(_ file: String, from origin: String) -> String {
        guard !file.hasPrefix("/"), let slash = origin.lastIndex(of: "/") else { return file }
        return origin[...slash] + file
    }

    private static func readVersions(_ table: WebConfigTable, _ least: inout Version, _ most: inout Version) {
        if let version = version("min_version", table) { least = version }
        if let version = version("max_version", table) { most = version }
        if least > most { table.report("max_version", "is below min_version") }
    }

    private static func version(_ key: String, _ table: WebConfigTable) -> Version? {
        guard let text = table.string(key), !text.isEmpty else { return nil }
        if let version = Version(rawValue: text) { return version }
        if key == "min_version", ["TLS10", "TLS11"].contains(text) {
            table.note(key, "TLS 1.2 is the least that is spoken")
        } else {
            table.report(key, "expected TLS12 or TLS13")
        }
        return nil
    }

    private static func numbers(_ key: String, _ known: [String: UInt16], _ table: WebConfigTable) -> [UInt16] {
        (table.strings(key) ?? []).compactMap { name in
            if let number = known[name] { return number }
            table.report(key, "'\(EscapedText.visible(name))' is not known")
            return nil
        }
    }

    private static let curveNumbers: [String: UInt16] = [
        "CurveP256": 0x0017, "CurveP384": 0x0018, "CurveP521": 0x0019, "X25519": 0x001D,
    ]

    private static let suiteNumbers: [String: UInt16] = [
        "TLS_AES_128_GCM_SHA256": 0x1301, "TLS_AES_256_GCM_SHA384": 0x1302, "TLS_CHACHA20_POLY1305_SHA256": 0x1303,
        "TLS_RSA_WITH_AES_128_CBC_SHA": 0x002F, "TLS_RSA_WITH_AES_256_CBC_SHA": 0x0035,
        "TLS_RSA_WITH_AES_128_GCM_SHA256": 0x009C, "TLS_RSA_WITH_AES_256_GCM_SHA384": 0x009D,
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": 0xC009, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": 0xC00A,
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": 0xC013, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": 0xC014,
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": 0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": 0xC02C,
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": 0xC02F, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": 0xC030,
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": 0xCCA8,
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": 0xCCA9,
    ]
}
