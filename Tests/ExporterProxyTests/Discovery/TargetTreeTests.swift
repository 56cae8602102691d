import Foundation
import Glibc
import Testing

@testable import ExporterProxy

/// Each test once with openat2(2) and once without.
@Suite(.timeLimit(.minutes(2)))
struct TargetTreeTests {
    @Test(arguments: [true, false])
    func generators_AreListedByTheirBytes(asksKernel: Bool) throws {
        let planted = try PlantedTree(
            "b/x.json", "a.json", "a/y.yaml", "a/z.yml", "a/é.py", "run*", "b/script.sh*", "B.json", "a-b.json",
            "b/c/d.json*", "e/")
        let tree = planted.tree(asksKernel: asksKernel)
        let all = [
            "B.json json", "a-b.json json", "a.json json", "a/y.yaml yaml", "a/z.yml yaml", "a/é.py python",
            "b/c/d.json json",
            "b/script.sh executable", "b/x.json json", "run executable",
        ]
        #expect(try tree.files("") == all)
        #expect(try tree.listing("").folders == ["", "a", "b", "b/c", "e"] && tree.listing("").ignored.isEmpty)
        #expect(try tree.files("b") == ["b/c/d.json json", "b/script.sh executable", "b/x.json json"])
        #expect(try tree.listing("b").folders == ["b", "b/c"])
        #expect(try tree.files("a/%C3%A9.py") == ["a/é.py python"] && tree.listing("a/%C3%A9.py").folders == [])
        #expect(try tree.files("a.json") == ["a.json json"] && tree.files("run") == ["run executable"])
        #expect(try tree.listing("e") == TargetTree.Listing(folders: ["e"]))
        for file in try tree.listing("").generators { #expect(try tree.text(file) == "root/\(file.path)") }
    }

    @Test(arguments: [true, false])
    func hiddenNames_AreNeverServed_AndOthersAreIgnoredWithANote(asksKernel: Bool) throws {
        let planted = try PlantedTree(
            "_utils.py", ".hidden.json", "_f/a.json", ".f/a.json", "a/_x.json", "README.md", "a/list.txt", "-/a.json",
            "a/-/b.json",
            "x.JSON", "no\nname.json")
        let tree = planted.tree(asksKernel: asksKernel)
        #expect(try tree.files("") == ["a/-/b.json json"])
        let ignored = try tree.listing("").ignored
        #expect(ignored.map(\.path) == ["-", "README.md", "a/list.txt", "no\nname.json", "x.JSON"])
        #expect(ignored[0].reason.contains("stands for the lists that exporter-proxy makes"))
        #expect(ignored[1].reason.contains("does not end in .json") && ignored[3].reason.contains("control characters"))
    }

    /// The root's own name and place do not matter.
    @Test func aRoot_MayHaveAnyName_AndBeALink() throws {
        let planted = try PlantedTree("a.json")
        try FileManager.default.moveItem(atPath: planted.outer.file("root"), toPath: planted.outer.file("_root"))
        try planted.link(".link", to: "_root")
        for root in ["_root", ".link", "_root/"] {
            #expect(try TargetTree(root: planted.outer.file(root)).files("") == ["a.json json"])
        }
    }

    @Test(arguments: [true, false])
    func whatIsNotThere_IsNotFound(asksKernel: Bool) throws {
        let planted = try PlantedTree("a/x.json", "README.md", "_a/x.json")
        try planted.link("root/folder", to: "a")
        let tree = planted.tree(asksKernel: asksKernel)
        for path in [
            "b", "a/y.json", "a/x.json/z", "README.md", "folder", "folder/x.json", "_a", "-",
            String(repeating: "a", count: 300),
        ] {
            let error = try #require(throws: TreeError.self, "\(path)") { try tree.listing(path) }
            guard case .notFound(let text) = error else {
                Issue.record("\(path): \(error)")
                continue
            }
            #expect(!text.contains(planted.outer.path))
        }
        let root = TargetTree(root: planted.outer.file("none"), asksKernel: asksKernel)
        #expect(throws: TreeError.unreadable("the root of the tree is not there")) { try root.listing("") }
        let file = try #require(try tree.listing("").generators.first)
        try FileManager.default.removeItem(atPath: planted.outer.file("root/a/x.json"))
        #expect(throws: TreeError.notFound("'a/x.json' is not there")) { try tree.read(file) }
    }

    /// A folder where a volume of Kubernetes is mounted; each change puts another folder in place of the last.
    @Test(arguments: [true, false])
    func configMaps_AreServed(asksKernel: Bool) throws {
        let planted = try PlantedTree("m/..2026_1/a.json", "m/..2026_2/a.json")
        try planted.link("root/m/..data", to: "..2026_1")
        try planted.link("root/m/a.json", to: "..data/a.json")
        let tree = planted.tree(asksKernel: asksKernel)
        let before = try #require(try tree.listing("").generators.first)
        #expect(try tree.listing("").ignored == [] && tree.listing("").generators.count == 1)
        #expect(try tree.text(before) == "root/m/..2026_1/a.json" && before.path == "m/a.json")
        try planted.link("root/m/..new", to: "..2026_2")
        #expect(rename(planted.outer.file("root/m/..new"), planted.outer.file("root/m/..data")) == 0)
        let after = try #require(try tree.listing("m/a.json").generators.first)
        #expect(after.path == before.path && after.stamp != before.stamp)
        #expect(try tree.text(after) == "root/m/..2026_2/a.json")
    }

    @Test(arguments: [true, false])
    func links_AreFollowedWithinTheTreeOnly(asksKernel: Bool) throws {
        let planted = try PlantedTree("a/x.json", "a/tool*")
        _ = try planted.outer.write("[secret]", to: "s.json")
        try planted.link("root/in.json", to: "a/x.json")
        try planted.link("root/a/up", to: "../a/tool")
        try planted.link("root/folder", to: "a")
        try planted.link("root/folder.json", to: "a")
        let links = [
            "out.json": "../s.json", "absolute.yaml": "@/root/a/x.json", "far.py": "/etc/passwd", "none.json": "x",
            "loop.yml": "loop.yml",
        ]
        for (name, target) in links { try planted.link("root/\(name)", to: target) }
        try planted.link("root/outside", to: "../s.json")
        let tree = planted.tree(asksKernel: asksKernel)
        let listing = try tree.listing("")
        // What cannot be read is still a generator: its targets must not vanish without a word.
        #expect(
            try tree.files("") == [
                "a/tool executable", "a/up executable", "a/x.json json", "absolute.yaml yaml", "far.py python",
                "in.json json",
                "loop.yml yaml", "none.json json", "out.json json",
            ])
        #expect(listing.ignored.map(\.path) == ["folder", "folder.json", "outside"])
        #expect(
            listing.ignored[0].reason == "a link to a folder is not followed"
                && listing.ignored[2].reason.contains("leads out"))
        for file in listing.generators {
            let result = Result { try tree.text(file) }
            switch file.path {
            case "none.json": #expect(throws: TreeError.notFound("'none.json' is not there")) { try result.get() }
            case "out.json", "absolute.yaml", "far.py", "loop.yml":
                let error = try #require(throws: TreeError.self) { try result.get() }
                guard case .refused = error else {
                    Issue.record("\(file.path): \(error)")
                    continue
                }
                #expect(file.stamp == .unknown)
            default: #expect(try result.get().hasPrefix("root/a/"))
            }
        }
        #expect(throws: TreeError.self) { try tree.listing("outside") }
        #expect(try tree.files("out.json") == ["out.json json"])
    }

    /// Not even opened, so nobody waits and no device wakes up.
    @Test(arguments: [true, false])
    func whatIsNoFile_IsIgnored(asksKernel: Bool) throws {
        let planted = try PlantedTree("a.json")
        #expect(mkfifo(planted.outer.file("root/pipe.json"), 0o777) == 0)
        try planted.link("root/link.json", to: "pipe.json")
        let tree = planted.tree(asksKernel: asksKernel)
        #expect(try tree.files("") == ["a.json json"])
        #expect(
            try tree.listing("").ignored == [
                .init(path: "link.json", reason: "it is no file"), .init(path: "pipe.json", reason: "it is no file"),
            ])
        for path in ["pipe.json", "link.json"] {
            #expect(throws: TreeError.notFound("'\(path)' is not served: it is no file")) { try tree.listing(path) }
            let file = GeneratorFile(path: path, kind: .json, stamp: .unknown)
            #expect(throws: TreeError.unreadable("'\(path)' is no file")) { try tree.read(file) }
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root may read all"))
    func whatMayNotBeRead_IsSaid() throws {
        let planted = try PlantedTree("a.json", "f/b.json")
        try planted.mode(0, of: "root/a.json")
        let tree = planted.tree()
        let file = try #require(try tree.listing("a.json").generators.first)
        #expect(throws: TreeError.unreadable("'a.json' cannot be read: Permission denied")) { try tree.read(file) }
        try planted.mode(0, of: "root/f")
        #expect(throws: TreeError.unreadable("'f' cannot be read: Permission denied")) { try tree.listing("") }
        try planted.mode(0o700, of: "root/f")
    }

    // MARK: Bounds

    @Test func aFile_HasABound() throws {
        let planted = try PlantedTree("a.json")
        let file = try #require(try planted.tree().listing("").generators.first)
        #expect(try planted.tree(fileBytesMax: 11).text(file) == "root/a.json")
        #expect(throws: TreeError.tooLarge("'a.json' is too large")) { try planted.tree(fileBytesMax: 10).read(file) }
    }

    @Test(arguments: [true, false])
    func theDepth_HasABound(asksKernel: Bool) throws {
        let deepest = String(repeating: "a/", count: 32)
        let planted = try PlantedTree("\(deepest)x.json")
        let tree = planted.tree(asksKernel: asksKernel)
        #expect(try tree.files("") == ["\(deepest)x.json json"])
        try planted.plant("\(deepest)a/")
        let error = try #require(throws: TreeError.self) { try tree.listing("") }
        #expect(error.description.contains("deeper than 32 folders"))
    }

    @Test func theEntries_HaveABound() throws {
        let planted = try PlantedTree("f/")
        for number in 0..<TargetTree.entriesMax - 1 {
            close(
                open(
                    planted.outer.file("root/f/\(number % 2 == 0 ? "." : "")\(number).json"), O_CREAT | O_WRONLY, 0o600)
            )
        }
        #expect(try planted.tree().listing("").generators.count == 4999)
        try planted.plant("f/last.json")
        #expect(throws: TreeError.tooLarge("there are more than 10000 files and folders")) {
            try planted.tree().listing("")
        }
        #expect(try planted.tree().listing("f").generators.count == 5000)
    }

    // MARK: Stamps

    /// A file with the stamp of what was read holds what was read.
    @Test func aStamp_ChangesWithTheFile() throws {
        let planted = try PlantedTree("a.json")
        let tree = planted.tree()
        let first = try #require(try tree.listing("").generators.first)
        #expect(try tree.listing("").generators.first?.stamp == first.stamp)
        let path = planted.outer.file("root/a.json")
        // The same size and time of change of its content, by another file and by the same one.
        let status = stat.of(path)
        _ = try planted.outer.write("ROOT/A.JSON", to: "new")
        #expect(rename(planted.outer.file("new"), path) == 0)
        var times = [status.st_mtim, status.st_mtim]
        #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
        let second = try #require(try tree.listing("").generators.first)
        #expect(
            second.stamp != first.stamp && second.stamp.modified == first.stamp.modified
                && second.stamp.size == first.stamp.size)
        try planted.mode(0o755, of: "root/a.json")
        #expect(try tree.listing("").generators.first?.stamp != second.stamp)
    }

    @Test func aFileThatHasJustChanged_HasNoStampYet() {
        let stamp = FileStamp(device: 1, inode: 2, size: 3, modified: 4, changed: 1_000_000_000, mode: 6)
        #expect(!stamp.isSettled(at: Timestamp(nanoseconds: 1_000_000_000)))
        #expect(!stamp.isSettled(at: Timestamp(nanoseconds: 1_020_000_000)))
        #expect(!stamp.isSettled(at: Timestamp(nanoseconds: 990_000_000)))
        #expect(stamp.isSettled(at: Timestamp(nanoseconds: 1_020_000_001)))
        #expect(stamp.isSettled(at: Timestamp(nanoseconds: 0)))
    }

    @Test func whatIsRead_HasTheStampOfTheListing_OnceItIsOldEnough() throws {
        let planted = try PlantedTree("a.json")
        let tree = planted.tree()
        let file = try #require(try tree.listing("").generators.first)
        let deadline = Moment.now().monotonic + 10_000_000_000
        var stamp = FileStamp.unknown
        while stamp == .unknown, Moment.now().monotonic < deadline { stamp = try tree.read(file).stamp }
        #expect(stamp == file.stamp)
    }
}

extension stat {
    fileprivate static func of(_ path: String) -> stat {
        var status = stat()
        _ = lstat(path, &status)
        return status
    }
}
