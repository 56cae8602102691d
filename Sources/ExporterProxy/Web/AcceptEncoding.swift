/// Reads Accept-Encoding (RFC 9110, 12.5.3).
package enum AcceptEncoding {
    /// Whether a client takes gzip: it must name it, or `*`, with a weight above 0.
    package static func allowsGzip(_ values: [String]) -> Bool {
        var wildcard = false
        for value in values {
            for item in value.split(separator: ",") {
                let parts = item.split(separator: ";").map { $0.trimmed.lowercased() }
                guard let coding = parts.first else { continue }
                let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
                if coding == "gzip" || coding == "x-gzip" { return weight > 0 }
                if coding == "*" { wildcard = weight > 0 }
            }
        }
        return wildcard
    }
}
