import FoundationEssentials
import TestSupport
import Testing

/// The same requests to Pushgateway and to us: the answers and the scrapes are the same.
@Suite(.sharesMachine)
struct PushOracleTests {
    /// What is compared of a scrape: values by series, of the times only whether there is one, and types.
    private struct Comparable: Equatable {
        var samples: [String: String] = [:]
        var types: Set<Substring> = []

        /// HELP is left out: of two groups with other texts Pushgateway shows either.
        init(_ page: ScrapedPage) {
            for (series, value) in page.samples {
                let isTime = series.hasPrefix("push_time_seconds") || series.hasPrefix("push_failure_time_seconds")
                samples[series] = isTime ? (value > 0 ? "some time" : "never") : "\(value)"
            }
            types = Set(page.text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") })
        }

        /// For a failing test.
        func difference(from other: Comparable) -> [String] {
            let series = Set(samples.keys).union(other.samples.keys).filter { samples[$0] != other.samples[$0] }
                .sorted()
            return series.map { "\($0): \(samples[$0] ?? "nothing"), not \(other.samples[$0] ?? "nothing")" }
                + types.symmetricDifference(other.types).map(String.init)
        }
    }

    @Test(.needs(.pushgateway), arguments: 0..<8) func randomPushes_HaveTheSameEffect(seed: UInt64) async throws {
        var pushes = RandomPushes(seed: seed)
        var statuses: [Int: Int] = [:]
        try await PushService.pushgateway.run { pushgateway in
            try await withProxy { proxy in
                for number in 0..<120 {
                    let push = pushes.next()
                    let (theirs, ours) = (try pushgateway.send(push), try proxy.send(push))
                    #expect(
                        ours.status == theirs.status, "seed \(seed), \(number): \(push): \(theirs.text)\(ours.text)")
                    statuses[theirs.status, default: 0] += 1
                    guard number % 10 == 9 else { continue }
                    let (wanted, found) = try (Comparable(pushgateway.scrape()), Comparable(proxy.scrape()))
                    #expect(found == wanted, "seed \(seed), \(number): \(found.difference(from: wanted))")
                }
            }
        }
        // The requests are of all kinds.
        #expect([200, 202, 400].allSatisfy { statuses[$0, default: 0] > 5 }, "\(statuses)")
    }

    /// Members and values of a JSON answer by their places; of times only that they are there.
    private static func flat(_ value: JSONCase, at place: String = "") -> [String: String] {
        switch value {
        case .object(let members):
            return members.reduce(into: [:]) { all, member in
                all.merge(flat(member.value, at: "\(place).\(member.key)")) { $1 }
            }
        case .array(let unsorted):
            // Groups, and metrics of a family, stand in any order.
            let elements = unsorted.map { (flat($0["labels"]).sorted { $0.key < $1.key }.description, $0) }
                .sorted { $0.0 < $1.0 }.map(\.1)
            return elements.indices.reduce(into: [:]) { all, index in
                all.merge(flat(elements[index], at: "\(place)[\(index)]")) { $1 }
            }
        case .string(let text): return [place: place.hasSuffix("time_stamp") ? "some time" : text]
        case .bool, .number, .null: return [place: "\(value)"]
        }
    }

    /// Values of the two times are times as well, and their HELP is in our own words.
    private static func groups(_ door: any PushDoor) throws -> [String: String] {
        let answer = try door.send(HTTPRequest("GET /api/v1/metrics"))
        let all = flat(try JSONDecoder().decode(JSONCase.self, from: Data(answer.content)))
        return all.reduce(into: [:]) { members, member in
            let isTime = member.key.contains(".push_time_seconds") || member.key.contains(".push_failure_time_seconds")
            let isOwn = isTime && (member.key.hasSuffix(".value") || member.key.hasSuffix(".help"))
            members[member.key] = isOwn ? "our own" : member.value
        }
    }

    @Test(.needs(.pushgateway)) func listOfGroups_HasTheShapeOfPushgateways() async throws {
        let pushes = [
            HTTPRequest("PUT /metrics/job/a/instance/i", "# HELP m A \\\\.\n# TYPE m gauge\nm{x=\"1\"} 0.5\nm 2\n"),
            HTTPRequest(
                "POST /metrics/job/b",
                "# TYPE h histogram\nh_bucket{le=\"0.1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n"
                    + "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 2\ns_count 3\n# TYPE c counter\nc 1\nu NaN\n"),
        ]
        try await PushService.pushgateway.run { pushgateway in
            try await withProxy { proxy in
                for door in [pushgateway, proxy] as [any PushDoor] {
                    for push in pushes { #expect(try door.send(push).status == 200) }
                }
                let (wanted, found) = try (Self.groups(pushgateway), Self.groups(proxy))
                #expect(wanted.count > 40, "\(wanted)")
                for key in Set(wanted.keys).union(found.keys).sorted() { #expect(found[key] == wanted[key], "\(key)") }
            }
        }
    }
}
