/// Keys that are set outside the file: `EXPORTER_PROXY_RECEIVER__FORMAT=json`, `--set receiver.format=json`.
package struct ConfigurationOverrides: Equatable, Sendable {
    /// One key and where it was set, for messages.
    package struct Override: Equatable, Sendable {
        package var keyPath: [String]
        package var text: String
        package var origin: String
    }

    package static let environmentPrefix = "EXPORTER_PROXY_"

    /// In the order in which they apply: the last of a key wins.
    package var all: [Override] = []
    /// For keys of which the file says nothing, or "".
    private(set) var defaults: [Override] = []
    /// The door of Hermes' packets is to open where its file says.
    private(set) var listensAsHermesFileSays = false

    package init() {}

    /// Two underscores stand for the dot; a variable without them is not meant as a key.
    package mutating func add(environment: [String: String]) {
        for (name, text) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix(Self.environmentPrefix) {
            let path = name.dropFirst(Self.environmentPrefix.count).lowercased().split(separator: "__").map(String.init)
            if path.count > 1, name.contains("__") { all.append(Override(keyPath: path, text: text, origin: name)) }
        }
        if let hermes = HermesEnvironment(environment) {
            defaults = hermes.defaults
            listensAsHermesFileSays = hermes.listensAsFileSays
        }
        if let tunnel = TunnelEnvironment(environment) { defaults += tunnel.defaults }
    }

    /// Answers false where `setting` is not `section.key=value`.
    package mutating func add(setting: String) -> Bool {
        let sides = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let path = sides[0].split(separator: ".").map(String.init)
        guard sides.count == 2, path.count > 1 else { return false }
        all.append(Override(keyPath: path, text: String(sides[1]), origin: "--set \(sides[0])"))
        return true
    }

    /// From then on ``origin(of:)`` knows of those defaults only that hold.
    package mutating func apply(to values: inout [String: ConfigurationValue]) {
        defaults = defaults.filter {
            !isSaid($0.keyPath, in: values) && !isSaid(Self.fileKey(of: $0.keyPath), in: values)
        }
        if all.contains(where: { $0.keyPath == ["events", "listen"] }) { listensAsHermesFileSays = false }
        for override in defaults {
            Self.set(override.keyPath[...], .text(override.text), in: &values)
        }
        for override in all {
            Self.set(override.keyPath[...], TOMLFile.value(fromText: override.text), in: &values)
        }
    }

    /// In the file, or in what goes over it.
    private func isSaid(_ path: [String], in values: [String: ConfigurationValue]) -> Bool {
        Self.isSaid(path[...], in: values) || all.contains { $0.keyPath == path }
    }

    /// Of a secret, the key that says in which file it is.
    private static func fileKey(of path: [String]) -> [String] { path.dropLast() + path.suffix(1).map { "\($0)_file" } }

    private static func isSaid(_ path: ArraySlice<String>, in values: [String: ConfigurationValue]) -> Bool {
        guard let key = path.first, let value = values[key] else { return false }
        guard path.count > 1 else { return value != .string("") }
        guard case .table(let inner) = value else { return true }
        return isSaid(path.dropFirst(), in: inner)
    }

    private static func set(
        _ path: ArraySlice<String>, _ value: ConfigurationValue, in values: inout [String: ConfigurationValue]
    ) {
        guard let key = path.first else { return }
        guard path.count > 1 else {
            values[key] = value
            return
        }
        var inner: [String: ConfigurationValue] = [:]
        if case .table(let present) = values[key] { inner = present }
        set(path.dropFirst(), value, in: &inner)
        values[key] = .table(inner)
    }

    /// Where `keyPath` was set, if not in the file.
    package func origin(of keyPath: String) -> String? {
        (defaults + all).last { override in
            let own = override.keyPath.joined(separator: ".")
            return keyPath == own || keyPath.hasPrefix(own + "[")
        }?.origin
    }
}
