import Foundation
import Glibc
import Testing

@testable import ExporterProxy

/// Whatever a request asks for and whatever lies in a tree: nothing of outside comes back.
struct TreeEscapeTests {
    private static let secret = "the secret of outside"
    private static let hidden = "the secret of within"

    /// Links out of all kinds, and files that are never served.
    private static func plant() throws -> PlantedTree {
        let planted = try PlantedTree(
            "a.json", "a/b.yaml", "a/b/c.py", "a/b/run*", "-/x.json", "é/ü.json", "a b/c d.json", "p%2fq.json")
        for path in ["secret.json", "secret/a.json", "root.json", "a.json"] {
            let folder = path.contains("/") ? "secret" : ""
            try FileManager.default.createDirectory(
                atPath: planted.outer.file(folder), withIntermediateDirectories: true)
            _ = try planted.outer.write(secret, to: path)
        }
        for path in ["_utils.py", ".env", "a/_b.json", "a/.git/config.json", "_x/a.json"] {
            try planted.plant(path)
            _ = try planted.outer.write(hidden, to: "root/\(path)")
        }
        let links = [
            "out.json": "../secret.json", "far.json": "@/secret.json", "folder": "../secret", "a/up": "../..",
            "a/up.json": "../../secret.json",
            "loop": "loop", "self": ".", "a/back": "..", "process": "/proc/self/root",
            "there.json": "../root/../secret.json",
            "etc.yaml": "/etc/passwd", "chain.json": "folder/a.json", "b.json": "a/b.yaml",
            "root.py": "@/root/../secret.json",
        ]
        for (name, target) in links { try planted.link("root/\(name)", to: target) }
        return planted
    }

    private static let words = [
        "a", "b", "a.json", "b.yaml", "b/c.py", "run", "-", "..", ".", "...", "%2e%2e", "%2E.", ".%2e", "%2f", "%5c",
        "..%2f", "..%2fsecret.json",
        "%2e%2e%2f", "..%5c", "%00", "a.json%00", "%c0%ae%c0%ae", "%c0%af", "%e0%80%ae", "%ff", "%", "%2", "%zz",
        "%252e%252e", "..;",
        "secret.json", "secret", "root", "root.json", "out.json", "far.json", "folder", "up", "up.json", "loop", "self",
        "back", "process",
        "there.json", "etc.yaml", "chain.json", "b.json", "root.py", "etc", "passwd", "proc", "_utils.py", ".env",
        "_b.json", ".git", "config.json",
        "_x", "%5futils.py", "%2eenv", "é", "%C3%A9", "a%20b", "p%252fq.json", "\u{2024}\u{2024}", "\u{FF0E}\u{FF0E}",
        "\\..\\", " ", "",
    ]

    private static let good = [
        "a.json", "a/b.yaml", "a/b/c.py", "a", "a/b", "", "out.json", "a/up.json", "b.json", "folder/a.json",
        "a/back/a.json",
    ]

    private static func randomPath(_ random: inout SeededGenerator) -> String {
        if Int.random(in: 0..<4, using: &random) == 0 {
            let (before, path) = (words.randomElement(using: &random) ?? "", good.randomElement(using: &random) ?? "")
            return Bool.random(using: &random) ? path : "\(before)/\(path)"
        }
        if Int.random(in: 0..<8, using: &random) == 0 {
            let bytes = random.bytes(Int.random(in: 0..<12, using: &random))
            return bytes.map { "%" + String($0, radix: 16) }.joined()
        }
        let count = [1, 1, 2, 2, 3, 4, 6].randomElement(using: &random) ?? 1
        let separators = ["/", "/", "/", "/", "//", "%2f", "\\", ""]
        return (0..<count).reduce(into: "") { path, _ in
            path += words.randomElement(using: &random) ?? ""
            path += separators.randomElement(using: &random) ?? ""
        }
    }

    @Test(arguments: [true, false])
    func randomPaths_NeverLeadOut(asksKernel: Bool) throws {
        let planted = try Self.plant()
        let tree = planted.tree(asksKernel: asksKernel)
        var random = SeededGenerator(seed: 20_261_122)
        var (listed, read) = (0, 0)
        for number in 0..<10_000 {
            let path = Self.randomPath(&random)
            guard let listing = try? tree.listing(path) else { continue }
            listed += 1
            for file in listing.generators {
                #expect(
                    !file.path.split(separator: "/").contains { $0.hasPrefix(".") || $0.hasPrefix("_") },
                    "\(number): \(path)")
                guard let bytes = try? tree.read(file).bytes else { continue }
                read += 1
                // Each file says what it is.
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(
                    text.hasPrefix("root/") && !text.contains("secret"), "\(number): \(path): \(file.path): \(text)")
            }
        }
        #expect(listed > 500 && read > 1000, "\(listed) \(read)")
    }

    /// Also files that nobody has listed: whoever calls, the tree itself holds. Without openat2(2) it is the same.
    @Test func randomFiles_AreNeverReadFromOutside() throws {
        let planted = try Self.plant()
        let (tree, walking) = (planted.tree(), planted.tree(asksKernel: false))
        var random = SeededGenerator(seed: 4)
        var read = 0
        for number in 0..<10_000 {
            let encoded = Self.randomPath(&random)
            let path = number % 2 == 0 ? encoded : PercentEncoding.decode(encoded) ?? encoded
            let file = GeneratorFile(path: path, kind: .json, stamp: .unknown)
            let bytes = try? tree.read(file).bytes
            #expect((try? walking.read(file).bytes) == bytes, "\(number): \(path)")
            guard let bytes else { continue }
            read += 1
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(
                text != Self.secret && (text.hasPrefix("root/") || text == Self.hidden), "\(number): \(path): \(text)")
        }
        #expect(read > 400, "\(read)")
    }

    /// The secrets are where the paths say, so that a tree that follows them would be caught.
    @Test func theSecrets_AreThere() throws {
        let planted = try Self.plant()
        for path in [
            "root/out.json", "root/far.json", "root/folder/a.json", "root/a/up/secret.json", "root/chain.json",
            "root/root.py",
        ] {
            #expect(try String(contentsOfFile: planted.outer.file(path), encoding: .utf8) == Self.secret, "\(path)")
        }
    }

    /// Somebody swaps a folder for a link out, again and again, while it is read.
    @Test(arguments: [true, false])
    func aFolderThatIsSwappedForALink_LeadsNowhere(asksKernel: Bool) async throws {
        let planted = try PlantedTree("f/a.json")
        try FileManager.default.createDirectory(
            atPath: planted.outer.file("beside"), withIntermediateDirectories: false)
        _ = try planted.outer.write(Self.secret, to: "beside/a.json")
        try planted.link("root/g", to: "../beside")
        let tree = planted.tree(asksKernel: asksKernel)
        let names = [("f", "h"), ("g", "f"), ("f", "g"), ("h", "f")]
        let swapper = Task.detached {
            while !Task.isCancelled {
                for (from, to) in names {
                    rename(planted.outer.file("root/\(from)"), planted.outer.file("root/\(to)"))
                }
            }
        }
        var read = 0
        for _ in 0..<5000 {
            guard let file = try? tree.listing("f").generators.first, let text = try? tree.text(file) else { continue }
            read += 1
            #expect(text == "root/f/a.json")
        }
        swapper.cancel()
        await swapper.value
        #expect(read > 0)
    }
}
