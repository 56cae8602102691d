/// A parameter of a request, as a generator gets it.
package struct GeneratorParameter: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// What a request for `/targets/…` asks for.
package struct TargetsQuery: Sendable {
    /// What two requests have in common that get the same list.
    package struct Key: Hashable, Sendable {
        package var path: TreePath
        /// By name, each name once: they reach generators as arguments.
        package var parameters: [GeneratorParameter]
    }

    package var key: Key
    /// When the client will ask again, as it says.
    package var interval: Duration?
    /// Run every generator now.
    package var reloads: Bool
    /// Asked is how generators do, not what they have generated.
    package var isAboutRuns: Bool

    package init(_ key: Key, interval: Duration? = nil, reloads: Bool = false, isAboutRuns: Bool = false) {
        self.key = key
        self.interval = interval
        self.reloads = reloads
        self.isAboutRuns = isAboutRuns
    }
}

extension TargetsQuery {
    /// The name under which Prometheus tells its `refresh_interval`, in seconds.
    static let intervalHeader = "x-prometheus-refresh-interval-seconds"

    /// Of a parameter that comes several times the first value holds, as for the original's generators.
    init(_ request: HTTPRequest, path: TreePath) {
        var parameters: [GeneratorParameter] = []
        var known: Set<String> = ["debug", "reload"]
        for (name, value) in request.query where known.insert(name).inserted {
            parameters.append(GeneratorParameter(name: name, value: value))
        }
        parameters.sort { $0.name < $1.name }
        self.init(
            Key(path: path, parameters: parameters), interval: Self.interval(request),
            reloads: Self.reloads(request), isAboutRuns: request.queryValue("debug") == "true")
    }

    static func reloads(_ request: HTTPRequest) -> Bool { request.queryValue("reload") == "true" }

    /// `nil` without one that makes sense.
    private static func interval(_ request: HTTPRequest) -> Duration? {
        guard let text = request.headers.first(name: intervalHeader), let seconds = Double(text) else { return nil }
        guard seconds >= 0.1, seconds <= 7 * 86_400 else { return nil }
        return .milliseconds(Int(seconds * 1000))
    }
}
