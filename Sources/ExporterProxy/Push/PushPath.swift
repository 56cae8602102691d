import Exposition

/// The path of a push: `/metrics/job/<job>{/<label>/<value>}`, as Pushgateway has it.
///
/// A name with `@base64` behind it has a value in base64 (RFC 4648, also its URL-safe alphabet, padding or not); `=`
/// stands for the empty value there.
enum PushPath: Equatable {
    case key(GroupingKey)
    /// No path of a push.
    case unknown
    /// The same without empty segments, as Pushgateway redirects.
    case moved(String)
    /// For people.
    case invalid(String)

    /// - Parameters:
    ///   - rest: what stands behind `/metrics/`, still percent-encoded.
    ///   - takesAnyLabel: the first label need not be `job`, as in Gravel.
    init(_ rest: String, takesAnyLabel: Bool, limits: ExpositionLimits) {
        var segments = rest.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(
            Substring.init)
        // An empty value at the end is one; anywhere else a slash is too many.
        if segments.dropLast().contains(where: \.isEmpty) {
            self = .moved(
                "/metrics/" + rest.split(separator: "/").joined(separator: "/") + (rest.hasSuffix("/") ? "/" : ""))
            return
        }
        if segments.last?.isEmpty == true, segments.count % 2 == 1 { segments.removeLast() }
        guard let first = segments.first else {
            self = .unknown
            return
        }
        guard takesAnyLabel || first == "job" || first == "job@base64" else {
            self = .unknown
            return
        }
        guard segments.count % 2 == 0 else {
            self = .invalid(
                "the path has a label without a value: '\(EscapedText.visible(String(segments[segments.count - 1])))'")
            return
        }
        do throws(Problem) {
            self = .key(try Self.key(segments, limits))
        } catch {
            self = .invalid(error.text)
        }
    }

    /// The job of a path that begins with it and says it as it is; `nil` where it has to be looked for.
    static func plainJob(_ rest: String) -> String? {
        guard rest.utf8.starts(with: Self.job) else { return nil }
        let job = rest.utf8.dropFirst(Self.job.count).prefix { $0 != UInt8(ascii: "/") }
        return job.isEmpty || job.contains(UInt8(ascii: "%")) ? nil : String(Substring(job))
    }

    private static let job = Array("job/".utf8)

    private struct Problem: Error { var text: String }

    private static func key(_ segments: [Substring], _ limits: ExpositionLimits) throws(Problem) -> GroupingKey {
        var labels: LabelSet = []
        for place in stride(from: 0, to: segments.count, by: 2) {
            let label = try label(segments[place], segments[place + 1], limits)
            // What the path begins with is the job.
            if label.name == "job", labels.contains(where: { $0.name == "job" }) { continue }
            labels.append(label)
        }
        guard labels.count <= min(limits.labels, labelsMax) else {
            throw Problem(
                text: "the path has \(labels.count) labels, at most \(min(limits.labels, labelsMax)) are allowed")
        }
        let key = GroupingKey(labels)
        if let job = key.job, job.isEmpty { throw Problem(text: "the job in the path is empty") }
        return key
    }

    private static let labelsMax = 32
    private static let base64 = Array("@base64".utf8)

    private static func label(
        _ name: Substring, _ value: Substring, _ limits: ExpositionLimits
    ) throws(Problem) -> Label {
        guard var name = PercentEncoding.decode(name), let text = PercentEncoding.decode(value) else {
            throw Problem(text: "the path is not percent-encoded UTF-8")
        }
        var decoded = text
        if name.utf8.count >= Self.base64.count, name.utf8.suffix(Self.base64.count).elementsEqual(Self.base64) {
            name.removeLast(Self.base64.count)
            guard let bytes = Base64.decode(text), let value = String(validating: bytes, as: UTF8.self) else {
                throw Problem(text: "the value of '\(EscapedText.visible(name))' in the path is not UTF-8 in base64")
            }
            decoded = value
        }
        guard LabelName.canBeAdded(name), !name.hasPrefix("__"), name != PushParser.clearModeLabel.description else {
            throw Problem(text: "'\(EscapedText.visible(name))' in the path is no label name")
        }
        guard name.utf8.count <= limits.nameBytes, decoded.utf8.count <= limits.valueBytes else {
            throw Problem(text: "the label '\(EscapedText.visible(String(name.prefix(80))))' in the path is too long")
        }
        return Label(name, decoded)
    }
}
