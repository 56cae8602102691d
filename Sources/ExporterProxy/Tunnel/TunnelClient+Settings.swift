import HyperDHT

extension TunnelClient {
    /// How the bridge and the client come together.
    package enum Way: Equatable, Sendable {
        /// The bridge calls our metrics server; we call the bridge only to register, with a key pair of its own.
        case listening
        /// We call the bridge, and it scrapes us over the same connection, which stays.
        case dialling
    }

    /// What a client is told. Times are in nanoseconds.
    package struct Settings: Sendable {
        package static let second: Int64 = 1_000_000_000

        /// Of the bridge: whom we register with, and the only one that is let in.
        package var bridge: PublicKey
        /// 32 bytes that the bridge knows too.
        package var secret: Secret
        package var alias: String
        package var service: String
        package var hostname: String
        package var way: Way
        package var registerInterval = 3600 * second

        /// Being answered at a time; more are told so.
        package var scrapesMax = 8
        /// Longer than any bridge waits.
        package var scrapeTimeout = 10 * second
        /// From the beginning of a connection to the bridge's answer.
        package var registrationTimeout = 30 * second
        /// After failed registrations.
        package var registrationPauses = [5, 15, 60, 120].map { $0 * second }
        /// After failed dials, and lost connections.
        package var dialPauses = [1, 5, 15, 60].map { $0 * second }
        /// A dialled connection that has lasted so long was none of a series of failures.
        package var dialIsStableAfter = 30 * second
        /// Without word of ``TunnelClient/announced(at:)`` for so long, we register all the same.
        package var announcementTimeout = 10 * second
        /// When the scraper has been gone for so long, its bridge may have forgotten us: we register anew, once.
        package var goneAfter = 60 * second
        /// Not sooner after the last registration.
        package var earlyRegistrationInterval = 300 * second
        /// Registered, but without a scraper's connection: we register anew so often until there is one.
        package var unscrapedInterval = 600 * second

        package init(bridge: PublicKey, secret: Secret, alias: String, service: String, hostname: String, way: Way) {
            (self.bridge, self.secret, self.way) = (bridge, secret, way)
            (self.alias, self.service, self.hostname) = (alias, service, hostname)
        }
    }
}
