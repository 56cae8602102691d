extension Routes {
    /// `[web]` in config.toml.
    ///
    /// - `enable_lifecycle` (default false): whether `POST /-/reload` reads the configuration again.
    package struct Configuration: Equatable, Sendable {
        package var enablesLifecycle = false

        package init(reading section: ConfigurationSection) {
            enablesLifecycle = section.boolean("enable_lifecycle", enablesLifecycle)
            section.finish()
        }
    }
}
