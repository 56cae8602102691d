import HyperDHT

/// Who is known by what name.
extension TunnelBridge {
    mutating func take(
        _ body: ArraySlice<UInt8>, as question: RegistrationQuestion, in networks: inout some PeerNetworks,
        at now: Int64
    ) {
        let peer = question.peer
        var alias: String?
        do throws(AliasRefusal) {
            let request = try read(body, from: peer, at: now)
            alias = request.alias
            let outcome = try register(request, from: peer, in: &networks, at: now)
            let isIdle = clients[peer.key]?.index(of: question.link) == nil
            if isIdle { dues.set(.caller(question.link), at: now + settings.callerIdleTimeout) }
            settle(request.publicKey, registeredBy: peer, on: question.link, in: &networks, at: now)
            try answer(question, request.alias, isNew: outcome.isNewToTheClient, in: &networks)
        } catch {
            if error.endsTheConnection { refusedLinks.append(question.link) }
            refuse(question, alias, error, in: &networks)
        }
    }

    private mutating func refuse(
        _ question: RegistrationQuestion, _ alias: String?, _ refusal: AliasRefusal,
        in networks: inout some PeerNetworks
    ) {
        counters.registrationsRefused[refusal.reason, default: 0] += 1
        note(.refused(alias: alias, refusal, by: question.peer))
        give(refusal.reply, to: question, in: &networks)
    }

    /// At once, or when the list of targets is written.
    private mutating func answer(
        _ question: RegistrationQuestion, _ alias: String, isNew: Bool, in networks: inout some PeerNetworks
    ) throws(AliasRefusal) {
        switch heldAnswers.outlook(alias) {
        case .written: give(.success(.registered(isNew: isNew)), to: question, in: &networks)
        case .isToBe: heldAnswers.hold(.init(question: question, alias: alias, isNew: isNew))
        case .doubtful: throw .notKept
        }
    }

    private func give(
        _ reply: Result<AliasProtocol.Reply, RPCFailure>, to question: RegistrationQuestion,
        in networks: inout some PeerNetworks
    ) {
        _ = networks.withChannel(of: question.link) {
            $0.answer(question.id, on: question.channel, with: reply.map(\.bytes))
        }
    }

    /// Of those who know the secret.
    private mutating func read(
        _ bytes: ArraySlice<UInt8>, from peer: HyperDHT.Peer, at now: Int64
    ) throws(AliasRefusal) -> AliasProtocol.Request {
        if let bound = limits.exceeded(byRequestOf: peer, at: now) { throw .tooOften(bound) }
        let request = try Self.decode(bytes)
        guard request.secret.withBytes({ secret.isEqual(to: $0) }) else {
            limits.noteWrongSecret(of: peer, at: now)
            throw .wrongSecret
        }
        if let bound = limits.exceeded(byRegistrationOf: peer, at: now) { throw .tooOften(bound) }
        return request
    }

    /// A later version may go on differently behind what it says first.
    private static func decode(_ bytes: ArraySlice<UInt8>) throws(AliasRefusal) -> AliasProtocol.Request {
        let version = try readable { () throws(WireError) in
            var reader = WireReader(bytes)
            return try ProtocolVersion(from: &reader)
        }
        guard version.major == 1, version.minor <= 1 else { throw .version(version) }
        return try readable { () throws(WireError) in try AliasProtocol.Request(bytes: bytes) }
    }

    private static func readable<Value>(_ read: () throws(WireError) -> Value) throws(AliasRefusal) -> Value {
        do throws(WireError) { return try read() } catch { throw .malformed(error) }
    }

    private mutating func register(
        _ request: AliasProtocol.Request, from peer: HyperDHT.Peer, in networks: inout some PeerNetworks, at now: Int64
    ) throws(AliasRefusal) -> AliasRegistration {
        guard request.publicKey != identity.publicKey else { throw .ownKey }
        expire(in: &networks, at: now)
        let target = AliasTarget(
            alias: request.alias, key: request.publicKey, hostname: request.hostname, service: request.service)
        let outcome = try registry.register(target, at: now)
        counters.registrations[outcome.name, default: 0] += 1
        note(.registered(target, outcome, by: peer))
        if outcome != .renewed {
            targetsHaveChanged = true
            if settings.keepsTargets { heldAnswers.changed(request.alias) }
        }
        if case .takenOver(let key) = outcome { release(target.alias, of: key, in: &networks, at: now) }
        add(target, at: now)
        return outcome
    }

    /// What has become of the list that ``takeTargets()`` gave last: who has waited for it is answered. A list that
    /// could not be written is there to be taken again.
    package mutating func targetsWritten(_ isWritten: Bool, in networks: inout some PeerNetworks) {
        if !isWritten { targetsHaveChanged = true }
        for answer in heldAnswers.end(isWritten: isWritten) {
            if isWritten {
                give(.success(.registered(isNew: answer.isNew)), to: answer.question, in: &networks)
            } else {
                refuse(answer.question, answer.alias, .notKept, in: &networks)
            }
        }
    }

    mutating func restore(_ target: AliasTarget, at now: Int64) {
        do throws(AliasRefusal) {
            guard target.key != identity.publicKey else { throw .ownKey }
            _ = try registry.register(target, at: now)
            let place = Int64(clients.count)
            add(target, at: now)
            guard settings.mayCall else {
                change(target.key, at: now) { $0.callsUs = true }
                return
            }
            wait(for: target.key, until: now + place * settings.restoredCallInterval, at: now)
        } catch {
            targetsHaveChanged = true
            note(.notRestored(target, error))
        }
    }

    private mutating func add(_ target: AliasTarget, at now: Int64) {
        let client = BridgeClient(key: target.key, pauses: RetryPauses(settings.callDelays), at: now)
        clients[target.key, default: client].aliases.insert(ExactText(target.alias))
    }

    mutating func expire(in networks: inout some PeerNetworks, at now: Int64) {
        for entry in registry.expire(at: now) {
            counters.aliasesExpired += 1
            targetsHaveChanged = true
            note(.expired(entry.target))
            release(entry.target.alias, of: entry.target.key, in: &networks, at: now)
        }
    }

    /// A client without a name is none.
    private mutating func release(
        _ alias: String, of key: PublicKey, in networks: inout some PeerNetworks, at now: Int64
    ) {
        clients[key]?.aliases.remove(ExactText(alias))
        guard let client = clients[key], client.aliases.isEmpty else { return }
        let asked = client.lines.flatMap { $0.requests.values }
        for number in client.waiting + asked { finish(number, .unavailable(.givenUp), at: now) }
        endCall(of: key, in: &networks, at: now)
        for line in client.lines { networks.end(line.link, at: now) }
        dues.remove(.client(key))
        clients[key] = nil
    }
}
