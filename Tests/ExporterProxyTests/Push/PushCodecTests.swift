import Exposition
import NIOCore
import Testing

@testable import ExporterProxy

struct PushCodecTests {
    private static let pushes = [
        "", "m gauge block", "m gauge help=H life=5s block x=1 1.0; x=2 NaN",
        "m counter clears x=1 sum 5; mean/5m 1; p90 2",
        "h histogram block h(1:1,+Inf:2,s=1) | h2 histogram sum h(1:1,+Inf:2,s=1); x=1 last h(+Inf:1)",
        "s summary s(0.5:1,s=2,c=3); x=1 sum s(0.5:NaN) | g gauge min 1; x=1 max 2; x=2 last/1h 3; x=3 p50/10m -Inf",
    ]

    @Test(arguments: pushes)
    func push_IsReadAsItWasWritten(text: String) throws {
        let bench = PushBench()
        for clearing in [Push.Clearing.nothing, .families, .group, .everything] {
            var push = try bench.pushed(text, clearing, to: "job=a,x=quo\"te\\", life: .milliseconds(1500), key: "k")
            if clearing == .group { (push.expiresAfter, push.idempotencyKey) = (nil, nil) }
            let bytes = PushCodec.encode(push)
            guard case .push(let read) = try PushCodec.decode(bytes, at: bench.now) else {
                Issue.record("no push")
                return
            }
            #expect(PushCodec.encode(read) == bytes)
            #expect(read.at == push.at && read.group == push.group && read.clearing == clearing)
            #expect(read.expiresAfter == push.expiresAfter && read.idempotencyKey == push.idempotencyKey)
            #expect("\(read.families)" == "\(push.families)")
        }
    }

    @Test func otherRecords_AreReadAsTheyWereWritten() throws {
        var selection = PushSelection()
        selection.metrics = [.init(group: GroupingKey("job=a"), family: "m", labels: "x=\"1\"")]
        selection.groups = [GroupingKey("job=b")]
        let records: [PushRecord] = [
            .failure(GroupingKey("job=a"), at: .example), .delete(GroupingKey("")), .deleteSelected(selection), .wipe,
            .expire(at: .example),
        ]
        for record in records {
            #expect("\(try PushCodec.decode(PushCodec.encode(record), at: .example))" == "\(record)")
        }
    }

    /// Seconds by which the wall's clock has moved since, and how old the record is then by the monotonic one.
    @Test(arguments: [(0, 0), (5, 5), (3600, 3600), (-5, 0)])
    func record_IsAsOldAsTheWallSays(passed: Int, age: Int) throws {
        var now = Moment(wall: Moment.example.wall, monotonic: 7)
        now.wall.nanoseconds += Int64(passed) * 1_000_000_000
        let record = try PushCodec.decode(PushCodec.encode(.expire(at: .example)), at: now)
        guard case .expire(let moment) = record else {
            Issue.record("\(record)")
            return
        }
        #expect(moment.wall == Moment.example.wall && moment.monotonic == 7 - Int64(age) * 1_000_000_000)
    }

    @Test(
        arguments: [
            ([], .length), ([2, 0], .version(2)), ([1], .length), ([1, 99], .damaged("the kind of a record")),
            ([1, 4, 0], .length), ([1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .damaged("a count")),
            ([1, 0, 0xFF, 0xFF, 0x03], .length), ([1, 2, 1, 1, 0xFF, 0], .damaged("a text")),
        ] as [([UInt8], RecordError)])
    func damagedRecord_IsRefused(bytes: [UInt8], error: RecordError) {
        #expect(throws: error) { _ = try PushCodec.decode(ByteBuffer(bytes: bytes), at: .example) }
    }

    /// What a text would break, a record cannot bring in.
    @Test(arguments: [
        "bad-name gauge 1", "m info 1", "m gauge x-y=1 1", "m gauge one", "m gauge x=\" 1", "m gauge x=1 1 1",
    ])
    func recordThatCouldNotBeServed_IsRefused(text: String) throws {
        var push = try PushBench().pushed("m gauge 1")
        let words = text.split(separator: " ").map(String.init)
        push.families[0].name = words[0]
        push.families[0].type = try #require(MetricType(rawValue: words[1]))
        let value = words.count == 3 ? words[2] : words[3...].joined(separator: " ")
        let labels = words.count == 3 ? "" : PushNotation.labels(words[2])
        push.families[0].content = .metrics([.init(labels: labels, mode: .replace, point: .value(1, text: value))])
        if text == "m gauge x=1 1 1" {
            push.families[0].content = .block(.init(lines: ByteBuffer(string: "m 1 1\n"), series: [1]))
        }
        #expect(throws: RecordError.self) { _ = try PushCodec.decode(PushCodec.encode(push), at: .example) }
    }

    @Test func part_TakesThePlaceOfItsGroup_AndContradictsNoOther() throws {
        let bench = PushBench()
        try bench.push("m gauge x=1 sum 1 | h histogram h(1:1,+Inf:2)")
        let part = try #require(bench.changedParts().first?.bytes)
        try bench.push("m gauge x=1 sum 1 | n gauge 1")
        try bench.restore(part)
        #expect(bench.samples() == ["h_bucket{le=\"1\"} 1", "h_bucket{le=\"+Inf\"} 2", "h_count 2", "m{x=\"1\"} 1"])
        for other in ["m counter x=2 1", "m gauge x=1 1", "h summary s(c=1)"] {
            let bench = PushBench()
            try bench.push(other, to: "job=b")
            #expect(throws: RecordError.conflict) { try bench.restore(part) }
            #expect(bench.groups.count == 1)
        }
    }

    @Test func lives_GoOnInAnotherRun() throws {
        let bench = PushBench()
        try bench.push(
            "m gauge block 1 | n gauge x=1 1 | c counter sum 5 | w gauge sum/60s 3 | k gauge life=9s 1", life: nil)
        try bench.push("e counter sum 7", to: "job=e", life: .seconds(1), key: "k")
        bench.groups.limits.expireAfter = .seconds(60)
        bench.advance(.seconds(2))
        _ = bench.expire()
        let parts = bench.changedParts()
        #expect(parts.map(\.key) == [#"push: {job="a"}"#, "push bases", "push keys", "push limits"])
        // Booted anew, 38 s later.
        var limits = PushLimits()
        limits.expireAfter = .seconds(60)
        let later = PushBench(limits)
        later.now = Moment(wall: bench.now.advanced(by: .seconds(38)).wall, monotonic: 3_000_000_000)
        for part in parts { try later.restore(try #require(part.bytes)) }
        #expect(later.expire() == (1, 0, later.now.advanced(by: .seconds(20))))
        #expect(later.samples() == ["c 5", "m 1", "n{x=\"1\"} 1", "w 3"])
        try later.push("e counter sum 1", to: "job=e")
        #expect(later.samples(of: "job=e") == ["e 8"])
        #expect(try later.push("e counter sum 1", to: "job=e", key: "k") == .stored)
        #expect(later.samples(of: "job=e") == ["e 8"])
        later.advance(.seconds(20))
        #expect(later.samples().last == "w 0")
        #expect(later.expire().series == 4)
    }

    /// Bytes that were changed by accident or malice are refused, or make a state that can be served.
    @Test(arguments: UInt64(0)..<8)
    func changedBytes_DoNoHarm(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let bench = PushBench()
        var texts: [ByteBuffer] = [
            PushCodec.encode(.wipe), PushCodec.encode(.failure(GroupingKey("job=x"), at: .example)),
        ]
        for (number, text) in Self.pushes.enumerated() {
            texts.append(PushCodec.encode(try bench.pushed(text, .nothing, key: "\(number)")))
            try bench.push(text, .nothing, life: number == 3 ? .zero : nil, key: "\(number)")
        }
        try bench.push("exporter_proxy_a gauge 1", key: "refused")
        _ = bench.expire()
        try bench.push(Self.pushes[3])
        texts += bench.changedParts().compactMap(\.bytes)
        #expect(texts.count == 11)
        for _ in 0..<1500 {
            let bytes = Self.changed(texts, &random)
            var groups = PushedGroups()
            if let record = try? PushCodec.decode(bytes, at: .example) { _ = groups.apply(record) }
            try? groups.restore(bytes, at: .example)
            for key in groups.places.keys {
                let text = groups.text(of: key, at: .example) ?? ""
                #expect(IndexedExposition.of(text) != nil, "seed \(seed): \(text)")
            }
            _ = groups.expire(at: Moment(wall: .init(nanoseconds: .max), monotonic: .max))
            _ = groups.changedParts()
        }
    }

    private static func changed(_ texts: [ByteBuffer], _ random: inout SeededGenerator) -> ByteBuffer {
        var bytes = Array((texts.randomElement(using: &random) ?? ByteBuffer()).readableBytesView)
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            case 2: bytes.removeSubrange(place...)
            case 3: bytes.insert(contentsOf: random.bytes(Int.random(in: 1...9, using: &random)), at: place)
            default: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...9, using: &random)))
            }
        }
        return ByteBuffer(bytes: bytes)
    }
}
