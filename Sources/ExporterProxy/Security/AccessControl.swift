import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Says of each request whether it may be answered.
///
/// Passwords are checked on threads of their own. The files are looked at once a second while requests come: who comes
/// then waits for it, so that nobody is let in by a file that was another one a second ago.
package final class AccessControl: Sendable {
    package struct Parts: Sendable {
        /// For hashes: nothing else should wait behind them.
        package var hashing: NIOThreadPool
        /// For reading files.
        package var threads: NIOThreadPool
        package var registry: InstrumentRegistry
        package var logger: Logger
        package var time: TimeSource
        package var verify: PasswordVerifier

        package init(
            hashing: NIOThreadPool, threads: NIOThreadPool, registry: InstrumentRegistry, logger: Logger,
            time: @escaping TimeSource, verify: @escaping PasswordVerifier = Bcrypt.verify
        ) {
            self.hashing = hashing
            self.threads = threads
            self.registry = registry
            self.logger = logger
            self.time = time
            self.verify = verify
        }
    }

    struct State {
        var list = AccessList()
        var configuration = Configuration()
        var watch: Watch
        var limit = RateLimit()
        var refused = RefusedPeers()
    }

    // One lock, held for copies and small sums; nobody hashes, reads or logs under it.
    let state: Mutex<State>
    let parts: Parts
    let hash = KeyedHash()
    let instruments: AccessInstruments
    private let checks: PasswordChecks

    /// Reads the files, and so blocks; throws ``AccessProblems`` with every problem there is.
    package init(_ configuration: Configuration, parts: Parts) throws(AccessProblems) {
        self.parts = parts
        instruments = AccessInstruments(registry: parts.registry)
        checks = PasswordChecks(threads: parts.hashing, verify: parts.verify, time: parts.time)
        state = Mutex(State(watch: Watch(lookedAt: parts.time())))
        apply(try prepare(configuration))
    }

    /// Two threads: a flood of logins takes no more of the machine.
    package static func hashingThreads() -> NIOThreadPool { NIOThreadPool(numberOfThreads: 2) }

    /// Of all requests together, wherever they lead.
    package var limit: HTTPLimit { { self.refusalOfRateLimit() } }

    package var gate: HTTPGate { { self.answer($0, $1, $2) } }

    /// For each answer that has not one of its own.
    package var responseHeaders: [(name: String, value: String)] { state.withLock { $0.list.headers } }

    var list: AccessList { state.withLock { $0.list } }

    // MARK: Answers

    func answer(_ request: HTTPRequest, _ right: HTTPRight, _ loop: any EventLoop) -> HTTPGateAnswer {
        if right.role != .scrape, right.role != nil, CrossSite.isForeign(request) {
            instruments.count(.crossSite)
            return .refused(AccessRefusal.crossSite)
        }
        if let look = lookIfDue(on: loop) {
            return .later(look.flatMap { self.decide(request, right, loop).future(on: loop) })
        }
        return decide(request, right, loop)
    }

    private func refusalOfRateLimit() -> HTTPResponse? {
        let now = parts.time()
        let wait = state.withLock { state in
            state.list.rateLimit.flatMap { state.limit.take($0, at: now) }
        }
        guard let wait else { return nil }
        instruments.count(.rateLimited)
        return AccessRefusal.rateLimited(wait)
    }

    private func decide(_ request: HTTPRequest, _ right: HTTPRight, _ loop: any EventLoop) -> HTTPGateAnswer {
        let list = list
        guard list.protects(right) else {
            if !list.protected.isEmpty { instruments.count(.open) }
            return .admitted
        }
        switch Credential(of: request) {
        case nil: return refuse(.noCredentials, list, request)
        case .malformed: return refuse(.malformed, list, request)
        case .bearer(let token):
            return answer(list.grant(ofToken: hash.digest([token])), list, request, right)
        case .basic(let user, let password):
            let digest = digest(list, [[1], user, password])
            return check(digest, list.attempts(user: user, password: password), list, request, right, loop)
        case .word where list.nameless.isEmpty: return refuse(.wrong, list, request)
        case .word(let passwords):
            return check(
                digest(list, [[2]] + passwords), list.attempts(passwords: passwords), list, request, right, loop)
        }
    }

    /// Of another list nothing that was found holds any more.
    private func digest(_ list: AccessList, _ parts: [[UInt8]]) -> KeyedHash.Digest {
        hash.digest([Array("\(list.version)".utf8)] + parts)
    }

    private func check(
        _ digest: KeyedHash.Digest, _ attempts: @autoclosure () -> [PasswordAttempt], _ list: AccessList,
        _ request: HTTPRequest, _ right: HTTPRight, _ loop: any EventLoop
    ) -> HTTPGateAnswer {
        guard list.hasPasswords else { return refuse(.wrong, list, request) }
        if let known = checks.verdict(digest) { return answer(known, list, request, right) }
        let outcome = checks.check(digest, attempts(), on: loop)
        return .later(
            outcome.flatMap { outcome in
                // Meanwhile somebody may have been struck off the list.
                guard outcome == .busy || self.list.version == list.version else {
                    return self.decide(request, right, loop).future(on: loop)
                }
                return self.answer(outcome, list, request, right).future(on: loop)
            })
    }

    private func answer(
        _ outcome: PasswordChecks.Outcome, _ list: AccessList, _ request: HTTPRequest, _ right: HTTPRight
    ) -> HTTPGateAnswer {
        switch outcome {
        case .known(let grant): return answer(grant, list, request, right)
        case .unknown: return refuse(.wrong, list, request)
        case .busy:
            instruments.count(.busy)
            return .refused(AccessRefusal.busy)
        }
    }

    private func answer(
        _ grant: Grant?, _ list: AccessList, _ request: HTTPRequest, _ right: HTTPRight
    ) -> HTTPGateAnswer {
        guard let grant else { return refuse(.wrong, list, request) }
        guard let reason = grant.refusal(of: right) else {
            instruments.count(.admitted)
            return .admitted
        }
        instruments.count(.forbidden)
        say(.forbidden, reason, request)
        return .refused(AccessRefusal.forbidden(reason))
    }

    private func refuse(_ outcome: AccessOutcome, _ list: AccessList, _ request: HTTPRequest) -> HTTPGateAnswer {
        instruments.count(outcome)
        // A browser asks once without; only who has said something has been refused.
        if outcome != .noCredentials { say(outcome, nil, request) }
        return .refused(
            AccessRefusal.unauthorized(outcome, takesPasswords: list.hasPasswords, takesTokens: !list.tokens.isEmpty))
    }

    private func say(_ outcome: AccessOutcome, _ reason: String?, _ request: HTTPRequest) {
        let now = parts.time()
        let peer = request.peer
        let (say, unsaid) = state.withLock { $0.refused.note(peer, at: now.monotonic) }
        guard say else { return }
        var metadata: Logger.Metadata = ["peer": "\(peer)", "outcome": "\(outcome.rawValue)"]
        if let reason { metadata["reason"] = "\(reason)" }
        if unsaid > 0 { metadata["unsaid"] = "\(unsaid)" }
        parts.logger.warning("login refused", metadata: metadata)
    }
}

extension HTTPGateAnswer {
    fileprivate func future(on loop: any EventLoop) -> EventLoopFuture<HTTPResponse?> {
        switch self {
        case .admitted: loop.makeSucceededFuture(nil)
        case .refused(let response): loop.makeSucceededFuture(response)
        case .later(let future): future
        }
    }
}
