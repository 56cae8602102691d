/// `[events]` in config.toml: the doors of packets, and the metrics that they may name.
///
/// - `listen` (UDP), `tcp_listen` (addresses, default `""`: closed), `unix_socket` (the path of a datagram socket,
///   default `""`) with `unix_socket_user`, `unix_socket_group`, `unix_socket_mode`.
/// - `definitions` (path, default `""`): a file as Hermes reads it, see ``HermesFile``.
/// - `[[events.counter]]`, `[[events.gauge]]`, `[[events.histogram]]`, `[[events.summary]]`: see ``EventDefinition``.
/// - `prefix_service_name` (default false): metrics are called by the file's `service_name` and their own name.
/// - `auto_declare` (default false), `declared_max`: whether packets may declare metrics, and how many.
/// - `series_max`, `total_series_max`: label combinations of a metric, and of all.
/// - `expire_after` (default `"off"`): series of which no packet has come for so long are removed.
/// - `packet_bytes_max`: of a datagram, or a line over TCP.
/// - `receive_buffer` (bytes): what the kernel is asked to keep of datagrams that have not been read.
/// - `connections_max`, `idle_timeout`: of TCP.
package struct EventsConfiguration: Equatable, Sendable {
    package var listen: HostPort?
    package var tcpListen: HostPort?
    package var unixSocket = ""
    package var unixSocketAccess = UnixSocketFile.Access(user: 0, group: 0, mode: 0o660)
    package var definitionsPath = ""
    package var packetBytesMax = 65_536
    package var receiveBuffer = 4 * 1024 * 1024
    package var connectionsMax = 1024
    package var idleTimeout = Duration.seconds(3600)
    /// What the room holds; the definitions of the file are among it once ``readDefinitions(_:)`` has read it.
    package var settings = EventSettings()
    /// What is said of the file of definitions, for the log.
    package private(set) var warnings: [String] = []

    package init() {}

    package init(reading section: ConfigurationSection) {
        listen = Self.address("listen", section, example: "0.0.0.0:7789")
        tcpListen = Self.address("tcp_listen", section, example: "127.0.0.1:7789")
        unixSocket = section.value(
            "unix_socket", unixSocket, shown: "\"\"",
            expected: "the path of a Unix socket of at most 107 bytes, or \"\""
        ) { value in value.asString.flatMap { $0.utf8.count > 107 || $0.utf8.contains(0) ? nil : $0 } }
        unixSocketAccess = UnixSocketFile.Access(reading: section)
        definitionsPath = section.string("definitions", definitionsPath, expected: "the path of a file, or \"\"")
        settings.definitions.prefixesServiceName = section.boolean("prefix_service_name", false)
        settings.autoDeclare = section.boolean("auto_declare", settings.autoDeclare)
        settings.declaredMax = section.integer("declared_max", settings.declaredMax, in: 0...1_000_000)
        settings.seriesMax = section.integer("series_max", settings.seriesMax, in: 1...10_000_000)
        settings.totalSeriesMax = section.integer("total_series_max", settings.totalSeriesMax, in: 1...1_000_000_000)
        settings.expireAfter = section.optionalDuration("expire_after", settings.expireAfter)
        packetBytesMax = section.integer("packet_bytes_max", packetBytesMax, in: 16...65_536)
        receiveBuffer = section.integer("receive_buffer", receiveBuffer, in: 4096...1_073_741_823)
        connectionsMax = section.integer("connections_max", connectionsMax, in: 1...65_535)
        idleTimeout = section.duration("idle_timeout", idleTimeout)
        for kind in EventDefinition.Kind.allCases { readEntries(of: kind, section) }
        section.finish()
    }

    private static func address(_ key: String, _ section: ConfigurationSection, example: String) -> HostPort? {
        section.value(key, nil, shown: "\"\"", expected: "an address such as \"\(example)\", or \"\"") { value in
            guard let text = value.asString else { return nil }
            return text.isEmpty ? .some(nil) : HostPort(text).map { .some($0) }
        }
    }

    private mutating func readEntries(of kind: EventDefinition.Kind, _ section: ConfigurationSection) {
        let entries = section.tables(kind.rawValue)
        for entry in entries {
            settings.definitions.add(.init(EventDefinition(kind, reading: entry), at: entry.path))
        }
        if entries.isEmpty {
            // So that the keys are known, and documented, without one.
            let example = ConfigurationSection(
                section.keyPath("\(kind.rawValue)[]"), ["name": .string("example")], section.problems)
            _ = EventDefinition(kind, reading: example)
        }
    }

    /// Whether packets can come in, or have a metric to go to: then the source is the room's own.
    package var isUsed: Bool {
        isOpen || settings.autoDeclare || !definitionsPath.isEmpty || !settings.definitions.entries.isEmpty
    }

    package var isOpen: Bool { listen != nil || tcpListen != nil || !unixSocket.isEmpty }
}

// MARK: - The file of definitions

extension EventsConfiguration {
    private static let fileBytesMax = 4 * 1024 * 1024

    /// Reads the file that `definitions` names, and judges all definitions together.
    ///
    /// Answers what is wrong with the file, a line each; of what stands in config.toml `problems` is told. A metric
    /// that is defined there too is as it is there.
    ///
    /// - Parameter listensAsFileSays: the UDP door opens, if at no other place, then where the file has it.
    package mutating func readDefinitions(listensAsFileSays: Bool, _ problems: ConfigurationProblems) -> [String] {
        var lines: [String] = []
        if !definitionsPath.isEmpty { read(definitionsPath, listensAsFileSays: listensAsFileSays, problems, &lines) }
        for problem in settings.definitions.problems {
            if problem.keyPath.hasPrefix("events.") {
                problems.report(problem.keyPath, problem.reason)
            } else {
                lines.append("\(definitionsPath): \(problem.keyPath): \(problem.reason)")
            }
        }
        return lines
    }

    private mutating func read(
        _ path: String, listensAsFileSays: Bool, _ problems: ConfigurationProblems, _ lines: inout [String]
    ) {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try SmallFile.read(path, bytesMax: Self.fileBytesMax)
        } catch {
            problems.report("events.definitions", error.description)
            return
        }
        let file = bytes.withUnsafeBytes { HermesFile($0) }
        let own = Set(settings.definitions.entries.map(\.definition.name))
        settings.definitions.serviceName = file.serviceName
        for entry in file.entries where !own.contains(entry.definition.name) { settings.definitions.add(entry) }
        lines += file.problems.map { Self.line($0, path) }
        warnings = file.warnings.map { Self.line($0, path) }
        if listensAsFileSays {
            listen = listen ?? file.listen
        } else if file.listenAddress != nil || file.listenPort != nil {
            warnings.append("\(path): listen_address and listen_port are without effect: see events.listen")
        }
    }

    private static func line(_ problem: ConfigurationProblem, _ path: String) -> String {
        problem.keyPath.isEmpty ? "\(path): \(problem.reason)" : "\(path): \(problem.keyPath): \(problem.reason)"
    }
}
