import HyperDHT

extension TunnelClient {
    /// Names one scrape of the client's life.
    package struct ScrapeNumber: Hashable, Sendable {
        package let value: Int
    }

    /// What a connection is for.
    package enum Role: String, Equatable, Sendable {
        case scraper
        case registration
        /// Dialled: for registration and scrapes.
        case bridge
    }

    /// What the shell is to answer, to log and to count. Durations are in nanoseconds.
    package enum Event: Equatable, Sendable {
        /// To be answered with ``TunnelClient/answer(_:with:over:at:)``.
        case scrape(ScrapeNumber)
        case connected(Role, Peer)
        /// `end` is no failure where ``PeerEnd/isOrderly``.
        case disconnected(Role, Peer, PeerEnd, lasted: Int64)
        /// The bridge was dialled in vain.
        case dialFailed(PeerEnd, nextIn: Int64)
        case registered(isNew: Bool, took: Int64, nextIn: Int64)
        /// Without `nextIn` when there is a connection again.
        case registrationFailed(RegistrationFailure, nextIn: Int64?)
        case scrapeAnswered(ScrapeNumber, bytes: Int, took: Int64)
        /// The scraper has been told `uid`, and nothing of the reason; nil where it takes no answer.
        case scrapeFailed(ScrapeNumber, uid: String?, ScrapeFailure)
        /// Not handed out.
        case scrapeRefused(ScrapeRefusal, address: String)
        /// Somebody else than the scraper has called.
        case blocked(PublicKey, address: String)
    }

    /// Why a request for metrics is not handed out.
    package enum ScrapeRefusal: Error, Equatable, Sendable, CustomStringConvertible {
        case tooMany(max: Int)
        case version(ProtocolVersion)
        case malformed(WireError)

        package var description: String {
            switch self {
            case .tooMany(let max): "more than \(max) scrapes at a time"
            case .version(let version): "version \(version.major).\(version.minor) is not known here"
            case .malformed(let error): "the request makes no sense: \(error)"
            }
        }
    }

    /// Why a scrape was not answered with metrics.
    package enum ScrapeFailure: Error, Equatable, Sendable, CustomStringConvertible {
        /// In the words of who has the metrics.
        case failed(String)
        case timedOut
        case tooLong(bytes: Int, max: Int)
        /// The scraper has closed, or takes nothing of what waits for it.
        case unwanted

        package var description: String {
            switch self {
            case .failed(let reason): reason
            case .timedOut: "the metrics were not there in time"
            case .tooLong(let bytes, let max): "the metrics have \(bytes) bytes, of which \(max) are allowed"
            case .unwanted: "the scraper does not take the answer"
            }
        }
    }

    /// Why the alias was not registered.
    package enum RegistrationFailure: Error, Equatable, Sendable, CustomStringConvertible {
        case noConnection(PeerEnd)
        case timedOut
        /// The bridge takes no registrations: it may be something else.
        case notServed
        /// In the bridge's words.
        case refused(String)
        case failed(RPCFailure)
        case malformed(WireError)
        /// Nothing could be asked.
        case unsent(String)

        /// Another connection may have more luck.
        var isOfTheConnection: Bool { self == .timedOut || self == .notServed }

        package var description: String {
            switch self {
            case .noConnection(let end): "no connection: \(end)"
            case .timedOut: "the bridge has not answered in time"
            case .notServed: "the bridge takes no registrations"
            case .refused(let sentence): "refused: \(EscapedText.short(sentence.utf8))"
            case .failed(let failure): "failed: \(EscapedText.short(failure.description.utf8))"
            case .malformed(let error): "the answer makes no sense: \(error)"
            case .unsent(let reason): "could not be asked: \(reason)"
            }
        }
    }
}

extension PeerEnd {
    /// Both sides have said all they had to say.
    package var isOrderly: Bool { self == .over(.ended) }
}
