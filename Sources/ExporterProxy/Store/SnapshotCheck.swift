import Exposition
import NIOCore

/// Reads a snapshot once, and makes of it what can be served.
///
/// A body of the same shape as the source's last one is read in step with it; an unusual one is repaired line by
/// line. Whatever comes out has gone through ``CanonicalText``, so that nothing else can reach a scrape.
struct SnapshotCheck {
    /// Findings that are kept with their line, dropped lines before repairs; all are counted.
    static let findingsMax = 20

    /// A sample with a timestamp is old after this time.
    private static let oldAfterMilliseconds: Int64 = 300_000

    let rules: SourceRules
    let appLabel: String?

    func check(_ snapshot: Snapshot, like previous: CheckedSnapshot?) -> CheckedSnapshot {
        if rules.onInvalid == .raw {
            return CheckedSnapshot(snapshot, body: snapshot.body, index: nil, verdict: .init())
        }
        let rewrite = rewrite(for: snapshot)
        if rewrite.labels.isEmpty, rewrite.timestamps == .pass, let previous,
            let index = index(of: snapshot.body, like: previous)
        {
            return CheckedSnapshot(snapshot, body: snapshot.body, index: index, verdict: .init())
        }
        var verdict = CheckedSnapshot.Verdict()
        guard let canonical = canonical(snapshot.body, &verdict) else {
            return CheckedSnapshot(snapshot, body: ByteBuffer(), index: .empty, verdict: verdict)
        }
        let served = rewritten(canonical, rewrite, &verdict) ?? canonical
        let index = index(of: served.body, like: previous) ?? served.index
        return CheckedSnapshot(snapshot, body: served.body, index: index, verdict: verdict)
    }

    private typealias Canonical = (body: ByteBuffer, index: IndexedExposition)

    /// The index, if the body has the shape of what the source said before: the shape is the same object then.
    private func index(of body: ByteBuffer, like previous: CheckedSnapshot?) -> IndexedExposition? {
        guard let previous, let before = previous.index, previous.verdict.limit == nil else { return nil }
        guard body.readableBytes <= rules.limits.bytes else { return nil }
        return body.withUnsafeReadableBytes { new in
            previous.body.withUnsafeReadableBytes { old in CanonicalText.index(new, like: old, before) }
        }
    }

    /// The body itself where it is canonical, else what the repair makes of it; `nil` beyond a limit.
    private func canonical(_ body: ByteBuffer, _ verdict: inout CheckedSnapshot.Verdict) -> Canonical? {
        let asItIs = body.withUnsafeReadableBytes { CanonicalText.index($0, limits: rules.limits) }
        if let asItIs { return (body, asItIs) }
        let result = body.withUnsafeReadableBytes {
            TextRepair.run($0, limits: rules.limits, findingsMax: Self.findingsMax * 50)
        }
        // Of a body with many repairs the lines that are lost are worth more than the first places that were mended.
        let (lost, mended) = (result.findings.filter(\.isLoss), result.findings.filter { !$0.isLoss })
        let kept = lost.prefix(Self.findingsMax) + mended.prefix(Self.findingsMax - min(Self.findingsMax, lost.count))
        verdict.findings = kept.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        verdict.counts = result.counts.map { (reason: $0.key, count: $0.value) }
        verdict.counts.sort { $0.reason.code < $1.reason.code }
        verdict.limit = result.isOverLimit
        guard verdict.limit == nil else { return nil }
        guard let index = result.bytes.withUnsafeBytes({ CanonicalText.index($0, limits: rules.limits) }) else {
            verdict.limit = .notUnderstood
            return nil
        }
        return (ByteBuffer(bytes: result.bytes), index)
    }

    private func rewrite(for snapshot: Snapshot) -> SampleRewrite {
        var labels = snapshot.origin.labels.sorted { $0.key < $1.key }.map { Label($0.key, $0.value) }
        if let appLabel {
            labels.removeAll { $0.name == appLabel }
            labels.insert(Label(appLabel, snapshot.source), at: 0)
        }
        switch rules.timestamps {
        case .pass: return SampleRewrite(labels: labels)
        case .strip: return SampleRewrite(labels: labels, timestamps: .strip)
        case .dropOld:
            let now = snapshot.receivedAt.wall.nanoseconds / 1_000_000
            return SampleRewrite(labels: labels, timestamps: .dropBefore(now - Self.oldAfterMilliseconds))
        }
    }

    private func rewritten(
        _ canonical: Canonical, _ rewrite: SampleRewrite, _ verdict: inout CheckedSnapshot.Verdict
    ) -> Canonical? {
        if rewrite.isIdle(for: canonical.index.shape) { return nil }
        let (bytes, tally) = canonical.body.withUnsafeReadableBytes { rewrite.apply(to: $0, canonical.index) }
        verdict.timestampsStripped = tally.timestampsStripped
        verdict.samplesTooOld = tally.samplesDropped
        // What configuration adds is not held against the source.
        var limits = ExpositionLimits.none
        limits.labels = CanonicalText.labelsMax
        guard let index = bytes.withUnsafeBytes({ CanonicalText.index($0, limits: limits) }) else {
            verdict.limit = .notUnderstood
            return (ByteBuffer(), .empty)
        }
        return (ByteBuffer(bytes: bytes), index)
    }
}

extension Finding {
    fileprivate var isLoss: Bool { reason.outcome == .dropped }
}

extension Reason {
    /// A defect of ours: what the repair wrote was not what the index takes. Nothing of the body is served.
    static let notUnderstood = Reason(
        "internal", "the body was repaired and still not understood; this is a defect of the proxy",
        remedy: "report it with the body", refusedBy: [], outcome: .dropped)
}
