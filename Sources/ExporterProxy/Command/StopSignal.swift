import Logging
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

extension ServiceGroup {
    /// When one of `services` ends, all others are shut down, within the 5 seconds that are promised from a signal to
    /// the exit. Of the library's own words, which are of no use to an operator, errors alone are logged.
    init(endingTogether services: [any Service], logger: Logger) {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .error)
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(
                    service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup)
            }, logger: quiet)
        configuration.maximumGracefulShutdownDuration = .seconds(4)
        self.init(configuration: configuration)
    }
}
