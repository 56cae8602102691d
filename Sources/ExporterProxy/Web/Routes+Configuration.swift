extension Routes {
    /// `[web]` in config.toml.
    ///
    /// - `enable_lifecycle` (default false): whether `POST /-/reload` reads the configuration again, and
    ///   `PUT /-/quit` ends the proxy.
    /// - `enable_admin_api` (default false): whether pushes can be wiped, and deleted by selector.
    /// - `tls`: see ``HTTPServer/TLS/Configuration``.
    /// - The rest: see ``AccessControl/Configuration``.
    package struct Configuration: Equatable, Sendable {
        package var enablesLifecycle = false
        package var enablesAdminAPI = false
        /// `nil` where the port speaks plain HTTP.
        package var tls: HTTPServer.TLS.Configuration?
        package var access: AccessControl.Configuration

        package init(reading section: ConfigurationSection) {
            enablesLifecycle = section.boolean("enable_lifecycle", enablesLifecycle)
            enablesAdminAPI = section.boolean("enable_admin_api", enablesAdminAPI)
            tls = HTTPServer.TLS.Configuration(reading: section.table("tls"))
            access = AccessControl.Configuration(reading: section)
            section.finish()
        }
    }
}
