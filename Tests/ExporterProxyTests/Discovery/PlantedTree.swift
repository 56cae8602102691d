import Foundation
import Glibc

@testable import ExporterProxy

/// A tree in a folder of its own, with room beside it.
final class PlantedTree: Sendable {
    let outer: TemporaryFolder

    init(_ files: String...) throws {
        outer = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: outer.file("root"), withIntermediateDirectories: false)
        for file in files { try plant(file) }
    }

    func tree(fileBytesMax: Int = 16 * 1024 * 1024, asksKernel: Bool = true) -> TargetTree {
        TargetTree(root: outer.file("root"), fileBytesMax: fileBytesMax, asksKernel: asksKernel)
    }

    /// A file with its path in it, an empty folder where it ends with a slash, and one that is executable at a `*`.
    func plant(_ file: String) throws {
        var path = "root/\(file)"
        if path.hasSuffix("/") {
            try FileManager.default.createDirectory(atPath: outer.file(path), withIntermediateDirectories: true)
            return
        }
        let isExecutable = path.hasSuffix("*")
        if isExecutable { path.removeLast() }
        let folder = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex))
        try FileManager.default.createDirectory(atPath: outer.file(folder), withIntermediateDirectories: true)
        _ = try outer.write(path, to: path)
        if isExecutable { try mode(0o755, of: path) }
    }

    func mode(_ mode: mode_t, of path: String) throws {
        guard chmod(outer.file(path), mode) == 0 else { throw SystemError("set the mode of \(path)") }
    }

    /// - Parameter target: `@` at its beginning stands for the outer folder.
    func link(_ path: String, to target: String) throws {
        let target = target.hasPrefix("@") ? outer.path + target.dropFirst() : target
        guard symlink(target, outer.file(path)) == 0 else { throw SystemError("link \(path)") }
    }
}

extension TargetTree {
    func listing(_ path: String) throws -> Listing { try listing(of: TreePath(encoded: path)) }

    /// Each file by its name and kind.
    func files(_ path: String) throws -> [String] { try listing(path).generators.map { "\($0.path) \($0.kind)" } }

    func text(_ file: GeneratorFile) throws -> String { String(decoding: try read(file).bytes, as: UTF8.self) }
}
