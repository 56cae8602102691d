import ArgumentParser
import Glibc
import HyperDHT
import Logging
import ServiceLifecycle
import UnixSignals

struct DHTNodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dht-node", abstract: "Run a node of the DHT, by which the ends of tunnels find each other.",
        discussion: """
            Without --bootstrap it is the first node of a network of its own; one is enough to announce and to find:
              dht-node --host 192.0.2.1 --port 49737
            """)

    @Option(help: "The IPv4 address to listen on, by which others reach this node.")
    var host = "127.0.0.1"

    @Option(help: "The UDP port.")
    var port: UInt16 = 49_737

    @Option(help: ArgumentHelp("A node of the network to become part of; may be repeated.", valueName: "host:port"))
    var bootstrap: [String] = []

    @Option(
        help: ArgumentHelp(
            "How others reach this node, where that is not --host and --port.", valueName: "address:port"))
    var publicAddress: String?

    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = LogConfiguration.Level.info

    mutating func validate() throws {
        for node in bootstrap where HostPort(node) == nil {
            throw ValidationError("'--bootstrap \(node)' is not of the form host:port")
        }
        if let publicAddress, IPv4Address(publicAddress) == nil {
            throw ValidationError("'--public-address \(publicAddress)' is not of the form 192.0.2.1:49737")
        }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        var log = LogConfiguration()
        log.level = logLevel
        let settings = LogSettings(log)
        let logger = Logger(label: Version.name) { _ in LogOutput(settings) }
        do {
            let stop = StopSignal(await UnixSignalsSequence(trapping: .sigterm, .sigint))
            let socket = try DatagramSocket.udp(
                HostPort(host: host, port: Int(port)), buffer: TunnelSocket.receiveBuffer)
            logger.info("node of the DHT", metadata: ["on": "\(socket.name)"])
            try await ServiceGroup(endingTogether: [try service(socket, logger), stop], logger: logger).run()
        } catch {
            Failure.say("\(error)")
            throw ExitCode.failure
        }
    }

    private func service(_ socket: DatagramSocket, _ logger: Logger) throws -> TunnelService<NodeRole> {
        var configuration = DHTConfiguration()
        configuration.isEphemeral = false
        configuration.publicAddress = (publicAddress ?? socket.name).asReachable
        return try TunnelService(
            .init(
                socket: socket, configuration: configuration, bootstrap: bootstrap.compactMap(HostPort.init),
                dial: nil, logger: logger, time: Moment.now)
        ) { _, _ in NodeRole(logger: logger) }
    }
}

extension LogConfiguration.Level: ExpressibleByArgument {}

extension String {
    /// An address that others can send to; 0.0.0.0 is none.
    fileprivate var asReachable: IPv4Address? {
        guard let address = IPv4Address(self), address.host != 0 else { return nil }
        return address
    }
}
