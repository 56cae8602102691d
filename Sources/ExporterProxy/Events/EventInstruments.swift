import Synchronization

/// What the doors of packets count. Made when the first of them opens: without events there is nothing of it.
package struct EventInstruments: Sendable {
    package enum Door: String, CaseIterable, Sendable { case udp, unix, tcp }

    private let accepted: [Door: Counter]
    private let datagrams: [Door: Counter]
    private let refused: [EventRefusal.Reason: Counter]
    package let expired: Counter
    package let connections: Counter
    package let connectionsOpen: Gauge
    package let connectionsClosed: Counter
    package let bufferBytes: Gauge
    package let kernelDrops: KernelDrops

    package init(registry: InstrumentRegistry, room: EventRoom) {
        let prefix = "exporter_proxy_events_"
        accepted = Self.each(Door.allCases) {
            registry.counter(
                prefix + "packets_total", help: "Packets of events that were counted.", labels: [("door", $0.rawValue)])
        }
        datagrams = Self.each([.udp, .unix]) {
            registry.counter(
                prefix + "datagrams_total", help: "Datagrams that were read.", labels: [("door", $0.rawValue)])
        }
        refused = Self.each(EventRefusal.Reason.allCases) {
            registry.counter(
                prefix + "refused_total", help: "Packets of events that were not counted.",
                labels: [("reason", $0.rawValue)])
        }
        expired = registry.counter(
            prefix + "series_expired_total", help: "Series removed because no packet came for their expire_after.")
        connections = registry.counter(prefix + "connections_total", help: "TCP connections that were accepted.")
        connectionsOpen = registry.gauge(prefix + "connections", help: "Open TCP connections.")
        connectionsClosed = registry.counter(
            prefix + "connections_idle_closed_total",
            help: "TCP connections closed after events.idle_timeout, or for others at events.connections_max.")
        bufferBytes = registry.gauge(
            prefix + "receive_buffer_bytes", help: "What the kernel keeps of UDP datagrams that were not read.")
        let drops = KernelDrops()
        kernelDrops = drops
        registry.collect(
            prefix + "kernel_drops_total", help: "UDP datagrams that the kernel threw away before they were read.",
            type: .counter
        ) { [([], Double(drops.total))] }
        registry.gauge(prefix + "series", help: "Series of events.") { Double(room.seriesCount) }
        registry.gauge(
            prefix + "hidden", help: "Whether events are not served, because there are store.sources_max sources."
        ) { room.isHidden ? 1 : 0 }
    }

    private static func each<Key: Hashable>(_ keys: [Key], _ make: (Key) -> Counter) -> [Key: Counter] {
        Dictionary(uniqueKeysWithValues: keys.map { ($0, make($0)) })
    }

    /// From now on tells of these.
    func watch(_ doors: EventReceiver.Doors) {
        kernelDrops.watch(doors.udp)
        bufferBytes.set(doors.udp?.bufferGranted ?? 0)
    }

    func count(_ tally: EventTally, datagrams count: Int = 0, at door: Door) {
        if count > 0 { datagrams[door]?.increment(by: count) }
        if tally.accepted > 0 { accepted[door]?.increment(by: tally.accepted) }
        for (reason, packets) in tally.refused { refused[reason]?.increment(by: packets.count) }
    }
}

/// Datagrams that the kernel has thrown away, of all UDP sockets that there have been.
package final class KernelDrops: Sendable {
    private struct State {
        var before = 0
        var socket: DatagramSocket?
        /// Of the socket, which counts modulo 2^32.
        var last: UInt32 = 0

        mutating func look() {
            guard let now = socket?.kernelDrops else { return }
            before += Int(now &- last)
            last = now
        }
    }

    private let state = Mutex(State())

    /// Counts those of another socket from now on.
    func watch(_ socket: DatagramSocket?) {
        state.withLock { state in
            if state.socket === socket { return }
            state.look()
            (state.socket, state.last) = (socket, 0)
        }
    }

    package var total: Int {
        state.withLock { state in
            state.look()
            return state.before
        }
    }
}
