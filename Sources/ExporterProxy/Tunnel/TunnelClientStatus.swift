import HyperDHT

/// How a client of the tunnel does, for people. Times are those of the machine's clock.
package struct TunnelClientStatus: Equatable, Sendable {
    package enum Registration: Equatable, Sendable {
        /// Not tried yet.
        case none
        case registered(at: Int64)
        case failed(TunnelClient.RegistrationFailure, at: Int64)
    }

    package struct Connection: Equatable, Sendable {
        package var role: TunnelClient.Role
        package var address: String
        package var since: Int64
        package var scrapes: Int
    }

    package var way: TunnelClient.Way
    /// Of the metrics server: what the bridge knows us by.
    package var publicKey: PublicKey
    package var bridge: PublicKey
    package var alias: String
    package var service: String
    package var hostname: String
    /// Of the last one that has come to its end.
    package var registration: Registration
    package var isRegistering: Bool
    /// Nil while one goes on, and while there is no connection to register over.
    package var nextRegistrationAt: Int64?
    /// When the bridge is dialled again; nil while it is, or where it is never dialled.
    package var nextDialAt: Int64?
    /// Those that are open, the oldest first.
    package var connections: [Connection]
    package var lastScrapeAt: Int64?
    package var lastScrapeFailure: TunnelClient.ScrapeFailure?
}
