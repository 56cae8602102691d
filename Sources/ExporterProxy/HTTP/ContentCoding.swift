/// What a body may be compressed with.
package enum ContentCoding: String, CaseIterable, Sendable {
    case gzip
    case deflate
    case snappy
    case zstd

    /// For `Accept-Encoding` beside a refusal (RFC 9110, 12.5.3).
    package static let supported = allCases.map(\.rawValue).joined(separator: ", ")

    /// How many one body may have.
    package static let countMax = 2

    /// `nil` for a name that is not known. In any case; `x-gzip` is `gzip` (RFC 9110, 8.4.1.3).
    private init?(name: String) { self.init(rawValue: name == "x-gzip" ? "gzip" : name) }

    /// The codings of a header `Content-Encoding`, in the order in which they were applied; none for `identity`.
    package static func list(_ header: String) throws(ContentDecodingError) -> [ContentCoding] {
        var codings: [ContentCoding] = []
        for word in header.split(separator: ",") {
            let name = word.trimmed.lowercased()
            if name.isEmpty || name == "identity" { continue }
            guard let coding = ContentCoding(name: name) else { throw .unsupported(name) }
            guard codings.count < countMax else { throw .tooManyCodings }
            codings.append(coding)
        }
        return codings
    }
}
