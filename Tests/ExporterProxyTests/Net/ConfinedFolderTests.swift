import Foundation
import Glibc
import Testing

@testable import ExporterProxy

/// A folder with a secret beside it.
private final class Fixture: Sendable {
    let outer: TemporaryFolder
    var root: String { outer.file("root") }

    init() throws {
        outer = try TemporaryFolder()
        for folder in ["root", "root/a", "root/a/b", "beside"] {
            try FileManager.default.createDirectory(atPath: outer.file(folder), withIntermediateDirectories: false)
        }
        for file in ["root/x", "root/a/y", "root/a/b/z"] { _ = try outer.write(file, to: file) }
        _ = try outer.write("secret", to: "beside/s")
        let links = [
            ("root/up", "a/../x"), ("root/a/over", "../x"), ("root/folder", "a"), ("root/chain", "folder/over"),
            ("root/out", "../beside/s"), ("root/absolute", "\(outer.path)/root/x"), ("root/loop", "loop"),
            ("root/broken", "nothing"), ("root/outfolder", "../beside"), ("root/a/top", "../.."), ("root/here", "."),
            ("root/out_and_in", "../root/x"), ("root/process", "/proc/self/root"), ("link", "root"),
        ]
        for (name, target) in links {
            guard symlink(target, outer.file(name)) == 0 else { throw SystemError("link \(name)") }
        }
    }

    /// What is in a file, or the code of why it is not.
    func read(_ path: String, followsLinks: Bool = true, asksKernel: Bool) -> Result<String, SystemError> {
        Result { () throws(SystemError) in
            let folder = try ConfinedFolder(root, asksKernel: asksKernel)
            let descriptor = try folder.open(path, O_RDONLY, followsLinks: followsLinks)
            defer { withExtendedLifetime(descriptor) {} }
            return String(decoding: try SmallFile.read(descriptor.raw, named: path, bytesMax: 100), as: UTF8.self)
        }
    }
}

@Test(arguments: [true, false])
func whatIsInAFolder_IsOpened(asksKernel: Bool) throws {
    let fixture = try Fixture()
    let paths = [
        "x": "root/x", "a/y": "root/a/y", "a/b/z": "root/a/b/z", "./a/./y": "root/a/y", "a/../x": "root/x",
        "a//y": "root/a/y",
        "up": "root/x", "a/over": "root/x", "folder/y": "root/a/y", "chain": "root/x", "here/a/b/z": "root/a/b/z",
    ]
    for (path, text) in paths {
        #expect(fixture.read(path, asksKernel: asksKernel) == .success(text), "\(path)")
    }
}

@Test(arguments: [true, false])
func whatIsOutsideOfAFolder_IsNotOpened(asksKernel: Bool) throws {
    let fixture = try Fixture()
    let paths = [
        ("../beside/s", [EXDEV]), ("/etc/passwd", [EXDEV]), ("a/../../beside/s", [EXDEV]), ("out", [EXDEV]),
        ("absolute", [EXDEV]), ("outfolder/s", [EXDEV]), ("a/top/beside/s", [EXDEV]), ("out_and_in", [EXDEV]),
        ("process/etc/passwd", [EXDEV, ELOOP]), ("loop", [ELOOP]), ("broken", [ENOENT]), ("x/y", [ENOTDIR]),
        ("x/", [ENOTDIR]), ("x/.", [ENOTDIR]), ("x/../x", [ENOTDIR]), ("up/", [ENOTDIR]),
        ("a/none", [ENOENT]),
        ("x\u{0}y", [EINVAL]),
    ]
    for (path, codes) in paths {
        guard case .failure(let error) = fixture.read(path, asksKernel: asksKernel) else {
            Issue.record("\(path) is opened")
            continue
        }
        #expect(codes.contains(error.code), "\(path): \(error)")
    }
}

@Test(arguments: [true, false])
func links_AreOnlyFollowedWhereTheyMayBe(asksKernel: Bool) throws {
    let fixture = try Fixture()
    #expect(fixture.read("a/y", followsLinks: false, asksKernel: asksKernel) == .success("root/a/y"))
    for path in ["up", "folder/y", "a/over", "here/x", "loop"] {
        guard case .failure(let error) = fixture.read(path, followsLinks: false, asksKernel: asksKernel) else {
            Issue.record("\(path) is opened")
            continue
        }
        #expect(error.code == ELOOP, "\(path): \(error)")
    }
}

@Test(arguments: [true, false])
func theFolderItself_MayBeALink_AndIsOpenedByNoPath(asksKernel: Bool) throws {
    let fixture = try Fixture()
    let folder = try ConfinedFolder(fixture.outer.file("link"), asksKernel: asksKernel)
    #expect(try folder.status(of: "", followsLinks: false).st_mode & S_IFMT == S_IFDIR)
    #expect(try folder.status(of: "x", followsLinks: false).st_size == 6)
    let status = try folder.status(of: "a", followsLinks: false)
    var other = stat()
    #expect(lstat(fixture.outer.file("root/a"), &other) == 0 && status.st_ino == other.st_ino)
}

@Test func aFolderThatIsNone_IsRefused() throws {
    let fixture = try Fixture()
    #expect(throws: SystemError.self) { try ConfinedFolder(fixture.outer.file("none")) }
    #expect(throws: SystemError.self) { try ConfinedFolder(fixture.outer.file("root/x")) }
}

/// Also one that nobody writes to.
@Test(.timeLimit(.minutes(1)), arguments: [true, false])
func aFIFO_IsLookedAtWithoutWaiting(asksKernel: Bool) throws {
    let fixture = try Fixture()
    #expect(mkfifo(fixture.outer.file("root/pipe"), 0o600) == 0)
    let folder = try ConfinedFolder(fixture.root, asksKernel: asksKernel)
    #expect(try folder.status(of: "pipe", followsLinks: true).st_mode & S_IFMT == S_IFIFO)
}
