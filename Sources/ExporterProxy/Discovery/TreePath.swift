/// A path below the root of a tree, as a request names it; the disk is not asked.
package struct TreePath: Hashable, Sendable {
    package static let segmentsMax = 32

    /// From the root on; none for the root itself.
    package let segments: [String]
    /// Compared by bytes: a name may be written in two ways that only look alike.
    private let exact: ExactText

    /// The root.
    package init() {
        segments = []
        exact = ExactText("")
    }

    /// - Parameter segments: of a path that was judged already.
    init(segments: [String]) {
        self.segments = segments
        exact = ExactText(segments.joined(separator: "/"))
    }

    /// - Parameter encoded: what stands behind `/targets/`, percent-encoded; empty segments do not count.
    package init(encoded: String) throws(TreeError) {
        var segments: [String] = []
        for segment in encoded.utf8.split(separator: UInt8(ascii: "/")) {
            segments.append(try Self.segment(Substring(segment)))
        }
        guard segments.count <= Self.segmentsMax else {
            throw .refused("the path is deeper than \(Self.segmentsMax) folders")
        }
        if segments.first == TargetTree.reservedName {
            throw .notFound("'\(TargetTree.reservedName)' is not part of the tree")
        }
        if let hidden = segments.first(where: TargetTree.isHidden) {
            throw .notFound("'\(EscapedText.visible(hidden))' is not served: its name begins with '_' or '.'")
        }
        self.init(segments: segments)
    }

    /// `a/b`; empty for the root.
    package var text: String { exact.text }

    package static func == (a: TreePath, b: TreePath) -> Bool { a.exact == b.exact }

    package func hash(into hasher: inout Hasher) { hasher.combine(exact) }

    private static func segment(_ encoded: Substring) throws(TreeError) -> String {
        guard let segment = PercentEncoding.decode(encoded) else {
            throw .refused("the path is not percent-encoded UTF-8")
        }
        guard !segment.utf8.contains(UInt8(ascii: "/")) else { throw .refused("the path has an encoded slash") }
        guard segment != ".", segment != ".." else { throw .refused("the path has a segment '\(segment)'") }
        guard !TargetTree.hasControls(segment) else { throw .refused("the path has a control character") }
        return segment
    }
}
