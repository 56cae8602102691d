import NIOCore
import NIOPosix
import Synchronization

/// Work for answers that look at much: on a thread of its own, one at a time, so that nothing else waits for it.
package final class HTTPQueue: Sendable {
    private let threads: NIOThreadPool
    private let limit: Int
    private let count = Atomic<Int>(0)

    /// - Parameters:
    ///   - threads: for nothing else.
    ///   - limit: how many may wait; what comes then is refused.
    package init(_ threads: NIOThreadPool, limit: Int = 16) {
        self.threads = threads
        self.limit = limit
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

    func reply(on loop: any EventLoop, _ work: @escaping @Sendable () throws -> HTTPResponse) -> HTTPReply {
        run(on: loop, work).map(HTTPReply.later) ?? .now(Self.full)
    }
}
