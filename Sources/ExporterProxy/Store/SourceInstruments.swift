import Exposition

/// What `/-/metrics` says of each source.
///
/// The first ``sourcesMax`` in order of name have samples of their own; what can be added of the others is the
/// source `other`, so that nobody who pushes under ever new names makes this page as large as he likes.
package enum SourceInstruments {
    static let sourcesMax = 1000

    package static func add(
        to registry: InstrumentRegistry, store: SnapshotStore, merged: MergedExposition, time: @escaping TimeSource
    ) {
        let prefix = "exporter_proxy_app_"
        let page = SourcePage(store: store, merged: merged, time: time)
        registry.collect(
            prefix + "valid", help: "Whether what a source said last could be served whole.", type: .gauge
        ) { page.each { $0.report.map { $0.verdict.isValid ? 1 : 0 } } }
        registry.collect(
            prefix + "stale", help: "Whether a source has failed or been silent for longer than stale_after.",
            type: .gauge
        ) { page.each { $0.isStale ? 1 : 0 } }
        registry.collect(
            prefix + "last_success_timestamp_seconds",
            help: "When a source was last heard, in seconds since 1970.", type: .gauge
        ) { page.each { $0.entry.snapshot?.receivedAt.wall.secondsSinceEpoch } }
        registry.collect(prefix + "series", help: "Series of a source that are served.", type: .gauge) {
            page.sums { report in [("", Double(report.series - report.seriesHeld))] }
        }
        registry.collect(prefix + "bytes", help: "Size of what is served of a source.", type: .gauge) {
            page.sums { [("", Double($0.servedBytes))] }
        }
        registry.collect(
            prefix + "lines_dropped_total", help: "Lines of a source that could not be served.", type: .counter
        ) { page.sums("reason") { Self.list($0.totals.linesDropped) } }
        registry.collect(
            prefix + "repairs_total", help: "Places of a source that were put right.", type: .counter
        ) { page.sums("reason") { Self.list($0.totals.repairs) } }
        registry.collect(
            prefix + "conflicts_total", help: "Families and series of a source that another source had first.",
            type: .counter
        ) { page.sums("kind") { Self.list($0.totals.conflicts) } }
        registry.collect(
            prefix + "limit_hits_total", help: "Bodies of a source that broke a limit.", type: .counter
        ) { page.sums("limit") { Self.list($0.totals.limitHits) } }
        registry.collect(
            prefix + "timestamps_stripped_total", help: "Timestamps of a source that were left out.", type: .counter
        ) { page.sums { [("", Double($0.totals.timestampsStripped))] } }
        registry.collect(
            prefix + "samples_too_old_total", help: "Samples of a source left out because of their timestamps.",
            type: .counter
        ) { page.sums { [("", Double($0.totals.samplesTooOld))] } }
    }

    private static func list(_ counts: [String: Int]) -> [(String, Double)] {
        counts.sorted { $0.key < $1.key }.map { ($0.key, Double($0.value)) }
    }
}

/// The sources as they are when the page is read.
private struct SourcePage: Sendable {
    let store: SnapshotStore
    let merged: MergedExposition
    let time: TimeSource

    struct Source {
        var entry: SnapshotStore.Entry
        var report: SourceReport?
        var isStale: Bool
    }

    typealias Samples = [(labels: InstrumentRegistry.Labels, value: Double)]

    private var sources: [Source] {
        let composition = merged.composition()
        let now = time()
        return store.view().entries.compactMap { $0 }.sorted { $0.source < $1.source }.map { entry in
            let report = composition.report(of: entry.source)
            let isStale = entry.isStale(at: now, after: report?.staleAfter ?? .seconds(300))
            return Source(entry: entry, report: report, isStale: isStale)
        }
    }

    /// One sample for each source that has a value; none for those beyond the bound.
    func each(_ value: (Source) -> Double?) -> Samples {
        sources.prefix(SourceInstruments.sourcesMax).compactMap { source in
            value(source).map { ([("app", source.entry.source)], $0) }
        }
    }

    /// The values of each source by a second label, and their sums over those beyond the bound.
    func sums(_ label: String? = nil, _ values: (SourceReport) -> [(String, Double)]) -> Samples {
        var samples: Samples = []
        var others: [String: Double] = [:]
        for (place, report) in sources.compactMap(\.report).enumerated() {
            for (key, value) in values(report) {
                // An app of that name is one of the others.
                if place < SourceInstruments.sourcesMax, report.source != "other" {
                    samples.append((labels(report.source, label, key), value))
                } else {
                    others[key, default: 0] += value
                }
            }
        }
        return samples + others.sorted { $0.key < $1.key }.map { (labels("other", label, $0.key), $0.value) }
    }

    private func labels(_ source: String, _ label: String?, _ key: String) -> InstrumentRegistry.Labels {
        [("app", source)] + (label.map { [($0, key)] } ?? [])
    }
}
