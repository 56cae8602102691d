import Foundation
import TestSupport
import Testing

@testable import ExporterProxy

/// A folder of generators, and what is left of those that ran.
final class GeneratorTree: Sendable {
    /// Where nothing is to be waited for.
    static let limits = GeneratorLimits(timeout: patience, outputBytesMax: 1 << 20, memoryBytesMax: 256 << 20)

    private let folder: ExporterProxyTests.TemporaryFolder
    var root: String { folder.path }

    init() throws { folder = try ExporterProxyTests.TemporaryFolder() }

    func write(_ text: String, to path: String) throws {
        let file = folder.file(path)
        let parent = String(file.prefix(upTo: file.lastIndex(of: "/") ?? file.endIndex))
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        _ = try folder.write(text, to: path)
    }

    func executable(_ text: String, at path: String = "list.sh") throws -> GeneratorFile {
        try write(text, to: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.file(path))
        return GeneratorFile(path: path, kind: .executable, stamp: .unknown)
    }

    func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: folder.file(path)) }

    /// Processes that have the folder in their command line, or are in it: the interpreter's and its forks, programs
    /// and what they have started.
    var processes: Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { Int($0) != nil }.count { name in
            let line = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") ?? Data()
            let place = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(name)/cwd")
            return String(decoding: line, as: UTF8.self).contains(root) || place == root
        }
    }

    func waitFor(processes count: Int) async throws {
        try await TestSupport.wait(until: "\(count) processes are left") { processes == count }
    }

    func waitFor(_ path: String) async throws {
        try await TestSupport.wait(until: "\(path) is there") { has(path) }
    }
}

extension GeneratorResult {
    var list: String? { (try? get()).map { String(decoding: $0.bytes, as: UTF8.self) } }

    var failure: GeneratorFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }

    var reason: GeneratorFailure.Reason? { failure?.reason }
}

extension PythonInterpreter {
    /// Runs `body` as the function of a generator, with `head` before it.
    func list(
        _ body: String, head: String = "", parameters: [(name: String, value: String)] = [],
        limits: GeneratorLimits = GeneratorTree.limits
    ) async -> GeneratorResult {
        let lines = body.split(separator: "\n").map { "    \($0)\n" }.joined()
        return await source("\(head)\ndef generate_targets(**given):\n\(lines)", parameters: parameters, limits: limits)
    }

    func source(
        _ text: String, parameters: [(name: String, value: String)] = [], question: GeneratorQuestion = .list,
        limits: GeneratorLimits = GeneratorTree.limits
    ) async -> GeneratorResult {
        await generate(
            GeneratorFile(path: "a/b.py", kind: .python, stamp: .unknown), source: Array(text.utf8),
            parameters: parameters, question: question, limits: limits)
    }
}
