import NIOCore
import NIOHTTP1
import Testing

@testable import ExporterProxy

/// Lists joined, kept and forgotten.
struct KeptTargetsTests {
    private static func list(_ targets: String...) -> ReadyList {
        ReadyList(TargetList(groups: targets.map { TargetGroup(targets: [$0]) }))
    }

    private static func key(_ path: String) throws -> TargetsQuery.Key {
        TargetsQuery.Key(path: try TreePath(encoded: path), parameters: [])
    }

    @Test(
        arguments: [
            ([], "[]\n"), ([list()], "[]\n"), ([list(), list()], "[]\n"),
            ([list("a:1")], "[\(String(buffer: list("a:1").json))]\n"),
            (
                [list(), list("a:1"), list(), list("b:1")],
                "[\(String(buffer: list("a:1").json)),\(String(buffer: list("b:1").json))]\n"
            ),
        ] as [([ReadyList], String)])
    func lists_AreOneList(lists: [ReadyList], text: String) {
        #expect(String(buffer: MergedTargets(lists).body) == text)
    }

    @Test func sameLists_AreTheSameBytes_AndAnyOtherAreNot() {
        let one = MergedTargets([Self.list("a:1"), Self.list("b:1")])
        #expect(one.isMade(of: [Self.list("a:1"), Self.list("b:1")]))
        #expect(!one.isMade(of: [Self.list("b:1"), Self.list("a:1")]))
        #expect(!one.isMade(of: [Self.list("a:1")]))
        #expect(one.tag == MergedTargets([Self.list("a:1"), Self.list("b:1")]).tag)
        #expect(one.tag != MergedTargets([Self.list("b:1"), Self.list("a:1")]).tag)
    }

    @Test func lastList_StandsForAGivenTime() throws {
        var kept = KeptTargets()
        let time = ManualTime()
        _ = kept.merge([Self.list("a:1")], for: try Self.key("a"), at: .example, now: .example, rules: .init())
        time.advance(by: .seconds(10))
        let now = time.source()
        #expect(kept.last(try Self.key("a"), now: now, maxStale: .seconds(11))?.at == .example)
        #expect(kept.last(try Self.key("a"), now: now, maxStale: .seconds(10)) == nil)
        #expect(kept.last(try Self.key("a"), now: now, maxStale: nil) == nil)
        #expect(kept.last(try Self.key("b"), now: now, maxStale: .seconds(11)) == nil)
    }

    @Test func keptLists_AreBounded() throws {
        var kept = KeptTargets()
        var rules = CachedRuns.Rules()
        rules.keysMax = 10
        let time = ManualTime()
        for number in 0..<30 {
            time.advance(by: .seconds(1))
            let now = time.source()
            _ = kept.merge([Self.list("a:1")], for: try Self.key("\(number)"), at: now, now: now, rules: rules)
        }
        let there = try (0..<30).filter { number in
            kept.last(try Self.key("\(number)"), now: time.source(), maxStale: .seconds(3600)) != nil
        }
        #expect(there.count <= 10 && there.last == 29 && there == Array(there[0]...29), "\(there)")
    }

    // MARK: Requests

    @Test(
        arguments: [
            ("/targets/a?b=2&a=1&b=3", ["a=1", "b=2"], nil),
            ("/targets/a?debug=true&reload=false&x", ["x="], nil),
            ("/targets/a", [], "0.5"), ("/targets/a", [], "60"), ("/targets/a", [], "nan"), ("/targets/a", [], "-1"),
            ("/targets/a", [], "1e300"),
        ] as [(String, [String], String?)])
    func parameters_ReachGeneratorsOnce_AndInOneOrder(uri: String, parameters: [String], interval: String?) throws {
        let headers = HTTPHeaders(interval.map { [(TargetsQuery.intervalHeader, $0)] } ?? [])
        let request = HTTPRequest(method: .GET, uri: uri, headers: headers)
        let query = TargetsQuery(request, path: try TreePath(encoded: "a"))
        #expect(query.key.parameters.map { "\($0.name)=\($0.value)" } == parameters)
        let wanted = ["0.5": Duration.milliseconds(500), "60": .seconds(60)]
        #expect(query.interval == interval.flatMap { wanted[$0] })
        #expect(query.isAboutRuns == uri.contains("debug=true") && !query.reloads)
    }
}
