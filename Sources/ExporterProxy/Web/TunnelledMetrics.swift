import NIOCore

/// What the bridge of a tunnel gets: the page, or what one source says.
package struct TunnelledMetrics: Sendable {
    private let store: SnapshotStore
    private let merged: MergedExposition
    private let firstRound: FirstRound
    private let telemetry: OwnMetrics
    private let time: TimeSource

    package init(
        store: SnapshotStore, merged: MergedExposition, firstRound: FirstRound, telemetry: OwnMetrics,
        time: @escaping TimeSource
    ) {
        (self.store, self.merged, self.firstRound) = (store, merged, firstRound)
        (self.telemetry, self.time) = (telemetry, time)
    }

    /// Blocks while it is made.
    ///
    /// - Parameter source: `nil` for the page.
    package func exposition(of source: String?) -> Result<ArraySlice<UInt8>, TunnelClient.ScrapeFailure> {
        let remaining = firstRound.remaining(at: time())
        if remaining > 0 { return .failure(.failed("starting: \(remaining) poll targets have not been asked yet")) }
        return source.map(alone) ?? page()
    }

    private func page() -> Result<ArraySlice<UInt8>, TunnelClient.ScrapeFailure> {
        if telemetry.isMerged { telemetry.put(into: store, at: time()) }
        do { return .success(Self.bytes(try merged.page(.identity).pieces)) } catch {
            return .failure(.failed("\(error)"))
        }
    }

    /// As a scrape of the source itself has it.
    private func alone(_ source: String) -> Result<ArraySlice<UInt8>, TunnelClient.ScrapeFailure> {
        guard let app = AppsList.App(source, store, merged.composition(), now: time()) else {
            return .failure(.failed("no metrics of an app named '\(EscapedText.visible(source))'"))
        }
        if let reason = app.reasonToBeDown { return .failure(.failed(reason)) }
        return .success(Self.bytes(app.report?.checked.map { [$0.body] } ?? []))
    }

    private static func bytes(_ pieces: [ByteBuffer]) -> ArraySlice<UInt8> {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(pieces.reduce(0) { $0 + $1.readableBytes })
        for piece in pieces { bytes += piece.readableBytesView }
        return bytes[...]
    }
}
