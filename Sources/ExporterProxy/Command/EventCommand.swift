import ArgumentParser

struct EventCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "event", abstract: "Send an event: count, set a gauge, or observe a value.",
        discussion: """
            event mails_total --counter -l domain=example.org
            event queue_length --gauge --value 5
            event queue_length --gauge --increment
            event job_seconds --histogram --value 2.5 -l job=night
            """)

    enum Kind: String, EnumerableFlag { case counter, gauge, histogram, summary }

    enum Operation: String, EnumerableFlag { case increment, decrement }

    @Argument(help: "The name of the metric.")
    var name: String

    @Flag(help: "What the metric is.")
    var kind: Kind

    @Flag(help: "What becomes of a gauge; otherwise it is set to --value.")
    var operation: Operation?

    @Option(name: .shortAndLong, help: "The number. A counter, --increment and --decrement go by 1 without it.")
    var value: Double?

    @Option(name: .shortAndLong, help: ArgumentHelp("A label; once for each.", valueName: "name=value"))
    var label: [String] = []

    @Option(help: ArgumentHelp("Send a datagram to this address.", valueName: "host:port"))
    var udp: String?

    @Option(help: ArgumentHelp("Send a datagram to this Unix socket.", valueName: "path"))
    var unix: String?

    @Option(help: ArgumentHelp("Send a line over TCP to this address.", valueName: "host:port"))
    var tcp: String?

    @Option(name: .shortAndLong, help: "The configuration file that says where the proxy listens.")
    var config: String?

    func validate() throws {
        if operation != nil, kind != .gauge { throw ValidationError("only a gauge has operations") }
        let needsValue = kind == .histogram || kind == .summary || kind == .gauge && operation == nil
        if needsValue, value == nil { throw ValidationError("--value is missing") }
        for text in label where !text.contains("=") {
            throw ValidationError("'--label \(text)' is not of the form name=value")
        }
    }

    func run() async throws {
        do {
            let (connection, place) = try connect()
            try ClientSocket.sendAll([UInt8]((packet + "\n").utf8), over: connection)
            try ClientSocket.requireNoError(connection)
            print("sent to \(place); nobody says whether it was counted")
        } catch let failure as ConfigurationFailure {
            Failure.say(failure.description)
            throw ExitCode(ConfigurationFailure.exitStatus)
        } catch {
            Failure.say("\(error)")
            throw ExitCode.failure
        }
    }

    /// As Hermes' own clients write it.
    private var packet: String {
        var payload: [String] = []
        if kind == .gauge { payload.append("\"operation\":\"\(operation?.rawValue ?? "set")\"") }
        let labels = label.map { text in
            let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return "\(EscapedText.json(sides[0])):\(EscapedText.json(sides[1]))"
        }
        payload.append("\"labels\":{\(labels.joined(separator: ","))}")
        if let value {
            let key = kind == .histogram || kind == .summary ? "observation" : "value"
            payload.append("\"\(key)\":\(Self.number(value))")
        }
        return "{\"metric_name\":\(EscapedText.json(name)),\"payload\":{\(payload.joined(separator: ","))}}"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return "\(value)"
    }

    private func connect() throws -> (OwnedDescriptor, place: String) {
        if let udp { return (try ClientSocket.connect(to: try Self.address(udp), sendsDatagrams: true), udp) }
        if let unix { return (try UnixSocketFile.connect(to: unix, sendsDatagrams: true), unix) }
        if let tcp { return (try ClientSocket.connect(to: try Self.address(tcp)), tcp) }
        let events = try configuration().events
        if events.listen == nil, !events.unixSocket.isEmpty {
            return (try UnixSocketFile.connect(to: events.unixSocket, sendsDatagrams: true), events.unixSocket)
        }
        if events.listen == nil, let address = events.tcpListen {
            return (try ClientSocket.connect(to: address), address.description)
        }
        let address = events.listen ?? HermesFile.standardListen
        return (try ClientSocket.connect(to: address, sendsDatagrams: true), address.description)
    }

    private func configuration() throws(ConfigurationFailure) -> RootConfiguration {
        var overrides = ConfigurationOverrides()
        overrides.add(environment: ProcessEnvironment.all())
        return try ConfigurationFile.load(path: config, overrides: overrides).configuration
    }

    private static func address(_ text: String) throws(PushError) -> HostPort {
        guard let address = HostPort(text) else { throw .address(text) }
        return address
    }
}
