import NIOCore
import Synchronization

/// The proxy's own metrics, as a page and, where configuration wants it, as one source among the others.
package final class OwnMetrics: Sendable {
    /// Nobody can push under this name.
    package static let source = "exporter-proxy"

    private let registry: InstrumentRegistry
    private let configuration: Mutex<TelemetryConfiguration>

    package init(_ configuration: TelemetryConfiguration, registry: InstrumentRegistry) {
        self.configuration = Mutex(configuration)
        self.registry = registry
    }

    package var isMerged: Bool { configuration.withLock { $0.isMerged } }

    package func update(_ configuration: TelemetryConfiguration, in store: SnapshotStore) {
        self.configuration.withLock { $0 = configuration }
        if !configuration.isMerged { store.remove(Self.source) { $0 == .own } }
    }

    /// Text format 0.0.4.
    package func exposition() -> String { registry.exposition() }

    /// As they are now, in the place of what they were at the last scrape.
    package func put(into store: SnapshotStore, at now: Moment) {
        let snapshot = Snapshot(
            source: Self.source, origin: .init(.own, "/-/metrics"), receivedAt: now,
            body: ByteBuffer(string: exposition()))
        // A full table costs the proxy's own metrics and nobody else's; they are still at their own page.
        _ = store.replace(with: snapshot)
    }
}
