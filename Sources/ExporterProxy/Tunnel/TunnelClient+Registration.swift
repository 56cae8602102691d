import HyperDHT

/// The alias: when it is registered, and what becomes of it.
extension TunnelClient {
    /// A request, of ours or of the bridge's.
    struct Question: Equatable, Sendable {
        let peer: PeerNumber
        let channel: Mux.Channel
        let id: UInt64
    }

    struct Attempt: Sendable {
        let peer: PeerNumber
        let since: Int64
        let until: Int64
        /// `nil` until the connection takes it.
        var question: Question?

        func isAsked(_ peer: PeerNumber, _ channel: Mux.Channel, _ id: UInt64) -> Bool {
            question == Question(peer: peer, channel: channel, id: id)
        }
    }

    struct Registration: Sendable {
        var attempt: Attempt?
        /// `max` while there is nothing to register over.
        var dueAt: Int64
        /// Since the scraper has gone.
        var earlyAt: Int64?
        var registeredAt: Int64?
        var hasBegun = false
        var last = TunnelClientStatus.Registration.none
        var pauses: RetryPauses

        init(_ settings: Settings, dueAt: Int64) {
            self.dueAt = dueAt
            pauses = RetryPauses(settings.registrationPauses)
        }

        /// When the next one begins.
        var nextAt: Int64? {
            let next = min(dueAt, earlyAt ?? .max)
            return attempt != nil || next == .max ? nil : next
        }

        var deadline: Int64 { attempt?.until ?? nextAt ?? .max }
    }

    // MARK: Asking

    mutating func registerIfDue(in network: inout some PeerNetwork, at now: Int64) {
        if let attempt = registration.attempt {
            guard attempt.until <= now else { return askIfPossible(in: &network, at: now) }
            fail(.timedOut, in: &network, at: now)
        } else if let due = registration.nextAt, due <= now {
            if registration.dueAt > now { counters.registrationsEarly += 1 }
            beginRegistration(in: &network, at: now)
        }
    }

    private mutating func beginRegistration(in network: inout some PeerNetwork, at now: Int64) {
        if dial != nil {
            guard let peer = dial?.peer else {
                registration.dueAt = .max
                return
            }
            register(over: peer, in: &network, at: now)
        } else {
            let peer = network.connect(to: settings.bridge, as: caller, serving: [:], at: now)
            links[peer] = Link(role: .registration)
            register(over: peer, in: &network, at: now)
        }
    }

    mutating func register(over peer: PeerNumber, in network: inout some PeerNetwork, at now: Int64) {
        counters.registrationsBegun += 1
        registration.hasBegun = true
        registration.earlyAt = nil
        registration.attempt = Attempt(peer: peer, since: now, until: now + settings.registrationTimeout)
        askIfPossible(in: &network, at: now)
    }

    /// As soon as there is a channel, without waiting for word of the bridge: it may have none before it is asked.
    mutating func askIfPossible(in network: inout some PeerNetwork, at now: Int64) {
        guard let attempt = registration.attempt, attempt.question == nil else { return }
        let known = dial?.channel
        let asked = network.withChannel(of: attempt.peer) { secure in
            Self.ask(request.bytes, over: &secure, on: known, at: now)
        }
        switch asked {
        case nil: break
        case .success(let (channel, id)):
            registration.attempt?.question = Question(peer: attempt.peer, channel: channel, id: id)
            dial?.channel = channel
        case .failure(let failure): fail(failure, in: &network, at: now)
        }
    }

    private static func ask(
        _ body: [UInt8], over secure: inout SecureChannel, on known: Mux.Channel?, at now: Int64
    ) -> Result<(Mux.Channel, UInt64), RegistrationFailure> {
        do {
            let channel = try known ?? secure.open(AliasProtocol.channel)
            return .success((channel, try secure.request(channel, AliasProtocol.method, body, at: now)))
        } catch {
            return .failure(.unsent("\(error)"))
        }
    }

    private var request: AliasProtocol.Request {
        AliasProtocol.Request(
            secret: settings.secret, alias: settings.alias, publicKey: identity.publicKey,
            hostname: settings.hostname, service: settings.service)
    }

    // MARK: The outcome

    mutating func answered(
        _ result: Result<ArraySlice<UInt8>, RPCFailure>, in network: inout some PeerNetwork, at now: Int64
    ) {
        switch result {
        case .failure(let failure): fail(.failed(failure), in: &network, at: now)
        case .success(let body):
            do throws(WireError) {
                switch try AliasProtocol.Reply(bytes: body) {
                case .registered(let isNew): succeed(isNew: isNew, in: &network, at: now)
                case .refused(let sentence): fail(.refused(sentence), in: &network, at: now)
                }
            } catch {
                fail(.malformed(error), in: &network, at: now)
            }
        }
    }

    private mutating func succeed(isNew: Bool, in network: inout some PeerNetwork, at now: Int64) {
        guard let attempt = finish(in: &network, at: now) else { return }
        counters.registrations += 1
        registration.registeredAt = now
        registration.last = .registered(at: now)
        registration.pauses.reset()
        // Up to a tenth sooner, so that those who began together do not stay together.
        let sooner = Int64.random(in: 0...settings.registerInterval / 10, using: &numbers)
        let wait = settings.registerInterval - sooner
        registration.dueAt = now + wait
        if dial == nil, !hasScraper {
            registration.earlyAt = now + RetryPauses.jittered(settings.unscrapedInterval, using: &numbers)
        }
        note(.registered(isNew: isNew, took: now - attempt.since, nextIn: wait))
    }

    mutating func fail(
        _ failure: RegistrationFailure, in network: inout some PeerNetwork, at now: Int64, isSaid: Bool = true
    ) {
        guard finish(in: &network, at: now, endsDialled: failure.isOfTheConnection) != nil else { return }
        counters.registrationsFailed += 1
        registration.last = .failed(failure, at: now)
        var wait: Int64?
        if dial == nil || isBridgeThere && !failure.isOfTheConnection {
            wait = registration.pauses.next(using: &numbers)
        }
        registration.dueAt = wait.map { now + $0 } ?? .max
        if isSaid { note(.registrationFailed(failure, nextIn: wait)) }
    }

    /// Whether the connection that is dialled is open.
    private var isBridgeThere: Bool { dial?.peer.flatMap { links[$0] }?.peer != nil }

    /// A connection that was made for it alone is over with it.
    private mutating func finish(
        in network: inout some PeerNetwork, at now: Int64, endsDialled: Bool = false
    ) -> Attempt? {
        guard let attempt = registration.attempt else { return nil }
        registration.attempt = nil
        if dial == nil || endsDialled { network.end(attempt.peer, at: now) }
        return attempt
    }

    mutating func registrationChannelClosed(
        _ channel: Mux.Channel, on number: PeerNumber, in network: inout some PeerNetwork, at now: Int64
    ) {
        if dial?.channel == channel { dial?.channel = nil }
        let question = registration.attempt?.question
        if question?.peer == number, question?.channel == channel { fail(.notServed, in: &network, at: now) }
    }

    // MARK: The scraper

    private var hasScraper: Bool { links.values.contains { $0.role == .scraper } }

    /// It may have forgotten us, or be about to come back: we look after it once, in a while.
    mutating func scraperHasGone(at now: Int64) {
        guard let registeredAt = registration.registeredAt, registration.attempt == nil,
            !hasScraper
        else { return }
        let wait = settings.goneAfter + Int64.random(in: 0...settings.goneAfter / 2, using: &numbers)
        registration.earlyAt = max(now + wait, registeredAt + settings.earlyRegistrationInterval)
    }
}
