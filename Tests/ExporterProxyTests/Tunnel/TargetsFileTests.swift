import Foundation
import HyperDHT
import Testing

@testable import ExporterProxy

struct TargetsFileTests {
    private static let key = "5apcnbabhw7rpcseqr4qothsqrn5atdukq8ypkd7md4tznt6bibo"
    private static let now = Moment(wall: Timestamp(nanoseconds: 1_700_000_000_000_000_000), monotonic: 5)

    private static func target(_ alias: String, _ hostname: String = "host", _ service: String = "service") throws
        -> AliasTarget
    {
        AliasTarget(alias: alias, key: try #require(PublicKey(text: key)), hostname: hostname, service: service)
    }

    private static func read(_ path: String) -> [UInt8] {
        FileManager.default.contents(atPath: path).map(Array.init) ?? []
    }

    @Test func file_IsTheOriginals() throws {
        let bytes = TargetsFile.bytes(of: [try Self.target("one"), try Self.target("zwölf", "h", "")])
        let expected = """
            [
             {
              "labels": {
               "job": "aliases"
              },
              "targets": [
               "one:\(Self.key):host:service",
               "zwölf:\(Self.key):h:"
              ]
             }
            ]
            """
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test func emptyFile_IsTheOriginals() {
        let expected = "[\n {\n  \"labels\": {\n   \"job\": \"aliases\"\n  },\n  \"targets\": []\n }\n]"
        #expect(String(decoding: TargetsFile.bytes(of: []), as: UTF8.self) == expected)
        #expect(TargetsFile.read(TargetsFile.bytes(of: [])) == TargetsFile.Contents())
    }

    @Test func whatIsWritten_IsRead() throws {
        let targets = [try Self.target("a\"b\\c%", "h:1", "s 1"), try Self.target("😀", "", "é")]
        #expect(TargetsFile.read(TargetsFile.bytes(of: targets)) == .init(targets: targets))
    }

    @Test(arguments: [
        ("", "line 1: there is nothing in it"), ("{}", "line 1: not a list of one group of targets"),
        ("[]", "line 1: not a list of one group of targets"), ("[{}]", "line 1: not a list of one group of targets"),
        ("[{\"targets\": 1}]", "line 1: not a list of one group of targets"),
        ("[{\"targets\": []}, {\"targets\": []}]", "line 1: not a list of one group of targets"),
        ("[{\"targets\":\n[\"a\"]}]", "line 2: not 'alias:key:hostname:service'"),
        ("[{\"targets\": [\"a:b:c:d\"]}]", "line 1: not 'alias:key:hostname:service'"),
        ("[{\"targets\": [\"a:\(key):h:s:t\"]}]", "line 1: not 'alias:key:hostname:service'"),
        ("[{\"targets\": [null]}]", "line 1: not 'alias:key:hostname:service'"),
    ])
    func damage_IsSaid(text: String, fault: String) {
        let contents = TargetsFile.read(Array(text.utf8))
        #expect(contents == .init(faults: [fault]))
    }

    @Test func file_IsReplacedWhole() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("targets.json")
        #expect(try TargetsFile.open(path, at: Self.now) == .init(), "none is there yet")
        for targets in [[try Self.target("a"), try Self.target("b")], [try Self.target("c")]] {
            try TargetsFile.write(targets, to: path)
            #expect(Self.read(path) == TargetsFile.bytes(of: targets))
            #expect(try TargetsFile.open(path, at: Self.now) == .init(targets: targets))
        }
        #expect(Self.read(path + ".tmp").isEmpty, "nothing stays beside it")
    }

    @Test func fileThatCannotBeWritten_LeavesTheOldOne() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(Array("old".utf8), to: "targets.json")
        // Its place beside the file is taken by a folder.
        try FileManager.default.createDirectory(atPath: path + ".tmp", withIntermediateDirectories: false)
        #expect(throws: SystemError.self) { try TargetsFile.write([], to: path) }
        #expect(Self.read(path) == Array("old".utf8))
    }

    @Test func damagedFile_IsSetAsideAndNotLost() throws {
        let folder = try TemporaryFolder()
        let line = "a:\(Self.key):host:service"
        let texts = ["[{\"targets\": [\"\(line)\", \"?\"]}]", "[{\"targets\": [\"\(line)\"]"]
        let expected = [[try Self.target("a")], []]
        for (index, text) in texts.enumerated() {
            let path = try folder.write(Array(text.utf8), to: "targets.json")
            let opened = try TargetsFile.open(path, at: Self.now)
            #expect(opened.targets == expected[index] && opened.damage?.faults.count == 1)
            let aside = path + ".damaged-1700000000" + (index == 0 ? "" : "-2")
            #expect(opened.damage?.path == aside)
            #expect(Self.read(aside) == Array(text.utf8))
            #expect(try TargetsFile.open(path, at: Self.now) == .init())
        }
    }

    @Test func folderInItsPlace_IsAnError() throws {
        let folder = try TemporaryFolder()
        #expect(throws: SystemError.self) { try TargetsFile.open(folder.path, at: Self.now) }
    }
}
