/// What a bridge has seen.
package struct BridgeCounters: Equatable, Sendable {
    /// By ``AliasRegistration/name``.
    package var registrations: [String: Int] = [:]
    /// By ``AliasRefusal/reason``.
    package var registrationsRefused: [String: Int] = [:]
    package var aliasesExpired = 0
    /// By ``BridgeScrapeOutcome/name``.
    package var scrapes: [String: Int] = [:]
    package var scrapeBytes = 0
    /// Clients that were called.
    package var calls = 0
    package var callsFailed = 0
    /// Clients that can be scraped over it, by transport.
    package var connections: [TunnelTransport: Int] = [:]
    /// Those that were lost while they could be used.
    package var disconnections = 0
    /// Peers that have called.
    package var callers = 0
    package var callersNotLetIn = 0
    /// Channels and requests that nobody here serves.
    package var channelsRefused = 0
    package var requestsRefused = 0
    /// Lines for the log of which there were too many.
    package var notesDropped = 0
}
