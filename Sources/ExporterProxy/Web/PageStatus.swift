import Synchronization

/// What the page says of the proxy itself, as it holds now.
package final class PageStatus: Sendable {
    package struct Values: Sendable {
        package var listening: HostPort
        /// Whether pushes can be wiped.
        package var hasAdminAPI: Bool

        package init(listening: HostPort, hasAdminAPI: Bool) {
            self.listening = listening
            self.hasAdminAPI = hasAdminAPI
        }
    }

    let startedAt: Moment
    /// The folder of the state; `nil` where nothing is kept.
    let storePath: String?
    // Held for a copy.
    private let values: Mutex<Values>

    package init(_ values: Values, startedAt: Moment, storePath: String?) {
        self.values = Mutex(values)
        self.startedAt = startedAt
        self.storePath = storePath
    }

    package var current: Values {
        get { values.withLock { $0 } }
        set { values.withLock { $0 = newValue } }
    }

    func html(_ groups: GroupsList) -> String {
        let facts = [
            ("Version", Version.number), ("Started", AgeText.html(startedAt, at: groups.now)),
            ("Listening", EscapedText.html("\(current.listening)")),
            ("State on disk", storePath.map(EscapedText.html) ?? "nothing is kept"),
            ("Pushed", "\(PageText.count(groups.total, "group", "groups")), \(groups.series) series"),
        ]
        return "<dl>" + facts.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }.joined() + "</dl>"
    }
}
