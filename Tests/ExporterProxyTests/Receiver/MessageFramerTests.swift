import NIOCore
import Testing

@testable import ExporterProxy

/// Does what the framer says, as a connection does, without one.
private struct Client {
    enum Fate: Equatable {
        case open(isMidMessage: Bool)
        case ended
        case refused(ReceiverError)
    }

    var framer: MessageFramer
    var pending: [UInt8] = []
    var apps: [[String]] = []
    var fate = Fate.open(isMidMessage: false)
    /// The most bytes that had to be kept at a time.
    var pendingMost = 0

    init(_ format: ReceiverFormat = .auto, max: Int = 100_000) {
        framer = MessageFramer(accepting: format, bytesMax: max)
    }

    mutating func send(_ bytes: [UInt8], ended: Bool = false) {
        guard case .open = fate else { return }
        pending += bytes
        while step(ended: ended) {}
        pendingMost = max(pendingMost, pending.count)
    }

    mutating func send(_ text: String, ended: Bool = false) { send([UInt8](text), ended: ended) }

    mutating func end() { send([], ended: true) }

    private mutating func step(ended: Bool) -> Bool {
        switch pending.withExactBytes({ framer.next($0, ended: ended) }) {
        case .needMore(let isMidMessage): fate = .open(isMidMessage: isMidMessage)
        case .end: fate = .ended
        case .refuse(let error): fate = .refused(error)
        case .drop(let count):
            pending.removeFirst(count)
            return true
        case .json(let count): return json(count)
        case .capnp(let count): return take(Array(pending[..<count]).withExactBytes(CapnpCodec.decode), count)
        case .packedCapnp(let count):
            return take(Array(framer.packedMessage.readableBytesView).withExactBytes(CapnpCodec.decode), count)
        }
        return false
    }

    private mutating func json(_ count: Int?) -> Bool {
        var scratch = ByteBuffer()
        var submissions: [Submission] = []
        let document = count.map { Array(pending[..<$0]) } ?? pending
        switch document.withExactBytes({ JSONCodec.decode($0, scratch: &scratch, submissions: &submissions) }) {
        case .refused(let error, _):
            fate = .refused(error)
            return false
        case .incomplete where count == nil:
            framer.jsonWasIncomplete()
            return true
        case .incomplete:
            fate = .refused(.json(offset: document.count, "brackets do not match"))
            return false
        case .whole(let taken):
            apps += submissions.map { [$0.app, $0.body.text] }
            framer.messageWasTaken()
            pending.removeFirst(taken)
            return true
        }
    }

    private mutating func take(_ outcome: CapnpCodec.Outcome, _ count: Int) -> Bool {
        switch outcome {
        case .refused(let error, _):
            fate = .refused(error)
            return false
        case .whole(let submission):
            apps.append([submission.app, submission.body.text])
            framer.messageWasTaken()
            pending.removeFirst(count)
            return true
        }
    }
}

private let json = [UInt8](#"{"app":"m 1\n"}"#)

private struct Stream: CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var count: Int

    init(_ name: String, _ bytes: [UInt8], _ count: Int) {
        testDescription = name
        self.bytes = bytes
        self.count = count
    }
}

private let streams = [
    Stream("JSON", json, 1),
    Stream("JSON with space", [UInt8](" \n\t\r") + json + [UInt8](" \r\n"), 1),
    Stream("JSON after one newline", [0x0A] + json, 1),
    Stream("JSON joined", json + json + json, 3),
    Stream("JSON in lines", json + [0x0A] + json + [0x0A, 0x0A] + json + [0x0A], 3),
    Stream("Cap'n Proto", CapnpMessages.simple, 1),
    Stream("several Cap'n Proto", CapnpMessages.simple + CapnpMessages.farRoot + CapnpMessages.simple, 3),
    Stream("packed", CapnpMessages.simplePacked, 1),
    Stream("several packed", CapnpMessages.simplePacked + CapnpMessages.simplePacked + CapnpMessages.simplePacked, 3),
]

@Test(arguments: streams)
private func messageFramer_FindsEveryMessage_WhereverTheStreamIsCut(stream: Stream) {
    for (head, tail) in stream.bytes.cuts {
        var client = Client()
        client.send(head)
        client.send(tail)
        client.end()
        #expect(client.apps == Array(repeating: ["app", "m 1\n"], count: stream.count), "cut at \(head.count)")
        #expect(client.fate == .ended, "cut at \(head.count)")
    }
}

@Test(arguments: streams)
private func messageFramer_FindsEveryMessage_WhenEachByteComesAlone(stream: Stream) {
    var client = Client()
    for byte in stream.bytes { client.send([byte]) }
    #expect(client.apps.count == stream.count)
    client.end()
    #expect(client.fate == .ended)
}

@Test(arguments: streams)
private func messageFramer_HasNothingLeft_BetweenMessages(stream: Stream) {
    var client = Client()
    client.send(stream.bytes)
    #expect(client.pending.isEmpty)
    #expect(client.fate == .open(isMidMessage: false))
}

@Test func messageFramer_TakesAMessageAtOnce_WhenItIsWhole() {
    var client = Client()
    client.send(json)
    #expect(client.apps.count == 1)
    client.send(#"{"b":"#)
    #expect(client.fate == .open(isMidMessage: true))
    client.send(#""y"}"#)
    #expect(client.apps == [["app", "m 1\n"], ["b", "y\n"]])
}

@Test(
    arguments: [
        (ReceiverFormat.json, json, true), (.json, CapnpMessages.simple, false),
        (.json, CapnpMessages.simplePacked, false),
        (.capnp, json, false), (.capnp, CapnpMessages.simple, true), (.capnp, CapnpMessages.simplePacked, true),
    ] as [(ReceiverFormat, [UInt8], Bool)])
func messageFramer_TakesOnlyTheFormatThatIsAccepted(format: ReceiverFormat, bytes: [UInt8], isTaken: Bool) {
    var client = Client(format)
    client.send(bytes)
    #expect(client.apps.isEmpty == !isTaken)
    if case .refused(let error) = client.fate { #expect(error.reason == "format_not_accepted") }
    #expect((client.fate == .open(isMidMessage: false)) == isTaken)
}

@Test func messageFramer_RefusesHTTP() {
    var client = Client()
    client.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    #expect(client.fate == .refused(.httpRequest))
    var slow = Client(.json)
    for byte in [UInt8]("POST / HTTP/1.1\r\n") { slow.send([byte]) }
    #expect(slow.fate == .refused(.httpRequest))
}

@Test func messageFramer_RefusesWhatFollows_WhenItIsNotTheSameFormat() {
    var client = Client()
    client.send(json + CapnpMessages.simple)
    #expect(client.apps.count == 1)
    guard case .refused(.json(offset: 0, _)) = client.fate else {
        Issue.record("\(client.fate)")
        return
    }
}

@Test(arguments: [
    [UInt8](#"{"app":"m"#), Array(CapnpMessages.simple[..<47]), Array(CapnpMessages.simplePacked[..<18]), [0x10, 0x05],
])
func messageFramer_SaysSo_WhenTheStreamEndsWithinAMessage(bytes: [UInt8]) {
    var client = Client()
    client.send(bytes)
    #expect(client.fate == .open(isMidMessage: true))
    client.end()
    guard case .refused(.truncated) = client.fate else {
        Issue.record("\(client.fate)")
        return
    }
    #expect(client.apps.isEmpty)
}

@Test func messageFramer_KeepsWhatWasWhole_WhenTheStreamEndsWithinTheNext() {
    var client = Client()
    client.send(json + json.dropLast())
    client.end()
    #expect(client.apps.count == 1)
    #expect(client.fate == .refused(.truncated(bytes: json.count - 1)))
}

@Test(arguments: ["", " ", "\n\n\n\n\n", "   "])
func messageFramer_EndsWell_WhenNothingCame(space: String) {
    var client = Client()
    client.send(space)
    client.end()
    #expect(client.fate == .ended)
}

@Test func messageFramer_RefusesAtTheHeader_WhatIsTooLarge() {
    var client = Client(max: 1000)
    client.send(hex("00 00 00 00 00 00 00 01"))
    #expect(client.fate == .refused(.tooLarge(bytes: 8 + 8 << 24, limit: 1000)))
    var packed = Client(max: 1000)
    packed.send(hex("70 ff ff ff 40 02 11 05"))
    #expect(packed.fate == .refused(.tooLarge(bytes: 134_217_728, limit: 1000)))
}

@Test func messageFramer_StopsAJSONDocument_WhenItGrowsBeyondTheLimit() {
    var client = Client(max: 1000)
    client.send(#"{"a":""#)
    for _ in 0..<1000 { client.send("0123456789") }
    guard case .refused(.tooLarge(_, limit: 1000)) = client.fate else {
        Issue.record("\(client.fate)")
        return
    }
    #expect(client.pendingMost < 1100)
}

@Test func messageFramer_TakesManyMessages_ThatAreTogetherLargerThanTheLimit() {
    var client = Client(max: 64)
    client.send((0..<100).flatMap { _ in json })
    #expect(client.apps.count == 100)
}

@Test func messageFramer_RefusesNesting_BeforeItCosts() {
    let deep = [UInt8](#"{"a":"# + String(repeating: "[", count: 10_000))
    var client = Client()
    client.send(deep)
    guard case .refused(.json) = client.fate else {
        Issue.record("\(client.fate)")
        return
    }
    var slow = Client()
    for byte in deep { slow.send([byte]) }
    guard case .refused(.json(let offset, _)) = slow.fate else {
        Issue.record("\(slow.fate)")
        return
    }
    #expect(offset <= 64 && slow.pendingMost <= 64)
}

@Test func messageFramer_RefusesBracketsThatDoNotMatch() {
    var client = Client()
    client.send(#"{"a":["x""#)
    client.send("}}")
    guard case .refused(.json) = client.fate else {
        Issue.record("\(client.fate)")
        return
    }
}

@Test(arguments: 0..<40)
func messageFramer_ComesToAnEnd_WhateverComes(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<50 {
        var client = Client(max: 4096)
        for _ in 0..<5 { client.send(random.bytes(Int.random(in: 0..<20, using: &random))) }
        client.end()
        if case .open = client.fate { Issue.record("seed \(seed): still open at the end") }
    }
}

/// Found by the fuzzer: cut behind the space, the rest looked like a segment table.
@Test func messageFramer_RefusesWhatIsNotJSON_AfterSpace_HoweverItIsCut() {
    let stream = [UInt8](repeating: 0x0D, count: 14) + CapnpMessages.simple
    for (head, tail) in stream.cuts {
        var client = Client()
        client.send(head)
        client.send(tail)
        client.end()
        #expect(client.apps.isEmpty, "cut at \(head.count)")
        #expect(client.fate == .refused(.unknownFormat), "cut at \(head.count)")
    }
}
