/// All paths with their generators, and how these do.
package struct TargetsOverview: Sendable {
    package struct Generator: Sendable {
        package var name: String
        package var kind: GeneratorFile.Kind
        /// Of its run without parameters; `nil` where nobody has asked for it yet.
        package var entry: CachedRuns.Entry?
    }

    package struct Folder: Sendable {
        /// Below `/targets/`; empty for the top.
        package var path: String
        /// Of the folder itself, and not of those within.
        package var generators: [Generator]
    }

    package var folders: [Folder] = []
    package var ignored: [TargetTree.Ignored] = []
    /// Why there is no list of folders.
    package var problem: String?
    package var now: Moment

    init(
        _ listing: Result<TargetMounts.Listing, TreeError>, _ entries: [String: CachedRuns.Entry], now: Moment
    ) {
        self.now = now
        switch listing {
        case .failure(let error): problem = error.description
        case .success(let listing):
            ignored = listing.ignored
            var byFolder: [String: [Generator]] = [:]
            for generator in listing.generators {
                let slash = generator.name.utf8.lastIndex(of: UInt8(ascii: "/"))
                let folder = String(generator.name[..<(slash ?? generator.name.startIndex)])
                byFolder[folder, default: []].append(
                    Generator(name: generator.name, kind: generator.file.kind, entry: entries[generator.name]))
            }
            folders = Set(listing.folders).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map {
                Folder(path: $0, generators: byFolder[$0] ?? [])
            }
        }
    }
}
