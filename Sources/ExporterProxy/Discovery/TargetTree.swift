import Glibc

/// A folder of generators. Reads nothing outside of it, and never blocks on what is no file; but the disk may be slow.
package struct TargetTree: Sendable {
    /// What there is at and below a path, each in the order of the bytes of its path.
    package struct Listing: Equatable, Sendable {
        package var generators: [GeneratorFile] = []
        /// What looks as if it should be served, and is not.
        package var ignored: [Ignored] = []
        /// From the root, the path itself with them; empty where the path is that of a file.
        package var folders: [String] = []
    }

    package struct Ignored: Equatable, Sendable {
        package var path: String
        package var reason: String
    }

    package static let entriesMax = 10_000
    /// At the top of a tree it would stand for the lists that the proxy makes itself.
    static let reservedName = "-"

    package let root: String
    package let fileBytesMax: Int
    private let asksKernel: Bool

    /// - Parameter root: a folder, or a link to one; opened anew each time, so it may come later, and be another one.
    package init(root: String, fileBytesMax: Int = 16 * 1024 * 1024) {
        self.init(root: root, fileBytesMax: fileBytesMax, asksKernel: true)
    }

    init(root: String, fileBytesMax: Int = 16 * 1024 * 1024, asksKernel: Bool) {
        self.root = root
        self.fileBytesMax = fileBytesMax
        self.asksKernel = asksKernel
    }

    /// Whether nothing of this name is served.
    static func isHidden(_ name: String) -> Bool {
        name.utf8.first == UInt8(ascii: "_") || name.utf8.first == UInt8(ascii: ".")
    }

    static func hasControls(_ name: String) -> Bool { name.utf8.contains { $0 < 0x20 || $0 == 0x7F } }

    package func listing(of path: TreePath) throws(TreeError) -> Listing {
        var walk = TreeWalk(try open())
        try walk.visit(path)
        return walk.sorted
    }

    /// The stamp is that of these bytes: a file that has it later holds the same.
    package func read(_ file: GeneratorFile) throws(TreeError) -> (bytes: [UInt8], stamp: FileStamp) {
        let folder = try open()
        do throws(SystemError) {
            // What is no file may block, or do something, when it is opened.
            guard try folder.status(of: file.path, followsLinks: true).isFile else { throw Self.noFile(file) }
            let descriptor = try folder.open(file.path, O_RDONLY | O_NONBLOCK | O_NOCTTY, followsLinks: true)
            let status = try ConfinedFolder.status(descriptor, file.path)
            guard status.isFile else { throw Self.noFile(file) }
            let (stamp, now) = (FileStamp(of: status), Moment.now().wall)
            let bytes = try SmallFile.read(descriptor.raw, named: file.path, bytesMax: fileBytesMax)
            withExtendedLifetime(descriptor) {}
            return (bytes, stamp.isSettled(at: now) ? stamp : .unknown)
        } catch {
            throw TreeError(error, file.path)
        }
    }

    private static func noFile(_ file: GeneratorFile) -> SystemError {
        SystemError("read \(file.path)", code: EISDIR)
    }

    private func open() throws(TreeError) -> ConfinedFolder {
        do throws(SystemError) { return try ConfinedFolder(root, asksKernel: asksKernel) } catch {
            // Not "not found", which is said of a path: of a tree that is there.
            throw .unreadable(TreeError(error, "").description)
        }
    }
}

extension stat {
    var isFile: Bool { st_mode & S_IFMT == S_IFREG }
    var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
    var isLink: Bool { st_mode & S_IFMT == S_IFLNK }
    /// By anybody.
    var isExecutable: Bool { st_mode & 0o111 != 0 }
}
