/// A generator as it was found: its file, and where it is served.
package struct ListedGenerator: Hashable, Sendable {
    /// The place of its tree.
    package var mount: Int
    package var file: GeneratorFile
    /// Its path below `/targets/`.
    package var name: String
}

/// The trees as one: each at its place below `/targets/`.
package struct TargetMounts: Sendable {
    package struct Mount: Sendable {
        package var configuration: DiscoveryConfiguration.Tree
        package var tree: TargetTree

        init(_ configuration: DiscoveryConfiguration.Tree) {
            self.configuration = configuration
            tree = TargetTree(root: configuration.root)
        }
    }

    /// What there is at and below a path.
    package struct Listing: Sendable {
        /// By name.
        package var generators: [ListedGenerator] = []
        package var ignored: [TargetTree.Ignored] = []
        package var folders: [String] = []

        package var hasParameters: Bool { generators.contains { $0.file.kind == .python } }
    }

    package let mounts: [Mount]

    package init(_ trees: [DiscoveryConfiguration.Tree]) { mounts = trees.map(Mount.init) }

    /// Blocks. Throws ``TreeError/notFound(_:)`` where no tree has the path.
    package func listing(of path: TreePath) throws(TreeError) -> Listing {
        var listing = Listing()
        var isFound = false
        for place in mounts.indices {
            let own = mounts[place].configuration.path
            if path.segments.starts(with: own) {
                let inner = TreePath(segments: Array(path.segments.dropFirst(own.count)))
                // A tree that has a place of its own may lie there too.
                do throws(TreeError) {
                    try add(inner, of: place, to: &listing)
                    isFound = true
                } catch {
                    guard case .notFound = error, !inner.segments.isEmpty else { throw error }
                }
            } else if own.starts(with: path.segments) {
                try add(TreePath(), of: place, to: &listing)
                isFound = true
            }
        }
        guard isFound else { throw .notFound(path.text) }
        listing.generators.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return listing
    }

    private func add(_ path: TreePath, of place: Int, to listing: inout Listing) throws(TreeError) {
        let found = try mounts[place].tree.listing(of: path)
        let prefix = mounts[place].configuration.path.map { $0 + "/" }.joined()
        listing.generators += found.generators.map {
            ListedGenerator(mount: place, file: $0, name: prefix + $0.path)
        }
        listing.ignored += found.ignored.map { .init(path: prefix + $0.path, reason: $0.reason) }
        listing.folders += found.folders.map { $0.isEmpty ? String(prefix.dropLast()) : prefix + $0 }
    }
}
