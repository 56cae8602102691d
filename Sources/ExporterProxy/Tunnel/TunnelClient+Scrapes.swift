import HyperDHT

/// What the bridge asks for, and what it is told.
extension TunnelClient {
    struct Scrape: Sendable {
        let question: Question
        let since: Int64
        let until: Int64
    }

    mutating func asked(
        _ question: Question, _ body: ArraySlice<UInt8>, in network: inout some PeerNetwork, at now: Int64
    ) {
        do throws(ScrapeRefusal) {
            try Self.check(body)
            guard scrapes.count < settings.scrapesMax else { throw .tooMany(max: settings.scrapesMax) }
        } catch {
            refuse(question, error, over: &network)
            return
        }
        counters.scrapes += 1
        lastScrapeAt = now
        links[question.peer]?.scrapes += 1
        let number = ScrapeNumber(value: nextScrape)
        nextScrape += 1
        scrapes[number] = Scrape(question: question, since: now, until: now + settings.scrapeTimeout)
        note(.scrape(number))
    }

    private static func check(_ body: ArraySlice<UInt8>) throws(ScrapeRefusal) {
        let request: ScrapeProtocol.Request
        do throws(WireError) { request = try ScrapeProtocol.Request(bytes: body) } catch { throw .malformed(error) }
        guard request.isUnderstood else { throw .version(request.version) }
    }

    private mutating func refuse(
        _ question: Question, _ refusal: ScrapeRefusal, over network: inout some PeerNetwork
    ) {
        counters.scrapesRefused += 1
        note(.scrapeRefused(refusal, address: links[question.peer]?.peer?.address ?? ""))
        switch refusal {
        case .version, .malformed: send(.failure(.decodeError), to: question, over: &network)
        case .tooMany: send(sentence: "Too many scrapes at a time", to: question, over: &network)
        }
    }

    /// The text, or why there is none; that is for the log, the scraper is told a number to look for there.
    ///
    /// Nothing happens where nobody waits for it any more.
    package mutating func answer(
        _ number: ScrapeNumber, with result: Result<ArraySlice<UInt8>, ScrapeFailure>,
        over network: inout some PeerNetwork, at now: Int64
    ) {
        guard let scrape = scrapes.removeValue(forKey: number) else { return }
        switch result {
        case .success(let text) where text.count > Self.textBytesMax:
            fail(number, scrape, .tooLong(bytes: text.count, max: Self.textBytesMax), over: &network)
        case .success(let text): succeed(number, scrape, text, over: &network, at: now)
        case .failure(let failure): fail(number, scrape, failure, over: &network)
        }
    }

    private mutating func succeed(
        _ number: ScrapeNumber, _ scrape: Scrape, _ text: ArraySlice<UInt8>, over network: inout some PeerNetwork,
        at now: Int64
    ) {
        let reply = ScrapeProtocol.Reply(.success(text)).bytes
        guard send(.success(reply), to: scrape.question, over: &network) else {
            noteFailure(number, uid: nil, .unwanted)
            return
        }
        counters.scrapesAnswered += 1
        counters.bytesAnswered += text.count
        lastScrapeFailure = nil
        note(.scrapeAnswered(number, bytes: text.count, took: now - scrape.since))
    }

    private mutating func fail(
        _ number: ScrapeNumber, _ scrape: Scrape, _ failure: ScrapeFailure, over network: inout some PeerNetwork
    ) {
        let uid = uid()
        send(sentence: "Failed to obtain metrics (uid \(uid))", to: scrape.question, over: &network)
        noteFailure(number, uid: uid, failure)
    }

    private mutating func noteFailure(_ number: ScrapeNumber, uid: String?, _ failure: ScrapeFailure) {
        counters.scrapesFailed += 1
        if failure == .timedOut { counters.scrapesTimedOut += 1 }
        lastScrapeFailure = failure
        note(.scrapeFailed(number, uid: uid, failure))
    }

    private func send(sentence: String, to question: Question, over network: inout some PeerNetwork) {
        send(.success(ScrapeProtocol.Reply(.failure(.init(sentence))).bytes), to: question, over: &network)
    }

    /// False where nobody waits for it.
    @discardableResult
    private func send(
        _ result: Result<[UInt8], RPCFailure>, to question: Question, over network: inout some PeerNetwork
    ) -> Bool {
        network.withChannel(of: question.peer) { $0.answer(question.id, on: question.channel, with: result) } ?? false
    }

    mutating func failOverdueScrapes(over network: inout some PeerNetwork, at now: Int64) {
        let overdue = scrapes.filter { $0.value.until <= now }.sorted { $0.key.value < $1.key.value }
        for (number, scrape) in overdue {
            scrapes[number] = nil
            fail(number, scrape, .timedOut, over: &network)
        }
    }

    /// Of a channel or a connection that is gone.
    mutating func giveUpScrapes(where isGone: (Question) -> Bool) {
        let gone = scrapes.filter { isGone($0.value.question) }.keys.sorted { $0.value < $1.value }
        for number in gone {
            scrapes[number] = nil
            noteFailure(number, uid: nil, .unwanted)
        }
    }

    /// In the form of a random UUID.
    private mutating func uid() -> String {
        let (high, low) = (numbers.next() & ~0xF000 | 0x4000, numbers.next() >> 2 | 1 << 63)
        let digits = [high, low].map { number in
            let text = String(number, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        var groups: [Substring] = []
        var rest = digits[...]
        for count in [8, 4, 4, 4, 12] {
            groups.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return groups.joined(separator: "-")
    }
}
