import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Keeps what TLS on the port is made of as new as its files are.
final class TLSKeeper: Sendable {
    private struct State {
        /// `nil` where the port speaks plain HTTP.
        var material: TLSMaterial?
        /// The files that could not be used, so that this is said once.
        var refused: [FileStamp?]?
        var lookedAt: Moment
        var isLooking = false
    }

    // One lock, held for a copy; files are read outside of it.
    private let state: Mutex<State>
    private let failures: Counter
    private let logger: Logger
    private let time: TimeSource

    private static let lookInterval = Duration.seconds(1)

    init(_ material: TLSMaterial?, registry: InstrumentRegistry, logger: Logger, time: @escaping TimeSource) {
        state = Mutex(State(material: material, lookedAt: time()))
        failures = registry.counter(
            "exporter_proxy_tls_reload_failures_total",
            help: "Changed certificate files that could not be used; the old ones hold.")
        self.logger = logger
        self.time = time
        registry.collect(
            "exporter_proxy_tls_certificate_expiry_timestamp_seconds",
            help: "When the certificate of the port ends, in seconds since 1970.", type: .gauge
        ) { [weak self] in self?.current.map { [([], Double($0.expiresAt))] } ?? [] }
    }

    var current: TLSMaterial? { state.withLock { $0.material } }

    /// From now on `material` holds, for connections that begin.
    func update(_ material: TLSMaterial?) {
        let now = time()
        state.withLock { state in
            state.material = material
            state.refused = nil
            state.lookedAt = now
        }
    }

    /// What holds for a connection that begins now: the first one in a second waits for a look at the files.
    func material(on loop: any EventLoop) -> EventLoopFuture<TLSMaterial?> {
        let now = time()
        let (material, isToLook) = state.withLock { state in
            let isDue =
                state.material != nil && !state.isLooking && now.elapsed(since: state.lookedAt) >= Self.lookInterval
            if isDue {
                state.isLooking = true
                state.lookedAt = now
            }
            return (state.material, isDue)
        }
        guard isToLook else { return loop.makeSucceededFuture(material) }
        return NIOThreadPool.singleton.runIfActive(eventLoop: loop) { self.look() }
    }

    /// Blocks.
    private func look() -> TLSMaterial? {
        defer { state.withLock { $0.isLooking = false } }
        let (held, refused) = state.withLock { ($0.material, $0.refused) }
        guard let held else { return nil }
        let stamps = held.configuration.files.map(FileStamp.init)
        guard stamps != held.stamps, stamps != refused else { return held }
        do throws(TLSFailure) {
            let new = try TLSMaterial(held.configuration)
            replace(held, with: new)
            logger.info("TLS certificate reloaded", metadata: ["file": "\(new.configuration.certFile)"])
        } catch {
            state.withLock { $0.refused = stamps }
            failures.increment()
            logger.error("TLS certificate not reloaded, the old one holds", metadata: ["error": "\(error)"])
        }
        return current
    }

    /// Unless a reload of the configuration was faster.
    private func replace(_ old: TLSMaterial, with new: TLSMaterial) {
        state.withLock { state in
            guard state.material?.context === old.context else { return }
            state.material = new
            state.refused = nil
        }
    }
}
