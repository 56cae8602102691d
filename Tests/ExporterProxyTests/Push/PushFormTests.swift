import Exposition
import NIOCore
import Testing

@testable import ExporterProxy

/// Pushes that are like the one before but for their values: read faster, and nothing else.
@Suite struct PushFormTests {
    private static let group = GroupingKey([Label("job", "j")])

    /// Three families, and more where `more` says it.
    private static func body(_ value: Int, more: String = "") -> ByteBuffer {
        let text = """
            # HELP runs_total Runs.
            # TYPE runs_total counter
            runs_total{code="ok",zone="a"} \(value)
            runs_total{zone="a",code="failed"} \(value * 7)
            # TYPE seconds gauge
            seconds -\(value).5
            # TYPE sizes histogram
            sizes_bucket{le="1"} \(value)
            sizes_bucket{le="+Inf"} \(value * 2)
            sizes_sum -\(value)
            sizes_count \(value * 2)

            """
        return ByteBuffer(string: text + more)
    }

    private static func read(
        _ body: ByteBuffer, _ request: PushRequest, _ rules: PushRules = PushRules(),
        _ limits: ExpositionLimits = ExpositionLimits(), like groups: PushedGroups? = nil
    ) throws -> Push {
        try PushParser(rules: rules, limits: limits).read(
            body, request, at: .example, like: groups?.example(of: request.group))
    }

    private static func request(_ clearing: Push.Clearing = .group, mode: String? = nil) -> PushRequest {
        PushRequest(group: group, manner: .replacing(clearing), clearMode: mode.flatMap(ClearWord.init))
    }

    private static func groups(_ pushes: Push...) -> PushedGroups {
        var groups = PushedGroups()
        for push in pushes { _ = groups.apply(push) }
        return groups
    }

    @Test(arguments: [Push.Clearing.families, .group, .everything])
    func pushOfTheSameForm_HasTheSameLinesAsReadWhole(clearing: Push.Clearing) throws {
        let groups = Self.groups(try Self.read(Self.body(1), Self.request()))
        let again = try Self.read(Self.body(12345), Self.request(clearing), like: groups)
        let whole = try Self.read(Self.body(12345), Self.request(clearing))
        #expect(again.isAgain)
        #expect(PushCodec.encode(again) == PushCodec.encode(whole))
    }

    @Test func pushAfterAPushOfTheSameForm_IsReadInStepWithThatOne() throws {
        var groups = Self.groups(try Self.read(Self.body(1), Self.request()))
        for value in 2..<5 {
            let push = try Self.read(Self.body(value), Self.request(), like: groups)
            #expect(push.isAgain)
            _ = groups.apply(push)
        }
        var whole = Self.groups(try Self.read(Self.body(4), Self.request()))
        #expect(groups.render(at: .example).changed.map(\.body) == whole.render(at: .example).changed.map(\.body))
    }

    /// Labels that give way to those of the group make lines shorter, in the end shorter than nothing.
    @Test(arguments: ["m 1\n", "m 1\nm 2\n", "u 1\n", ""])
    func textShorterThanWhatItsFormTakesAway_IsReadWhole(_ text: String) throws {
        let giving = ByteBuffer(string: "u{job=\"\(String(repeating: "x", count: 80))\"} 1\n")
        let groups = Self.groups(try Self.read(giving, Self.request()))
        let body = ByteBuffer(string: text)
        let (again, whole) = (
            Result { try Self.read(body, Self.request(), like: groups) }, Result { try Self.read(body, Self.request()) }
        )
        #expect(again.map { PushCodec.encode($0) }.text == whole.map { PushCodec.encode($0) }.text)
        if case .success(let push) = again { #expect(!push.isAgain) }
    }

    private static let otherRules: PushRules = {
        var rules = PushRules()
        rules.rules = [PushRules.Rule(metric: NamePattern("seconds"), clearMode: ClearWord("max"))]
        return rules
    }()

    private static let lifeRules: PushRules = {
        var rules = PushRules()
        rules.rules = [PushRules.Rule(metric: NamePattern("seconds"), expireAfter: .seconds(5))]
        return rules
    }()

    @Test(arguments: [
        (request(), otherRules, 0, false), (request(), lifeRules, 0, false),
        (request(mode: "sum"), PushRules(), 0, false),
        (request(), PushRules(), 1, false), (request(), PushRules(), 0, true),
        (PushRequest(group: group, manner: .aggregating), PushRules(), 0, false),
    ])
    func underOtherRules_IsReadWhole(
        _ request: PushRequest, _ rules: PushRules, fewerLabels: Int, isSame: Bool
    ) throws {
        let groups = Self.groups(try Self.read(Self.body(1), Self.request()))
        var limits = ExpositionLimits()
        limits.labels -= fewerLabels
        let push = try Self.read(Self.body(2), request, rules, limits, like: groups)
        #expect(push.isAgain == isSame)
    }

    @Test func bodyBeyondTheLimit_IsReadWholeAndRefused() throws {
        var limits = ExpositionLimits()
        limits.bytes = Self.body(2).readableBytes
        let groups = Self.groups(try Self.read(Self.body(2), Self.request(), PushRules(), limits))
        #expect(try Self.read(Self.body(3), Self.request(), PushRules(), limits, like: groups).isAgain)
        #expect(throws: PushRefusal.self) {
            try Self.read(Self.body(10), Self.request(), PushRules(), limits, like: groups)
        }
    }

    @Test func idempotencyKeyBeyondTheLimit_IsRefusedAlsoThen() throws {
        var groups = Self.groups(try Self.read(Self.body(1), Self.request()))
        var request = Self.request()
        request.idempotencyKey = String(repeating: "k", count: groups.limits.idempotencyKeyBytes + 1)
        let push = try Self.read(Self.body(2), request, like: groups)
        #expect(push.isAgain)
        guard case .refused = groups.apply(push) else {
            Issue.record("it was stored")
            return
        }
    }

    /// A push that was read in step with another one is stored as it is, also where the group has changed since.
    @Test func pushThatComesToAnotherGroupThanItWasReadFor_IsStoredWhole() throws {
        var groups = Self.groups(try Self.read(Self.body(1), Self.request()))
        let again = try Self.read(Self.body(2), Self.request(), like: groups)
        _ = groups.apply(.delete(Self.group))
        _ = groups.apply(again)
        var whole = Self.groups(try Self.read(Self.body(2), Self.request()))
        #expect(groups.render(at: .example).changed.map(\.body) == whole.render(at: .example).changed.map(\.body))
        #expect(groups.series == whole.series)
    }

    @Test func whateverComesBetween_GroupsAreTheSameAsReadWhole() throws {
        var inStep = 0
        for seed in 0..<150 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var (fast, slow) = (PushedGroups(), PushedGroups())
            for step in 0..<40 {
                let moment = Moment.example.advanced(by: .seconds(step))
                let record = try Self.record(&random, fast, moment)
                if case .push(let push) = record.fast, push.isAgain { inStep += 1 }
                let outcomes = [fast.apply(record.fast), slow.apply(record.slow)]
                #expect("\(outcomes[0])" == "\(outcomes[1])", "seed \(seed), step \(step)")
                #expect(fast.series == slow.series, "seed \(seed), step \(step)")
                if Bool.random(using: &random) {
                    let texts = [fast.render(at: moment), slow.render(at: moment)].map { $0.changed.map(\.body) }
                    #expect(texts[0] == texts[1], "seed \(seed), step \(step)")
                }
            }
            // Nothing is different for a restart either.
            let parts = [fast.changedParts(), slow.changedParts()].map { $0.map(\.bytes) }
            #expect(parts[0] == parts[1], "seed \(seed)")
        }
        #expect(inStep > 1000, "\(inStep)")
    }

    /// The same record, once read in step where that can be.
    private static func record(
        _ random: inout SeededGenerator, _ groups: PushedGroups, _ moment: Moment
    ) throws -> (fast: PushRecord, slow: PushRecord) {
        func both(_ record: PushRecord) -> (PushRecord, PushRecord) { (record, record) }
        let value = Int.random(in: 0..<100_000, using: &random)
        var request = Self.request(Bool.random(using: &random) ? .group : .families)
        var text = Self.body(value)
        switch Int.random(in: 0..<24, using: &random) {
        case 0: return both(.delete(group))
        case 1: return both(.failure(group, at: moment))
        case 2: return both(.expire(at: moment))
        case 3: return Int.random(in: 0..<4, using: &random) == 0 ? both(.wipe) : both(.delete(group))
        case 4: text = ByteBuffer(string: "# TYPE seconds gauge\nseconds \(value)\n")
        case 5: text = ByteBuffer(string: "# TYPE seconds counter\nseconds \(value)\n")
        case 6: text = Self.body(value, more: "other 1\n")
        case 7: text = ByteBuffer(string: "# HELP seconds Other.\n# TYPE seconds gauge\nseconds{a=\"b\"} \(value)\n")
        case 8:
            text = ByteBuffer(string: "# TYPE seconds gauge\nseconds{x=\"y\"} \(value)\n")
            request.clearMode = ClearWord("max")
        case 9: request.expiresAfter = .seconds(Int.random(in: 1..<9, using: &random))
        case 10: request.manner = .replacing(.everything)
        case 11: request.idempotencyKey = "\(Int.random(in: 0..<3, using: &random))"
        case 12: request.manner = .aggregating
        case 13: text = ByteBuffer(string: "seconds{job=\"another, and a long one\"} \(value)\n")
        case 14: text = ByteBuffer(string: "m \(value)\n")
        default: break
        }
        let parser = PushParser(rules: PushRules(), limits: ExpositionLimits())
        return (
            .push(try parser.read(text, request, at: moment, like: groups.example(of: group))),
            .push(try parser.read(text, request, at: moment))
        )
    }
}

extension Result where Success == ByteBuffer {
    fileprivate var text: String {
        switch self {
        case .success(let bytes): String(describing: bytes.readableBytesView.map { $0 })
        case .failure(let error): "\(error)"
        }
    }
}
