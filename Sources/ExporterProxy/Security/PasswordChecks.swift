import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// One hash that is tried for a login, and who it is where it fits.
struct PasswordAttempt: Sendable {
    var password: [UInt8]
    var hash: BcryptHash
    /// `nil` for work that is done only so that a login takes as long as any other.
    var grant: Grant?
}

/// Has passwords checked on threads of their own, at most ``waitingMax`` at a time; who comes with what is being
/// checked already waits for that.
final class PasswordChecks: Sendable {
    static let waitingMax = 64

    enum Outcome: Equatable, Sendable {
        case known(Grant)
        case unknown
        /// Too many are being checked, or the proxy is stopping.
        case busy
    }

    private struct State {
        var verdicts = VerdictCache()
        var waiting: [KeyedHash.Digest: [EventLoopPromise<Outcome>]] = [:]
    }

    // One lock, never held while hashing; promises are completed outside of it.
    private let state = Mutex(State())
    private let threads: NIOThreadPool
    private let verify: PasswordVerifier
    private let time: TimeSource

    init(threads: NIOThreadPool, verify: @escaping PasswordVerifier, time: @escaping TimeSource) {
        self.threads = threads
        self.verify = verify
        self.time = time
    }

    /// What is known of `digest` without work.
    func verdict(_ digest: KeyedHash.Digest) -> Outcome? {
        let now = time()
        switch state.withLock({ $0.verdicts.verdict(digest, at: now) }) {
        case .known(let grant): return .known(grant)
        case .unknown: return .unknown
        case nil: return nil
        }
    }

    /// Makes all `attempts`, also behind one that fits. `digest` must be of them, and of nothing else.
    func check(
        _ digest: KeyedHash.Digest, _ attempts: @autoclosure () -> [PasswordAttempt], on loop: any EventLoop
    ) -> EventLoopFuture<Outcome> {
        enum Place { case first, behind, none }
        let promise = loop.makePromise(of: Outcome.self)
        let place = state.withLock { state -> Place in
            if state.waiting[digest] != nil {
                state.waiting[digest]?.append(promise)
                return .behind
            }
            guard state.waiting.count < Self.waitingMax else { return .none }
            state.waiting[digest] = [promise]
            return .first
        }
        switch place {
        case .behind: break
        case .none: promise.succeed(.busy)
        case .first: submit(digest, attempts())
        }
        return promise.futureResult
    }

    private func submit(_ digest: KeyedHash.Digest, _ attempts: [PasswordAttempt]) {
        threads.submit { [self] state in
            guard case .active = state else { return finish(digest, .busy) }
            // Of this thread alone: whoever waits for a login waits behind those who are served.
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
            var found: Grant?
            for attempt in attempts {
                let fits = verify(attempt.password, attempt.hash)
                if fits, found == nil { found = attempt.grant }
            }
            finish(digest, found.map(Outcome.known) ?? .unknown)
        }
    }

    private func finish(_ digest: KeyedHash.Digest, _ outcome: Outcome) {
        let now = time()
        let promises = state.withLock { state in
            switch outcome {
            case .known(let grant): state.verdicts.note(.known(grant), of: digest, at: now)
            case .unknown: state.verdicts.note(.unknown, of: digest, at: now)
            case .busy: break
            }
            return state.waiting.removeValue(forKey: digest) ?? []
        }
        for promise in promises { promise.succeed(outcome) }
    }
}
