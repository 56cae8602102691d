/// What a client of the tunnel has seen.
package struct TunnelClientCounters: Equatable, Sendable {
    package var connectionsOpened = 0
    package var connectionsClosed = 0
    /// Of these, without an orderly end.
    package var connectionsBroken = 0
    package var dials = 0
    package var dialsFailed = 0
    package var registrationsBegun = 0
    /// Of these, because the scraper was gone.
    package var registrationsEarly = 0
    package var registrations = 0
    package var registrationsFailed = 0
    package var scrapes = 0
    package var scrapesAnswered = 0
    package var scrapesFailed = 0
    /// Of these, for want of metrics in time.
    package var scrapesTimedOut = 0
    package var scrapesRefused = 0
    /// Of the texts that were answered.
    package var bytesAnswered = 0
    /// Calls of others than the scraper.
    package var blocked = 0
}
