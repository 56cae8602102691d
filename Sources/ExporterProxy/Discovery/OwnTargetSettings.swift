/// What the lists of our own targets depend on, besides the table.
package struct OwnTargetSettings: Equatable, Sendable {
    /// Where Prometheus is to ask us, whatever it called us: `discovery.advertise`.
    package var advertise: HostPort?
    package var listening: HostPort
    /// The window speaks TLS.
    package var isSecure: Bool
    /// Of this machine.
    package var hostName: String
    package var polled: [PolledExporter]

    package init(
        advertise: HostPort? = nil, listening: HostPort, isSecure: Bool = false, hostName: String = HostName.current(),
        polled: [PolledExporter] = []
    ) {
        self.advertise = advertise
        self.listening = listening
        self.isSecure = isSecure
        self.hostName = hostName
        self.polled = polled
    }

    /// Our address for whoever sent a request with these `Host` headers: what is advertised, else what he called us by,
    /// else where we listen.
    func address(for hosts: [String]) -> HostPort {
        if let advertise { return named(advertise) }
        if hosts.count == 1, let called = Self.called(hosts[0], standardPort: isSecure ? 443 : 80) { return called }
        return named(listening)
    }

    /// Nobody can ask at the address that stands for all of a machine.
    private func named(_ address: HostPort) -> HostPort {
        ["0.0.0.0", "::"].contains(address.host) ? HostPort(host: hostName, port: address.port) : address
    }

    /// `nil` where it is no host that can be asked: it goes back into a list, so there is nothing in it but an address.
    private static func called(_ host: String, standardPort: Int) -> HostPort? {
        guard (1...255).contains(host.utf8.count), host.utf8.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "%") }),
            host.first != ":"
        else { return nil }
        let hasPort = host.last != "]" && host.contains(":")
        guard let address = HostPort(hasPort ? host : "\(host):\(standardPort)"), address.port > 0 else { return nil }
        return host.first == "[" && !address.host.contains(":") ? nil : address
    }
}
