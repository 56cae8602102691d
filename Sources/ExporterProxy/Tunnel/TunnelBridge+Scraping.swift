import HyperDHT

/// What clients are asked.
extension TunnelBridge {
    /// ``BridgeEvent/finished(_:_:)`` says what becomes of it: by `deadline`, or ``BridgeSettings/requestTimeout``
    /// where that is sooner. It may be there at once.
    package mutating func scrape(
        _ alias: String, deadline: Int64, in networks: inout some PeerNetworks, at now: Int64
    ) -> BridgeScrapeNumber {
        let number = newScrapeNumber()
        guard let key = registry.entry(alias, at: now)?.target.key, let client = clients[key] else {
            tell(number, .unknownAlias)
            return number
        }
        let busy = busyScrapes(of: client)
        scrapes[number] = Scrape(alias: alias, key: key)
        dues.set(.scrape(number), at: min(deadline, now + settings.requestTimeout))
        if let busy {
            finish(number, .unavailable(.busy(scrapes: busy)), at: now)
        } else if client.openLine != nil {
            ask(number, key, in: &networks, at: now)
        } else {
            awaitConnection(number, client, in: &networks, at: now)
        }
        return number
    }

    private func busyScrapes(of client: BridgeClient) -> Int? {
        if client.scrapesCount >= settings.scrapesPerClientMax { return client.scrapesCount }
        return askedCount >= settings.scrapesMax ? askedCount : nil
    }

    /// A call that is waited for is made at once, but not twice in a row.
    private mutating func awaitConnection(
        _ number: BridgeScrapeNumber, _ client: BridgeClient, in networks: inout some PeerNetworks, at now: Int64
    ) {
        guard client.isConnecting || !(client.callsUs || client.isHastened) else {
            finish(number, .unavailable(.notConnected(client.whyNotConnected)), at: now)
            return
        }
        change(client.key, at: now) { $0.waiting.append(number) }
        guard !client.isConnecting else { return }
        change(client.key, at: now) { $0.isHastened = true }
        call(client.key, in: &networks, at: now)
    }

    mutating func askWaiting(_ key: PublicKey, in networks: inout some PeerNetworks, at now: Int64) {
        let waiting = clients[key]?.waiting ?? []
        change(key, at: now) { $0.waiting = [] }
        for number in waiting { ask(number, key, in: &networks, at: now) }
    }

    private mutating func ask(
        _ number: BridgeScrapeNumber, _ key: PublicKey, in networks: inout some PeerNetworks, at now: Int64
    ) {
        guard let line = clients[key]?.openLine, let index = clients[key]?.index(of: line.link) else { return }
        let asked = networks.withChannel(of: line.link) { channel in
            Result { () throws(RPCError) in
                try channel.request(line.channel, ScrapeProtocol.method, ScrapeProtocol.Request().bytes, at: now)
            }
        }
        switch asked {
        case .success(let id):
            scrapes[number]?.asked = .init(link: line.link, channel: line.channel, id: id, at: now)
            askedCount += 1
            change(key, at: now) { $0.lines[index].requests[id] = number }
        case .failure(let error): finish(number, .unavailable(.notConnected(error.description)), at: now)
        case nil: finish(number, .unavailable(.notConnected("the connection is over")), at: now)
        }
    }

    // MARK: Answers

    mutating func answered(
        _ link: TunnelLink, _ channel: Mux.Channel, _ id: UInt64, _ answer: Result<ArraySlice<UInt8>, RPCFailure>,
        at now: Int64
    ) {
        guard let number = takeRequest(link, channel, id, isAnswered: true, at: now) else { return }
        finish(number, BridgeScrapeOutcome(of: answer, textBytesMax: settings.scrapeBytesMax), at: now)
    }

    mutating func failScrape(
        _ link: TunnelLink, _ channel: Mux.Channel, _ id: UInt64, _ failure: BridgeScrapeFailure, at now: Int64
    ) {
        guard let number = takeRequest(link, channel, id, isAnswered: false, at: now) else { return }
        finish(number, .unavailable(failure), at: now)
    }

    private mutating func takeRequest(
        _ link: TunnelLink, _ channel: Mux.Channel, _ id: UInt64, isAnswered: Bool, at now: Int64
    ) -> BridgeScrapeNumber? {
        guard let key = sides[link]?.key, let index = clients[key]?.index(of: link),
            clients[key]?.lines[index].channel == channel
        else { return nil }
        if isAnswered {
            clients[key]?.lines[index].hasAnswered = true
            clients[key]?.lines[index].unansweredAt = nil
        }
        return clients[key]?.lines[index].requests.removeValue(forKey: id)
    }

    mutating func timedOut(_ number: BridgeScrapeNumber, in networks: inout some PeerNetworks, at now: Int64) {
        guard let scrape = scrapes[number] else { return }
        forget(number, scrape, in: &networks)
        finish(number, .unavailable(.timedOut(isAsked: scrape.asked != nil)), at: now)
        guard let asked = scrape.asked, let index = clients[scrape.key]?.index(of: asked.link) else { return }
        let before = clients[scrape.key]?.lines[index].unansweredAt
        clients[scrape.key]?.lines[index].unansweredAt = before ?? now
        // Asked again behind the one that was not answered: the connection leads nowhere.
        guard let before, asked.at >= before else { return }
        networks.end(asked.link, at: now)
        removeLine(of: scrape.key, over: asked.link, "it does not answer", at: now)
        restore(scrape.key, "it does not answer", at: now)
    }

    private mutating func forget(
        _ number: BridgeScrapeNumber, _ scrape: Scrape, in networks: inout some PeerNetworks
    ) {
        guard let asked = scrape.asked else {
            clients[scrape.key]?.waiting.removeAll { $0 == number }
            return
        }
        _ = networks.withChannel(of: asked.link) { $0.forget(asked.id, on: asked.channel) }
        guard let index = clients[scrape.key]?.index(of: asked.link) else { return }
        clients[scrape.key]?.lines[index].requests[asked.id] = nil
    }

    // MARK: Ends

    mutating func failWaiting(_ key: PublicKey, _ why: String, at now: Int64) {
        let waiting = clients[key]?.waiting ?? []
        clients[key]?.waiting = []
        for number in waiting { finish(number, .unavailable(.notConnected(why)), at: now) }
    }

    /// It is to be taken from where it waits before.
    mutating func finish(_ number: BridgeScrapeNumber, _ outcome: BridgeScrapeOutcome, at now: Int64) {
        guard let scrape = scrapes.removeValue(forKey: number) else { return }
        if scrape.asked != nil { askedCount -= 1 }
        dues.remove(.scrape(number))
        var error: String?
        switch outcome {
        case .text, .unknownAlias: break
        case .upstream(let message): error = message
        case .unavailable(let failure): error = failure.description
        }
        clients[scrape.key]?.lastScrapeAt = now
        clients[scrape.key]?.lastError = error
        if error != nil { note(.scrapeFailed(alias: scrape.alias, outcome)) }
        tell(number, outcome)
    }
}
