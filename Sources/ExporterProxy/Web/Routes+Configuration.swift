extension Routes {
    /// `[web]` in config.toml.
    ///
    /// - `enable_lifecycle` (default false): whether `POST /-/reload` reads the configuration again.
    /// - The rest: see ``AccessControl/Configuration``.
    package struct Configuration: Equatable, Sendable {
        package var enablesLifecycle = false
        package var access: AccessControl.Configuration

        package init(reading section: ConfigurationSection) {
            enablesLifecycle = section.boolean("enable_lifecycle", enablesLifecycle)
            access = AccessControl.Configuration(reading: section)
            section.finish()
        }
    }
}
