import NIOCore
import NIOPosix
import Synchronization

/// Work for answers that look at much: on few threads, so that nothing else waits for it, and with a bound.
package final class HTTPQueue: Sendable {
    private let threads: NIOThreadPool
    private let limit: Int
    private let count = Atomic<Int>(0)
    let bytesMax: Int
    // Held for small sums.
    let shared = Mutex(HTTPSharedAnswers())

    /// - Parameters:
    ///   - limit: how many may wait; what comes then is refused. Those who wait for the same count once.
    ///   - bytesMax: of large answers that wait to be read; beyond, none are made.
    package init(_ threads: NIOThreadPool, limit: Int = 16, bytesMax: Int = 256 * 1024 * 1024) {
        self.threads = threads
        self.limit = limit
        self.bytesMax = bytesMax
    }

    static let full = HTTPResponse.refusal(
        .serviceUnavailable, "503 too many requests of this kind wait already", headers: [("Retry-After", "1")])

    /// `nil` where too many wait.
    func run<Answer: Sendable>(
        on loop: any EventLoop, _ work: @escaping @Sendable () throws -> Answer
    ) -> EventLoopFuture<Answer>? {
        guard count.add(1, ordering: .relaxed).newValue <= limit else {
            count.subtract(1, ordering: .relaxed)
            return nil
        }
        let answer = threads.runIfActive(eventLoop: loop, work)
        answer.whenComplete { [self] _ in count.subtract(1, ordering: .relaxed) }
        return answer
    }
}
