import NIOCore
import Synchronization

/// An answer that is owed to a connection, and comes whatever happens: at the latest when nobody can give it any more.
package final class OwedAnswer<Value: Sendable>: Sendable {
    private let promise: EventLoopPromise<Value>
    private let other: Value
    // Not left to the promise: what is said on its loop overtakes what was said elsewhere.
    private let isGiven = Atomic<Bool>(false)

    /// - Parameter other: the answer where nobody gives one.
    package init(_ other: Value, _ loop: any EventLoop) {
        self.other = other
        promise = loop.makePromise()
    }

    package var future: EventLoopFuture<Value> { promise.futureResult }

    /// The first time counts.
    package func give(_ answer: Value) {
        if !isGiven.exchange(true, ordering: .relaxed) { promise.succeed(answer) }
    }

    deinit {
        if !isGiven.load(ordering: .relaxed) { promise.succeed(other) }
    }
}
