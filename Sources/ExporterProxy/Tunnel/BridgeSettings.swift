import HyperDHT

/// How a bridge behaves. Times are in nanoseconds.
package struct BridgeSettings: Equatable, Sendable {
    package var aliases = AliasRegistry.Rules()
    package var registrations = RegistrationLimits.Rules()
    /// The longest that a scrape takes.
    package var requestTimeout: Int64 = 5_000_000_000
    /// Of what a client answers.
    package var scrapeBytesMax = RPCChannel.bodyBytesMax - 1024
    /// Of one client at a time.
    package var scrapesPerClientMax = 4
    /// That clients have been asked for, of all clients at a time; those that wait for a connection do not count.
    package var scrapesMax = 256
    /// Clients that are being called at a time.
    package var callsMax = 128
    /// From the call of a client to its open channel.
    package var callTimeout: Int64 = 30_000_000_000
    /// How long to wait before a client is called again: see ``RetryPauses``.
    package var callDelays: [Int64] = [1, 5, 15, 60].map { $0 * 1_000_000_000 }
    /// A connection that has lasted so long begins with the first delay again.
    package var steadyAfter: Int64 = 60_000_000_000
    /// After the start the clients that were known before are called one after the other, with so much between.
    package var restoredCallInterval: Int64 = 10_000_000
    /// How long a peer that called may say nothing, unless it is a client that is scraped over its own connection.
    /// Those of the original keep a connection for up to two minutes.
    package var callerIdleTimeout: Int64 = 150_000_000_000
    /// The same as long as it has not registered with the right secret.
    package var strangerTimeout: Int64 = 30_000_000_000
    /// Whether ``TunnelBridge/takeTargets()`` leads to a file: registrations are answered when they are in it.
    package var keepsTargets = false
    /// Whether clients can be called; else only they call.
    package var mayCall = true

    package init() {}
}
