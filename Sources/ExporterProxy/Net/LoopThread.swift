import NIOPosix
import ServiceLifecycle

/// A thread of its own for a loop that sits in a ``ReadinessQueue``.
enum LoopThread {
    /// What has become of `loop`, when it has returned and its thread has ended. A graceful shutdown asks it to stop.
    static func run(
        stoppedBy wakeUp: WakeUp, _ loop: @escaping @Sendable () throws -> Void
    ) async -> Result<Void, any Error> {
        let threads = NIOThreadPool(numberOfThreads: 1)
        threads.start()
        let outcome = await withGracefulShutdownHandler {
            await result { try await threads.runIfActive(loop) }
        } onGracefulShutdown: {
            wakeUp.requestStop()
        }
        let end = await result { try await threads.shutdownGracefully() }
        return outcome.flatMap { end }
    }

    private static func result(_ body: () async throws -> Void) async -> Result<Void, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
