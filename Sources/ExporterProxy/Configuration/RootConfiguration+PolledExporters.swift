extension RootConfiguration {
    /// The poll targets, as discovery lists them: without what is secret.
    package var polledExporters: [PolledExporter] {
        poll.targets.compactMap { target in
            HostPort(target.url.hostPort).map { hostPort in
                PolledExporter(
                    name: target.name, address: target.address, hostPort: hostPort, isSecure: target.url.isSecure,
                    pathAndQuery: target.url.pathAndQuery, labels: target.labels)
            }
        }
    }
}
