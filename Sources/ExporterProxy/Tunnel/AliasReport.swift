import HyperDHT

/// An alias as lists show it. Times are those of ``Moment/monotonic``.
package struct AliasReport: Equatable, Sendable {
    package enum State: String, Sendable {
        case connected
        /// It is being called, or has called and not yet opened its channel.
        case connecting
        /// For the next call, ours or its own.
        case waiting
        /// It was not called since the start.
        case never
    }

    package var target: AliasTarget
    package var registeredAt: Int64
    /// Of the last registration.
    package var seenAt: Int64
    package var state: State
    /// Since when it is in this state.
    package var since: Int64
    /// When the last scrape of this client ended; `nil` where there was none.
    package var lastScrapeAt: Int64?
    /// Why the last scrape or call failed; `nil` since one has gone well.
    package var lastError: String?
    /// Over what it is connected.
    package var transport: TunnelTransport?
    package var address: String?

    package var key: String { target.key.text(.z32) }
}
