import Glibc
import NIOCore
import Synchronization

/// Those who want the configuration read again, until ``Reload`` gets to them.
///
/// All who wait when a reload begins are answered by that one.
final class ReloadRequests: Sendable {
    /// Who comes when so many wait is refused: it is a mistake, or nobody waits any more.
    static let waitingMax = 256

    private struct State {
        var isOpenOverHTTP: Bool
        var waiting: [EventLoopPromise<ReloadOutcome>] = []
        var hasEnded = false
    }

    /// One element where there is somebody to look after.
    let calls: AsyncStream<Void>
    private let call: AsyncStream<Void>.Continuation
    // One lock; promises are completed outside of it.
    private let state: Mutex<State>

    init(_ configuration: Routes.Configuration) {
        state = Mutex(State(isOpenOverHTTP: configuration.enablesLifecycle))
        (calls, call) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func update(_ configuration: Routes.Configuration) {
        state.withLock { $0.isOpenOverHTTP = configuration.enablesLifecycle }
    }

    /// From a signal.
    func add() { call.yield() }

    /// From the window.
    func add(on loop: any EventLoop) -> EventLoopFuture<ReloadOutcome> {
        let promise = loop.makePromise(of: ReloadOutcome.self)
        let refusal = state.withLock { state -> ReloadOutcome? in
            if !state.isOpenOverHTTP { return .switchedOff }
            if state.hasEnded { return .isStopping }
            if state.waiting.count >= Self.waitingMax { return .failed(["too many reloads are waiting"]) }
            state.waiting.append(promise)
            return nil
        }
        if let refusal { promise.succeed(refusal) } else { call.yield() }
        return promise.futureResult
    }

    /// Ends the process as a signal would; false where that is not to be had over HTTP.
    func quit() -> Bool {
        guard state.withLock({ $0.isOpenOverHTTP }) else { return false }
        return kill(getpid(), SIGTERM) == 0
    }

    /// All who wait; who comes later waits for the next call.
    func takeAll() -> [EventLoopPromise<ReloadOutcome>] {
        state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    /// From now on everybody is told that there is no more reload.
    func end() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.hasEnded = true
            return state.waiting
        }
        for promise in waiting { promise.succeed(.isStopping) }
    }
}

extension ReloadOutcome {
    // Made anew: the leak sanitizer does not find what a global of this type holds.
    static var isStopping: ReloadOutcome { .failed(["\(Version.name) is stopping"]) }
}
