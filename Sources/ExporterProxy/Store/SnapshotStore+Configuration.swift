extension SnapshotStore {
    /// `[store]` in config.toml.
    ///
    /// - `stale_after` (duration, default `"5m"`): how long the last good text of a failing poll target is served.
    /// - `expire_after` (duration or `"off"`, default `"off"`): an app that has not pushed for so long is removed.
    /// - `sources_max` (integer, default 16384): how many sources the table holds; a new one beyond is refused.
    /// - The rest: see ``Persistence/Configuration``.
    package struct Configuration: Equatable, Sendable {
        package var staleAfter = Duration.seconds(300)
        package var expireAfter: Duration?
        package var sourcesMax = 16_384
        package var persistence = Persistence.Configuration()

        package init() {}

        package init(reading section: ConfigurationSection) {
            staleAfter = section.duration("stale_after", staleAfter)
            expireAfter = section.optionalDuration("expire_after", expireAfter)
            sourcesMax = section.integer("sources_max", sourcesMax, in: 1...1_000_000)
            persistence = Persistence.Configuration(reading: section)
            section.finish()
        }
    }
}
