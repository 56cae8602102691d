import Glibc

/// One look at a tree, or at a part of it.
struct TreeWalk {
    private let root: ConfinedFolder
    private var listing = TargetTree.Listing()
    private var entries = 0

    init(_ root: ConfinedFolder) { self.root = root }

    var sorted: TargetTree.Listing {
        var listing = listing
        listing.generators.sort { Self.isBefore($0.path, $1.path) }
        listing.ignored.sort { Self.isBefore($0.path, $1.path) }
        listing.folders.sort(by: Self.isBefore)
        return listing
    }

    private static func isBefore(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

    mutating func visit(_ path: TreePath) throws(TreeError) {
        let folder: OwnedDescriptor
        do throws(SystemError) {
            folder = try root.open(path.text, O_RDONLY | O_DIRECTORY, followsLinks: false)
        } catch {
            // A file, or a link to one.
            if error.code == ENOTDIR || error.code == ELOOP { return try visitFile(path) }
            throw TreeError(error, path.text)
        }
        try visit(folder, at: path.text, depth: path.segments.count)
    }

    private mutating func visitFile(_ path: TreePath) throws(TreeError) {
        guard let name = path.segments.last else { throw .notFound("the root of the tree is no folder") }
        let parent = path.segments.dropLast().joined(separator: "/")
        let folder: OwnedDescriptor
        do throws(SystemError) {
            folder = try root.open(parent, O_RDONLY | O_DIRECTORY, followsLinks: false)
        } catch {
            if error.code == ELOOP {
                throw .notFound("'\(EscapedText.visible(parent))' is a link, or behind one, and no folder of the tree")
            }
            throw TreeError(error, path.text)
        }
        // A folder was none a moment ago; who asks again gets it.
        if try look(at: name, in: folder, path: path.text) == .folder || listing == TargetTree.Listing() {
            throw TreeError(SystemError("", code: ENOENT), path.text)
        }
        if let ignored = listing.ignored.first {
            throw .notFound("'\(EscapedText.visible(path.text))' is not served: \(ignored.reason)")
        }
    }

    // MARK: Folders

    private mutating func visit(_ folder: OwnedDescriptor, at path: String, depth: Int) throws(TreeError) {
        guard depth <= TreePath.segmentsMax else {
            throw .tooLarge("'\(EscapedText.visible(path))' is deeper than \(TreePath.segmentsMax) folders")
        }
        listing.folders.append(path)
        for name in try names(in: folder, at: path) {
            let place = path.isEmpty ? name : "\(path)/\(name)"
            guard try look(at: name, in: folder, path: place) == .folder else { continue }
            if let inner = try open(name, in: folder, at: place) { try visit(inner, at: place, depth: depth + 1) }
        }
    }

    /// `nil` where it has gone meanwhile, or is something else now.
    private func open(
        _ name: String, in folder: OwnedDescriptor, at path: String
    ) throws(TreeError) -> OwnedDescriptor? {
        let raw = openat(folder.raw, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if raw >= 0 { return OwnedDescriptor(raw) }
        let error = SystemError("open \(path)")
        if error.code == ENOENT || error.code == ENOTDIR || error.code == ELOOP { return nil }
        throw TreeError(error, path)
    }

    /// What is in a folder, but for what is never served.
    private mutating func names(in folder: OwnedDescriptor, at path: String) throws(TreeError) -> [String] {
        // A stream of its own, which closes what it reads from.
        let raw = fcntl(folder.raw, F_DUPFD_CLOEXEC, 0)
        guard raw >= 0, let stream = fdopendir(raw) else {
            let error = SystemError("list \(path)")
            if raw >= 0 { close(raw) }
            throw TreeError(error, path)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let bytes = Self.name(of: entry)
            if bytes.elementsEqual(".".utf8) || bytes.elementsEqual("..".utf8) { continue }
            entries += 1
            guard entries <= TargetTree.entriesMax else {
                throw .tooLarge("there are more than \(TargetTree.entriesMax) files and folders")
            }
            if let name = judge(bytes, in: path) { names.append(name) }
        }
        guard errno == 0 else { throw TreeError(SystemError("list \(path)"), path) }
        return names
    }

    private static func name(of entry: UnsafeMutablePointer<dirent>) -> [UInt8] {
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { return [] }
        let start = UnsafeRawPointer(entry) + offset
        return Array(UnsafeRawBufferPointer(start: start, count: strlen(start.assumingMemoryBound(to: CChar.self))))
    }

    /// Judges by the name alone; `nil` for what is not served.
    private mutating func judge(_ bytes: [UInt8], in path: String) -> String? {
        guard let name = String(validating: bytes, as: UTF8.self), !TargetTree.hasControls(name) else {
            ignore(String(decoding: bytes, as: UTF8.self), in: path, "its name is not UTF-8, or has control characters")
            return nil
        }
        if TargetTree.isHidden(name) { return nil }
        guard !path.isEmpty || name != "lost+found" else {
            ignore(name, in: path, "it is the file system's")
            return nil
        }
        guard !path.isEmpty || name != TargetTree.reservedName else {
            ignore(name, in: path, "'\(name)' stands for the lists that exporter-proxy makes itself")
            return nil
        }
        return name
    }

    private mutating func ignore(_ name: String, in path: String, _ reason: String) {
        listing.ignored.append(.init(path: path.isEmpty ? name : "\(path)/\(name)", reason: reason))
    }

    // MARK: Files

    private enum Found { case folder, other, nothing }

    /// Adds a file to the listing, or to what is ignored.
    private mutating func look(
        at name: String, in folder: OwnedDescriptor, path: String
    ) throws(TreeError) -> Found {
        var status = stat()
        guard fstatat(folder.raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            let error = SystemError("look at \(path)")
            if error.code == ENOENT { return .nothing }
            throw TreeError(error, path)
        }
        if status.isFolder { return .folder }
        if status.isLink { follow(name, path) } else { add(name, path, status) }
        return .other
    }

    /// A link to a file of the tree is that file under another name.
    private mutating func follow(_ name: String, _ path: String) {
        do throws(SystemError) {
            let status = try root.status(of: path, followsLinks: true)
            if status.isFolder {
                listing.ignored.append(.init(path: path, reason: "a link to a folder is not followed"))
            } else {
                add(name, path, status)
            }
        } catch {
            // Its targets must not vanish in silence: who reads it is told why it cannot be.
            if let kind = GeneratorFile.Kind(name: name) {
                listing.generators.append(GeneratorFile(path: path, kind: kind, stamp: .unknown))
            } else {
                listing.ignored.append(.init(path: path, reason: TreeError(error, path).description))
            }
        }
    }

    /// Ends of names that editors and packages give to copies, and of texts, which have an x bit on many a volume.
    private static let endsOfOthers = ["~", ".bak", ".orig", ".md", ".txt", ".rpmsave", ".rpmnew", ".dpkg-old", ".swp"]

    private mutating func add(_ name: String, _ path: String, _ status: stat) {
        guard status.isFile else {
            listing.ignored.append(.init(path: path, reason: "it is no file"))
            return
        }
        guard let kind = GeneratorFile.Kind(name: name) ?? (Self.isProgram(name, status) ? .executable : nil)
        else {
            let reason = "its name does not end in .json, .yaml, .yml or .py, and it may not be executed"
            listing.ignored.append(.init(path: path, reason: reason))
            return
        }
        listing.generators.append(GeneratorFile(path: path, kind: kind, stamp: FileStamp(of: status)))
    }

    private static func isProgram(_ name: String, _ status: stat) -> Bool {
        status.isExecutable && !endsOfOthers.contains { name.hasSuffix($0) }
    }
}
