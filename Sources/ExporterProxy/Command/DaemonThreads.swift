import NIOPosix

/// The threads for work that takes too long for an event loop: each kind has its own, so that none waits for another.
struct DaemonThreads: Sendable {
    /// Pages are made here.
    let pages = NIOThreadPool(numberOfThreads: 1)
    /// Large pushes are read here.
    let pushes = NIOThreadPool(numberOfThreads: 1)
    /// Sources and groups are listed here, and groups looked through.
    let lookups = NIOThreadPool(numberOfThreads: 1)
    /// Trees of targets are looked at here, and their files read.
    let targets = NIOThreadPool(numberOfThreads: 1)
    /// Lists of targets are judged here.
    let judges = NIOThreadPool(numberOfThreads: 1)
    /// Passwords are checked here.
    let hashing = AccessControl.hashingThreads()

    private var all: [NIOThreadPool] { [pages, pushes, lookups, targets, judges, hashing] }

    func start() { for threads in all { threads.start() } }

    /// Of threads that do not end nothing is left to say: the process ends.
    func shutDown() async { for threads in all { try? await threads.shutdownGracefully() } }
}
