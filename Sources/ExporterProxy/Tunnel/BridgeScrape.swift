import HyperDHT

/// Names one scrape, as long as its bridge lives.
package struct BridgeScrapeNumber: Hashable, Sendable {
    let value: UInt64
}

/// What became of a scrape.
package enum BridgeScrapeOutcome: Equatable, Sendable {
    /// What the client said, as it said it.
    case text(ArraySlice<UInt8>)
    case unknownAlias
    case unavailable(BridgeScrapeFailure)
    /// The client says that it has no metrics, and why.
    case upstream(String)

    package var status: Int {
        switch self {
        case .text: 200
        case .unknownAlias: 404
        case .unavailable, .upstream: 502
        }
    }

    /// What is answered where there is no text.
    package var sentence: String {
        switch self {
        case .text: ""
        case .unknownAlias: "Unknown alias"
        case .unavailable: "Upstream unavailable"
        case .upstream(let message): "Upstream error: \(message)"
        }
    }

    static let names = [
        "busy", "cut_off", "given_up", "malformed", "not_connected", "ok", "refused", "timed_out",
        "unknown_alias", "upstream_error",
    ]

    /// As counters name it; one of ``names``.
    package var name: String {
        switch self {
        case .text: "ok"
        case .unknownAlias: "unknown_alias"
        case .unavailable(let failure): failure.name
        case .upstream: "upstream_error"
        }
    }
}

/// Why nothing came of a scrape; for the log, since the one who scrapes is told less.
package enum BridgeScrapeFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// There are so many at a time already, of this client or in all.
    case busy(scrapes: Int)
    case notConnected(String)
    /// The time is over. `isAsked` is false where there was no connection until then.
    case timedOut(isAsked: Bool)
    /// The connection ended before the answer.
    case cutOff(String)
    /// The client answers that it cannot answer.
    case refused(String)
    /// The answer is none that can be read.
    case malformed(WireError)
    /// The alias is nobody's any more, or the bridge stops.
    case givenUp

    package var name: String {
        switch self {
        case .busy: "busy"
        case .notConnected: "not_connected"
        case .timedOut: "timed_out"
        case .cutOff: "cut_off"
        case .refused: "refused"
        case .malformed: "malformed"
        case .givenUp: "given_up"
        }
    }

    package var description: String {
        switch self {
        case .busy(let scrapes): "there are \(scrapes) scrapes at a time already"
        case .notConnected(let why): "no connection: \(why)"
        case .timedOut(isAsked: true): "no answer in time"
        case .timedOut(isAsked: false): "no connection in time"
        case .cutOff(let why): "the connection ended before the answer: \(why)"
        case .refused(let why): "the client answers \(why)"
        case .malformed(let error): "the answer cannot be read: \(error)"
        case .givenUp: "the alias is not known any more"
        }
    }
}

extension BridgeScrapeOutcome {
    private static let sentenceBytesMax = 1024

    /// Of the answer to a request.
    init(of answer: Result<ArraySlice<UInt8>, RPCFailure>, textBytesMax: Int) {
        switch answer {
        case .failure(let failure): self = .unavailable(.refused(Self.shown(failure.description)))
        case .success(let bytes):
            do throws(WireError) {
                let reply = try ScrapeProtocol.Reply(bytes: bytes, textBytesMax: textBytesMax)
                switch reply.result {
                case .success(let text): self = .text(text)
                case .failure(let failure): self = .upstream(Self.shown(failure.message))
                }
            } catch {
                self = .unavailable(.malformed(error))
            }
        }
    }

    /// A sentence of a client, on one line and not too long.
    private static func shown(_ sentence: String) -> String {
        let isLong = sentence.utf8.count > sentenceBytesMax
        let short = isLong ? String(decoding: sentence.utf8.prefix(sentenceBytesMax), as: UTF8.self) + "…" : sentence
        return EscapedText.visible(short)
    }
}
