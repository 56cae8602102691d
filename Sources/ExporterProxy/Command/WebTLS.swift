/// What the port speaks, of the two places that can say so.
enum WebTLS {
    /// `[web.tls]`, or else `tls_server_config` of `web.config_file`; `nil` where both say nothing.
    ///
    /// Throws where a part of the file would be lost that somebody relies on.
    static func configuration(
        _ web: Routes.Configuration, _ file: WebConfigTLS?
    ) throws(ConfigurationFailure) -> HTTPServer.TLS.Configuration? {
        guard let file else { return web.tls }
        if web.tls != nil {
            throw ConfigurationFailure(lines: ["TLS is configured twice: in [web.tls] and in web.config_file"])
        }
        return try HTTPServer.TLS.Configuration(file)
    }
}

extension HTTPServer.TLS.Configuration {
    fileprivate init(_ file: WebConfigTLS) throws(ConfigurationFailure) {
        var problems: [String] = []
        let certFile = Self.path(file.certificate, "cert", &problems)
        let keyFile = Self.path(file.key, "key", &problems)
        let clientCAFile = file.clientCA.flatMap { Self.path($0, "client_ca", &problems) }
        var clientAuth: ClientAuth?
        switch file.clientAuth {
        case .none: clientAuth = ClientAuth.none
        case .request: clientAuth = .request
        case .verifyIfGiven: clientAuth = .verifyIfGiven
        case .requireAndVerify: clientAuth = .require
        case .requireAny:
            problems.append("client_auth_type RequireAnyClientCert is not possible: use RequireAndVerifyClientCert")
        }
        if file.versionMax != .tls13 { problems.append("max_version TLS12 is not possible: remove it") }
        if !file.cipherSuites.isEmpty { problems.append("cipher_suites cannot be chosen: remove the list") }
        if !file.curves.isEmpty { problems.append("curve_preferences cannot be chosen: remove the list") }
        guard problems.isEmpty, let certFile, let keyFile else {
            throw ConfigurationFailure(lines: problems.map { "web.config_file: tls_server_config: \($0)" })
        }
        self.init(
            certFile: certFile, keyFile: keyFile, clientCAFile: clientCAFile, clientAuth: clientAuth,
            minVersion: file.versionMin == .tls13 ? .tls13 : .tls12)
    }

    private static func path(_ material: WebConfigTLS.Material, _ key: String, _ problems: inout [String]) -> String? {
        if case .file(let path) = material { return path }
        problems.append("\(key) must be in a file of its own: use \(key)_file")
        return nil
    }
}
