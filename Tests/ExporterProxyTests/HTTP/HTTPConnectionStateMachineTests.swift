import NIOCore
import NIOHTTP1
import Testing

@testable import ExporterProxy

private typealias Machine = HTTPConnection.StateMachine

private func head(
    _ method: HTTPMethod = .GET, version: HTTPVersion = .http1_1, _ headers: [(String, String)] = [], host: Bool = true
) -> HTTPRequestHead {
    HTTPRequestHead(
        version: version, method: method, uri: "/", headers: HTTPHeaders(headers + (host ? [("host", "h")] : [])))
}

private let limit = HTTPBodyLimit(bytes: 20, key: "push.max")

/// A machine whose request has been let in, with a body of up to 10 bytes to be read away, or of `limit` to be taken.
private func admitted(
    _ head: HTTPRequestHead, _ limit: HTTPBodyLimit? = nil, bytesLeft: Int = 1000
) -> (machine: Machine, action: Machine.Action) {
    var machine = Machine(bodyBytesMax: 10)
    let judged = machine.received(.head(head))
    guard judged == .judge(head) else { return (machine, judged) }
    #expect(machine.isBusy)
    let action = machine.admitted(limit, bytesLeft: bytesLeft)
    return (machine, action)
}

/// The status that the action refuses with.
private func refusedStatus(_ action: Machine.Action) -> UInt? {
    switch action {
    case .refuse(let status, _): status.code
    case .refuseBody(let reason, _): reason.status.code
    default: nil
    }
}

@Test func machine_AnswersOneRequestAfterTheOther() {
    var machine = Machine(bodyBytesMax: 10)
    for _ in 0..<3 {
        #expect(machine.isIdle)
        let begun = machine.received(.head(head()))
        #expect(begun == .judge(head()) && machine.isBusy && !machine.isReceiving)
        let admitted = machine.admitted(nil, bytesLeft: 0)
        #expect(admitted == .nothing && machine.isReceiving)
        let ended = machine.received(.end(nil))
        #expect(ended == .answer && machine.isBusy && machine.keepsAlive)
        let answered = machine.answered(closes: false)
        #expect(answered == .nothing)
    }
}

@Test(
    arguments: [
        (HTTPVersion.http1_1, [], true), (.http1_1, [("connection", "close")], false), (.http1_0, [], false),
        (.http1_0, [("connection", "keep-alive")], true),
    ] as [(HTTPVersion, [(String, String)], Bool)])
func machine_Closes_WhenTheClientWantsItSo(version: HTTPVersion, headers: [(String, String)], keepsAlive: Bool) {
    var (machine, _) = admitted(head(version: version, headers))
    _ = machine.received(.end(nil))
    #expect(machine.keepsAlive == keepsAlive)
    let action = machine.answered(closes: false)
    #expect(action == (keepsAlive ? .nothing : .close) && machine.isClosing == !keepsAlive)
}

@Test func machine_Closes_WhenTheServerStops() {
    var (machine, _) = admitted(head())
    _ = machine.received(.end(nil))
    let action = machine.answered(closes: true)
    #expect(action == .close && machine.isClosing)
    let later = machine.received(.head(head()))
    #expect(later == .nothing)
}

@Test(
    arguments: [
        ([("content-length", "1"), ("content-length", "1")], 400),
        ([("content-length", "1"), ("content-length", "2")], 400),
        ([("content-length", "1"), ("transfer-encoding", "chunked")], 400), ([("transfer-encoding", "gzip")], 400),
        ([("transfer-encoding", "gzip, chunked")], 400), ([("transfer-encoding", "chunked, identity")], 400),
        ([("transfer-encoding", "xchunked")], 400), ([("transfer-encoding", "")], 400),
        ([("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")], 400),
        ([("content-length", "+5")], 400), ([("content-length", "-5")], 400), ([("content-length", "5,5")], 400),
        ([("content-length", "")], 400), ([("content-length", "0x5")], 400), ([("content-length", "5 ")], 400),
        ([("content-length", "٥")], 400), ([("content-length", "9223372036854775808")], 400),
        ([("content-length", "11")], 413), ([("content-length", "9223372036854775807")], 413),
    ] as [([(String, String)], UInt)])
func machine_RefusesAmbiguousFraming(headers: [(String, String)], status: UInt) {
    var (machine, action) = admitted(head(.POST, headers))
    #expect(refusedStatus(action) == status)
    #expect(machine.isClosing)
    let later = machine.received(.body(ByteBuffer(string: "x")))
    #expect(later == .nothing)
}

@Test(arguments: [("Chunked", HTTPVersion.http1_1, true), ("chunked", .http1_1, true), ("chunked", .http1_0, false)])
func machine_TakesChunkedBodies_InHTTP11(coding: String, version: HTTPVersion, isTaken: Bool) {
    let (_, action) = admitted(head(.POST, version: version, [("transfer-encoding", coding)]))
    #expect((action == .nothing) == isTaken)
}

@Test func machine_NeedsOneHost_InHTTP11Only() {
    #expect(refusedStatus(admitted(head(.GET, host: false)).action) == 400)
    #expect(refusedStatus(admitted(head(.GET, [("host", "i")])).action) == 400)
    #expect(refusedStatus(admitted(head(version: .http1_0, host: false)).action) == nil)
}

@Test(
    arguments: [
        (nil, "413 the body is larger than exporter.max_body_bytes = 10"),
        (HTTPBodyLimit(bytes: 10, key: "push.max"), "413 the body is larger than push.max = 10"),
    ] as [(HTTPBodyLimit?, String)])
func machine_StopsABody_ThatIsTooLarge(limit: HTTPBodyLimit?, sentence: String) {
    var (machine, _) = admitted(head(.POST, [("transfer-encoding", "chunked")]), limit)
    let first = machine.received(.body(ByteBuffer(string: "0123456789")))
    #expect(first == (limit == nil ? .nothing : .take(ByteBuffer(string: "0123456789"))))
    let second = machine.received(.body(ByteBuffer(string: "x")))
    #expect(second == .refuseBody(.tooLarge, sentence) && machine.isClosing)
    #expect(admitted(head(.POST, [("content-length", "11")]), limit).action == .refuseBody(.tooLarge, sentence))
}

@Test func machine_TakesOnlyWhatThereIsRoomFor() {
    let declared = head(.POST, [("content-length", "15")])
    #expect(admitted(declared, limit, bytesLeft: 15).action == .nothing)
    #expect(refusedStatus(admitted(declared, limit, bytesLeft: 14).action) == 503)
    // What is read away takes no room.
    #expect(admitted(head(.POST, [("content-length", "10")]), bytesLeft: 0).action == .nothing)
}

@Test(
    arguments: [
        ([("expect", "100-Continue"), ("content-length", "5")], HTTPVersion.http1_1, true),
        ([("expect", "100-continue"), ("transfer-encoding", "chunked")], .http1_1, true),
        ([("expect", "100-continue"), ("content-length", "0")], .http1_1, false),
        ([("expect", "100-continue")], .http1_1, false), ([("content-length", "5")], .http1_1, false),
        ([("expect", "tea"), ("content-length", "5")], .http1_1, false),
        ([("expect", "100-continue"), ("content-length", "5")], .http1_0, false),
    ] as [([(String, String)], HTTPVersion, Bool)])
func machine_SaysContinue_WhenTheClientExpectsIt(headers: [(String, String)], version: HTTPVersion, says: Bool) {
    let (_, action) = admitted(head(.POST, version: version, headers), limit)
    #expect(action == (says ? .sendContinue : .nothing))
}

@Test func machine_SaysNoContinue_WhereTheBodyIsNotTaken() {
    let expecting = head(.POST, [("expect", "100-continue"), ("content-length", "21")])
    #expect(refusedStatus(admitted(expecting, limit).action) == 413)
    #expect(refusedStatus(admitted(expecting, bytesLeft: 0).action) == 413)
}

@Test(
    arguments: [
        ([], true), ([("content-length", "0")], true), ([("content-length", "65536")], true),
        ([("content-length", "65537")], false), ([("transfer-encoding", "chunked")], false),
        ([("content-length", "5"), ("expect", "100-continue")], false),
        ([("content-length", "5"), ("connection", "close")], false),
    ] as [([(String, String)], Bool)])
func machine_ReadsAwayWhatFollows_WhereItAnswersAtTheHead(headers: [(String, String)], keepsAlive: Bool) {
    var machine = Machine(bodyBytesMax: 10)
    _ = machine.received(.head(head(.POST, headers)))
    #expect(machine.keepsAlive == keepsAlive)
    let answered = machine.answered(closes: false)
    #expect(answered == (keepsAlive ? .nothing : .close))
    guard keepsAlive else { return }
    #expect(machine.isReceiving && !machine.isIdle && !machine.isBusy)
    let body = machine.received(.body(ByteBuffer(string: "abcde")))
    #expect(body == .nothing && machine.bodyBytes == 5)
    let end = machine.received(.end(nil))
    #expect(end == .rest && machine.isIdle)
}

@Test func machine_AnswersOnce_WhereTheRestIsGarbage() {
    var machine = Machine(bodyBytesMax: 10)
    _ = machine.received(.head(head(.POST, [("content-length", "5")])))
    _ = machine.answered(closes: false)
    var slow = machine
    let action = machine.receivedGarbage(.badRequest, "x")
    #expect(action == .close && machine.isClosing)
    let late = slow.ranOutOfTime()
    #expect(late == .close && slow.isClosing)
}

@Test func machine_CountsTheBodyOfEachRequest() {
    var machine = Machine(bodyBytesMax: 10)
    for text in ["abc", "de"] {
        _ = machine.received(.head(head(.POST, [("content-length", "\(text.count)")])))
        _ = machine.admitted(limit, bytesLeft: 10)
        #expect(machine.declaredBytes == text.count && machine.bodyBytes == 0)
        _ = machine.received(.body(ByteBuffer(string: text)))
        #expect(machine.bodyBytes == text.count)
        _ = machine.received(.end(nil))
        _ = machine.answered(closes: false)
    }
}

@Test func machine_AnswersGarbageOnce() {
    var machine = Machine(bodyBytesMax: 10)
    let first = machine.receivedGarbage(.badRequest, "x")
    #expect(first == .refuse(.badRequest, "x"))
    let second = machine.receivedGarbage(.badRequest, "x")
    #expect(second == .nothing)
}

/// The decoder takes all that follows for another protocol: there is nothing to be kept alive.
@Test(arguments: [
    HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: ["Host": "a", "Upgrade": "h2c"]),
    HTTPRequestHead(version: .http1_1, method: .CONNECT, uri: "a:1", headers: ["Host": "a"]),
])
func machine_EndsTheConnection_AfterARequestForAnotherProtocol(head: HTTPRequestHead) {
    var (machine, action) = admitted(head)
    #expect(action == .nothing)
    #expect(machine.received(.end(nil)) == .answer)
    #expect(!machine.keepsAlive)
    #expect(machine.answered(closes: false) == .close)
}
