extension HTTPServer {
    /// What TLS on the port is made of; see ``TLS/Configuration``.
    package enum TLS {}
}

extension HTTPServer.TLS {
    /// `[web.tls]` in config.toml. Without `cert_file` and `key_file` the port speaks plain HTTP.
    ///
    /// - `cert_file`: the certificate, and those that lead to a known one, in this order (PEM).
    /// - `key_file`: its private key, without a passphrase (PEM).
    /// - `client_ca_file`: who may have issued certificates of clients (PEM).
    /// - `client_auth`: whether clients have to show one; `"require"` where there is a `client_ca_file`.
    /// - `min_version` (`"1.2"` or `"1.3"`): older ones are refused.
    package struct Configuration: Equatable, Sendable {
        package enum ClientAuth: String, CaseIterable, Sendable {
            case none
            /// Asked for, and taken whatever it is.
            case request
            case require
            case verifyIfGiven = "verify_if_given"

            var needsIssuers: Bool { self == .require || self == .verifyIfGiven }
        }

        package enum MinVersion: String, CaseIterable, Sendable {
            case tls12 = "1.2"
            case tls13 = "1.3"
        }

        package var certFile: String
        package var keyFile: String
        package var clientCAFile: String?
        package var clientAuth: ClientAuth
        package var minVersion: MinVersion

        package init(
            certFile: String, keyFile: String, clientCAFile: String? = nil, clientAuth: ClientAuth? = nil,
            minVersion: MinVersion = .tls12
        ) {
            self.certFile = certFile
            self.keyFile = keyFile
            self.clientCAFile = clientCAFile
            self.clientAuth = clientAuth ?? (clientCAFile == nil ? .none : .require)
            self.minVersion = minVersion
        }

        /// `nil` where TLS is off, or, with a problem, where something is missing.
        package init?(reading section: ConfigurationSection) {
            let expected = "the path of a PEM file"
            let certFile = section.optionalString("cert_file", expected: expected)
            let keyFile = section.optionalString("key_file", expected: expected)
            let clientCAFile = section.optionalString("client_ca_file", expected: expected)
            let clientAuth = section.choice("client_auth", clientCAFile == nil ? ClientAuth.none : .require)
            let minVersion = section.choice("min_version", MinVersion.tls12)
            section.finish()
            guard let certFile, let keyFile else {
                Self.reportHalf(section)
                return nil
            }
            self.init(
                certFile: certFile, keyFile: keyFile, clientCAFile: clientCAFile, clientAuth: clientAuth,
                minVersion: minVersion)
            if clientAuth.needsIssuers, clientCAFile == nil {
                section.report("client_auth", "\"\(clientAuth.rawValue)\" needs client_ca_file")
            }
            if clientAuth == .none, clientCAFile != nil {
                section.report("client_ca_file", "nobody is asked for a certificate with client_auth = \"none\"")
            }
        }

        /// What was meant to be secure must not be plain.
        private static func reportHalf(_ section: ConfigurationSection) {
            let keys = ["cert_file", "key_file", "client_ca_file", "client_auth", "min_version"]
            guard keys.contains(where: section.has) else { return }
            for key in ["cert_file", "key_file"] where !section.has(key) {
                section.report(key, "expected the path of a PEM file, found nothing")
            }
        }

        /// Whether the files can be used. Blocks.
        package func check() throws(TLSFailure) { _ = try TLSMaterial(self) }

        /// All files that are read.
        var files: [String] { [certFile, keyFile] + (clientCAFile.map { [$0] } ?? []) }
    }
}
