import FoundationEssentials
import TestSupport
import Testing

/// Trees of targets as prometheus-http-sd's users have them, served and checked by the real program.
@Suite(.sharesMachine)
struct DiscoveryCasesTests {
    @Test(.needsConformanceCases) func trees_AreServedAsTheirUsersExpect() async throws {
        let cases = try Self.cases()
        #expect(cases.count >= 25)
        var answersSeen = 0
        for item in cases where !item.requests.isEmpty {
            let folder = try await item.folder()
            let settings = [
                "discovery.root": "\"\(folder.path("targets"))\"",
                "discovery.scrape_configs": "\(item.id == "scrape-configs")",
            ]
            try await withProxy(settings) { proxy in
                for request in item.requests {
                    // Twice: what is kept is as good as what is made.
                    for _ in 0..<2 {
                        Self.compare(try proxy.get(request), item.want[request], "\(item.id): \(request)")
                    }
                }
            }
            answersSeen += item.requests.count { item.want[$0].object.isEmpty == false }
        }
        #expect(answersSeen >= 20)
    }

    /// What we answer where the cases leave it open.
    @Test func answers_ThatTheCasesLeaveOpen() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("d"), withIntermediateDirectories: true)
        try folder.write("d/a.json", #"[{"targets": ["a:1"]}]"#)
        try await withProxy(["discovery.root": "\"\(folder.path)\""]) { proxy in
            let file = try proxy.get("/targets/d/a.json")
            #expect(file.status == 200 && file.text == #"[{"targets":["a:1"]}]"# + "\n", "\(file)")
            #expect(file.header("content-type") == "application/json")
            for path in ["/targets/d/a", "/targets/none", "/targets/_x", "/targets/.x", "/targets/-/x"] {
                #expect(try proxy.get(path).status == 404, "\(path)")
            }
            for path in ["/targets/d%2Fa.json", "/targets/%2e%2e/x", "/targets/a%00"] {
                #expect(try proxy.get(path).status == 400, "\(path)")
            }
            #expect(try proxy.get("/targets//d/").text == file.text)
            #expect(try proxy.get("/scrape_configs/d").status == 404)
        }
    }

    @Test(.needsConformanceCases) func check_SaysWhatTheCasesWant() async throws {
        for item in try Self.cases() {
            guard let want = item.wantCheck else { continue }
            let folder = try await item.folder()
            let (exit, output, errors) = try await run(
                ProxyProcess.program, ["check", "targets", folder.path("targets")])
            #expect(exit == .status(want == "pass" ? 0 : 1), "\(item.id): \(output)\(errors)")
        }
    }

    // MARK: Cases

    private struct Case {
        var id: String
        var path: String
        var requests: [String]
        var want: JSONCase
        var wantCheck: String?
        var folders: [String]

        /// A copy of the case, with what git does not keep.
        func folder() async throws -> TemporaryFolder {
            let folder = try TemporaryFolder()
            try FileManager.default.createDirectory(atPath: folder.path("targets"), withIntermediateDirectories: true)
            if FileManager.default.fileExists(atPath: "\(path)/targets") {
                let (exit, _, errors) = try await run(
                    "/bin/cp", ["-r", "--no-preserve=mode", "\(path)/targets/.", folder.path("targets")])
                #expect(exit == .status(0), "\(errors)")
            }
            for name in folders {
                try FileManager.default.createDirectory(
                    atPath: folder.path("targets/\(name)"), withIntermediateDirectories: true)
            }
            return folder
        }
    }

    private static func cases() throws -> [Case] {
        try ConformanceCases.files(in: "http-sd").compactMap { name in
            guard FileManager.default.fileExists(atPath: "\(ConformanceCases.folder)/\(name)/case.json") else {
                return nil
            }
            let item = try ConformanceCases.load("\(name)/case.json")
            return Case(
                id: item["id"].string ?? "", path: "\(ConformanceCases.folder)/\(name)",
                requests: item["requests"].array.compactMap(\.string), want: item["want"],
                wantCheck: item["want_check"].string, folders: item["mkdir"].array.compactMap(\.string))
        }
    }

    private static func compare(_ answer: HTTPAnswer, _ want: JSONCase, _ name: String) {
        if let status = want["status"].number { #expect(answer.status == Int(status), "\(name): \(answer)") }
        if want["status_class"].string != nil { #expect(answer.status >= 400, "\(name): \(answer)") }
        if let type = want["content_type"].string { #expect(answer.header("content-type") == type, "\(name)") }
        if case .array(let groups) = want["json_unordered"] {
            #expect(sorted(answer.body) == sorted(groups), "\(name): \(answer)")
        }
        if !want["json"].isNull { #expect(sorted(answer.body) == sorted([want["json"]]), "\(name): \(answer)") }
    }

    private static func sorted(_ body: [UInt8]) -> [String]? {
        guard let value = try? JSONDecoder().decode(JSONCase.self, from: Data(body)) else { return nil }
        if case .array(let groups) = value { return sorted(groups) }
        return sorted([value])
    }

    private static func sorted(_ groups: [JSONCase]) -> [String]? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return groups.compactMap { try? String(decoding: encoder.encode($0), as: UTF8.self) }.sorted()
    }
}
