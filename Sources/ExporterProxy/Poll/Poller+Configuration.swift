extension Poller {
    /// `[poll_external]` in config.toml.
    ///
    /// - `poll_other_scrape_endpoints` (default: whether there is a `[[poll_external.target]]`): polls at all.
    /// - `other_scrape_endpoints` (list of URLs): polled with the settings below.
    /// - `poll_interval`, `client_timeout` (durations): for each poll, unless a target says otherwise.
    /// - `allow_invalid_certs` (default false), `follow_redirects` (default false), `body_bytes_max`.
    /// - `[[poll_external.target]]`: see ``HTTPTarget/Configuration``.
    package struct Configuration: Equatable, Sendable {
        package var targets: [HTTPTarget.Configuration] = []
        /// How many `[[poll_external.target]]` are not polled because the switch says so.
        package var silencedTargets = 0
        package var followsRedirects = false
        package var bodyBytesMax = 64 * 1024 * 1024

        package init() {}

        package init(reading section: ConfigurationSection) {
            let isOn = section.boolean(
                "poll_other_scrape_endpoints", section.has("target"), shown: "whether there is a target")
            followsRedirects = section.boolean("follow_redirects", followsRedirects)
            bodyBytesMax = section.integer("body_bytes_max", bodyBytesMax, in: 1024...1_073_741_824)
            let standard = HTTPTarget.Configuration(standardsOf: section)
            let listed = Self.listed(section, standard)
            let tables = section.tables("target")
            if tables.isEmpty { Self.declareTargetKeys(section, standard) }
            let detailed = tables.compactMap { HTTPTarget.Configuration(reading: $0, standard: standard) }
            section.finish()
            let all = Self.named(listed + detailed)
            Self.reportDoubles(all, section)
            targets = isOn ? all : []
            silencedTargets = isOn ? 0 : detailed.count
        }

        private static func listed(
            _ section: ConfigurationSection, _ standard: HTTPTarget.Configuration
        ) -> [HTTPTarget.Configuration] {
            section.strings("other_scrape_endpoints").enumerated().compactMap { index, text in
                guard let url = PollURL(text) else {
                    section.report(
                        "other_scrape_endpoints[\(index)]", "expected \(PollURL.expected), found \"\(text)\"")
                    return nil
                }
                var target = standard
                target.url = url
                return target
            }
        }

        /// So that the keys of a target are known, and documented, without one.
        private static func declareTargetKeys(_ section: ConfigurationSection, _ standard: HTTPTarget.Configuration) {
            let example = ConfigurationSection(
                section.keyPath("target[]"), ["url": .string("http://localhost/")], section.problems)
            _ = HTTPTarget.Configuration(reading: example, standard: standard)
        }

        /// Without a name a target is called as the original calls it; the path joins where one host has several.
        private static func named(_ targets: [HTTPTarget.Configuration]) -> [HTTPTarget.Configuration] {
            let unnamed = targets.filter { $0.name.isEmpty }
            return targets.map { target in
                guard target.name.isEmpty else { return target }
                var target = target
                let isAlone = unnamed.filter { $0.url.hostPort == target.url.hostPort }.count == 1
                target.name = namePrefix + target.url.hostPort + (isAlone ? "" : target.url.pathAndQuery)
                return target
            }
        }

        private static func reportDoubles(_ targets: [HTTPTarget.Configuration], _ section: ConfigurationSection) {
            let counts = Dictionary(grouping: targets, by: \.name).filter { $0.value.count > 1 }
            for target in targets where target.name.utf8.count > SourceName.bytesMax {
                section.report(
                    "target", "the URL of \(target.url.hostPort) is too long for a name: give the target one")
            }
            for name in counts.keys.sorted() {
                section.report("target", "\(counts[name]?.count ?? 0) targets are named '\(EscapedText.visible(name))'")
            }
        }
    }

    /// Of the names of targets that are not named by configuration; nobody else may use it.
    package static let namePrefix = "external_poll: "
}
