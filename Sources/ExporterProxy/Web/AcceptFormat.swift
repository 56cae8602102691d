import Exposition

/// Which exposition format a client wants, by its Accept headers (RFC 9110, 12.5.1).
package enum AcceptFormat {
    /// Whether OpenMetrics 1.0 (or 0.0.1, which is the same on the wire) is wanted more than text.
    ///
    /// Prometheus names both and prefers OpenMetrics; who says nothing, or any type, gets text.
    package static func prefersOpenMetrics(_ headers: [String]) -> Bool {
        var openMetrics = 0.0
        var text = 0.0
        for range in headers.flatMap({ $0.split(separator: ",") }) {
            let parts = range.split(separator: ";").map { $0.trimmed.lowercased() }
            let weight = quality(parts.dropFirst())
            switch parts.first {
            case "application/openmetrics-text" where isKnownVersion(parts.dropFirst()):
                openMetrics = max(openMetrics, weight)
            case "text/plain", "text/*": text = max(text, weight)
            default: break
            }
        }
        return openMetrics > 0 && openMetrics >= text
    }

    private static func quality(_ parameters: ArraySlice<String>) -> Double {
        for parameter in parameters where parameter.hasPrefix("q=") {
            return Double(parameter.dropFirst(2)).flatMap { (0...1).contains($0) ? $0 : nil } ?? 0
        }
        return 1
    }

    private static func isKnownVersion(_ parameters: ArraySlice<String>) -> Bool {
        let versions = parameters.filter { $0.hasPrefix("version=") }.map { $0.dropFirst(8) }
        return versions.allSatisfy { ["1.0.0", "0.0.1"].contains($0) }
    }
}
