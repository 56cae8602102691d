import Exposition
import NIOCore

/// The merged page said in OpenMetrics 1.0.
///
/// Made of the whole text page, at about 45 MB/s (2026-11-21): who switches it on pays for it at each scrape after a
/// change.
enum OpenMetricsPage {
    private static let end = "# EOF\n"

    /// `nil` where OpenMetrics has no words for some of it.
    static func body(_ text: [ByteBuffer]) -> ByteBuffer? {
        var whole = ByteBufferAllocator().buffer(capacity: text.reduce(0) { $0 + $1.readableBytes })
        for piece in text { whole.writeImmutableBuffer(piece) }
        guard case .form(let form) = whole.withUnsafeReadableBytes(OpenMetricsForm.convert) else { return nil }
        var body = ByteBufferAllocator().buffer(capacity: form.bytes.count + end.utf8.count)
        body.writeBytes(form.bytes)
        body.writeString(end)
        return body
    }

    /// The sources that cannot be said in it, each on its own; or else that they cannot stand together.
    static func obstacles(_ composition: Composition) -> [OpenMetricsObstacle] {
        let alone = composition.reports.compactMap { report -> OpenMetricsObstacle? in
            guard let source = report.checked else { return nil }
            guard source.index != nil else {
                return OpenMetricsObstacle(source: report.source, reason: "it is served raw")
            }
            let conversion = source.body.withUnsafeReadableBytes(OpenMetricsForm.convert)
            guard case .impossible(let finding) = conversion else { return nil }
            return OpenMetricsObstacle(source: report.source, reason: "\(finding.reason.sentence): \(finding.text)")
        }
        return alone.isEmpty ? [OpenMetricsObstacle(source: nil, reason: "families of two sources clash")] : alone
    }
}

/// Why the page is text for those who prefer OpenMetrics.
package struct OpenMetricsObstacle: Equatable, Sendable {
    /// `nil` where no source is to blame alone.
    package var source: String?
    package var reason: String
}
