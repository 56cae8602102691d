import ServiceLifecycle
import UnixSignals

/// Ends the daemon: this service returns when a signal comes, and when one service returns, all others shut down.
///
/// The signals are caught from the moment that `signals` is made; one that came before ``run()`` is not lost.
struct StopSignal: Service {
    private let signals: UnixSignalsSequence

    init(_ signals: UnixSignalsSequence) { self.signals = signals }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in signals { return }
        }
    }
}
