import TestSupport
import Testing

@testable import ExporterProxy

/// What Prometheus 2.42 was seen to make of lists.
struct TargetCasesTests {
    /// Bodies that Prometheus takes and we do not, with the reason.
    private static let refused = [
        "null": "it would drop all targets", "nulltargets": "it would drop them", "emptytarget": "nobody can mean it",
        "badutf8": "we write all text anew",
    ]

    /// The targets as Prometheus would show them, with its default job and without relabeling.
    private static func active(_ list: TargetList, job: String) -> Set<String> {
        var active: Set<String> = []
        for group in list.groups {
            let labels = Dictionary((group.labels ?? []).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
            for target in group.targets where !target.contains("/") {
                let address = target.contains(":") ? target : "\(target):80"
                let shown = labels.filter { !$0.key.hasPrefix("__") && !$0.value.isEmpty }
                active.insert(Self.shown(["instance": address, "job": job].merging(shown) { $1 }))
            }
        }
        return active
    }

    private static func shown(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }

    @Test(.needsConformanceCases) func bodies_AreJudgedAsPrometheusDoes() throws {
        let cases = try ConformanceCases.load("http-sd/consumer-prometheus-2.42.json")["cases"].array
        var judged = 0
        for item in cases {
            let id = item["id"].string ?? ""
            let response = item["response"]
            guard response["status"].number == 200, response["headers"]["Content-Type"].string == "application/json",
                let latin = response["body_latin1"].string
            else { continue }
            judged += 1
            let bytes = latin.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
            let (list, problems) = TargetList.read(bytes, .json)
            let error = item["prometheus"]["error"].string
            #expect((list == nil) == (error != nil || Self.refused[id] != nil), "\(id): \(problems)")
            guard let list else {
                // Its own words are there, where it got as far as that.
                let words = problems.map(\.consequence).joined()
                let isOfList =
                    error?.contains("Go ") == true && !id.hasPrefix("obj") || error?.contains("label name") == true
                if let error, isOfList { #expect(words.contains(String(error.prefix(40))), "\(id): \(words)") }
                continue
            }
            let seen = item["prometheus"]["active"].array.map { $0["labels"].object.compactMapValues(\.string) }
            #expect(Self.active(list, job: id) == Set(seen.map(Self.shown)), "\(id)")
        }
        #expect(judged >= 24)
    }

    /// The trees of the cases: what is wrong with their files is found, and nothing else.
    @Test(.needsConformanceCases) func filesOfTheCases_AreJudged() throws {
        let objections: [String: Set<TargetProblem.Severity>] = [
            "check-bad-yaml-file": [.doubtful], "check-labels-not-dict": [.refused], "check-no-port": [.doubtful],
            "check-status-line-bug": [.doubtful], "error-json-syntax": [.refused], "error-yaml-syntax": [.refused],
            "yaml-multi-document": [.refused],
        ]
        var judged = 0
        for folder in try ConformanceCases.files(in: "http-sd")
        where folder.contains("http-sd/") && !folder.contains(".") {
            let tree = TargetTree(root: "\(ConformanceCases.folder)/\(folder)/targets")
            guard let listing = try? tree.listing(of: TreePath()) else { continue }
            var found: Set<TargetProblem.Severity> = []
            for file in listing.generators {
                guard let format = TargetList.Format(rawValue: file.kind.rawValue) else { continue }
                judged += 1
                found.formUnion(TargetList.read(try tree.read(file).bytes, format).problems.map(\.severity))
            }
            #expect(found == objections[String(folder.dropFirst("http-sd/".count))] ?? [], "\(folder)")
        }
        #expect(judged >= 18)
    }
}
