import NIOCore
import NIOHTTP1
import Testing

@testable import ExporterProxy

private func head(
    _ method: HTTPMethod = .GET, version: HTTPVersion = .http1_1, _ headers: [(String, String)] = [], host: Bool = true
) -> HTTPRequestHead {
    HTTPRequestHead(
        version: version, method: method, uri: "/", headers: HTTPHeaders(headers + (host ? [("host", "h")] : [])))
}

private func newMachine(bodyBytesMax: Int = 10) -> HTTPConnection.StateMachine { .init(bodyBytesMax: bodyBytesMax) }

private func refusedStatus(_ action: HTTPConnection.StateMachine.Action) -> UInt? {
    if case .refuse(let status, _) = action { return status.code }
    return nil
}

@Test func machine_AnswersOneRequestAfterTheOther() {
    var machine = newMachine()
    for _ in 0..<3 {
        #expect(machine.isIdle)
        let begun = machine.received(.head(head()))
        #expect(begun == .nothing && machine.isReceiving)
        let ended = machine.received(.end(nil))
        #expect(ended == .answer(head()) && machine.isAnswering && machine.keepsAlive)
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
    var machine = newMachine()
    _ = machine.received(.head(head(version: version, headers)))
    _ = machine.received(.end(nil))
    #expect(machine.keepsAlive == keepsAlive)
    let action = machine.answered(closes: false)
    #expect(action == (keepsAlive ? .nothing : .close) && machine.isClosing == !keepsAlive)
}

@Test func machine_Closes_WhenTheServerStops() {
    var machine = newMachine()
    _ = machine.received(.head(head()))
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
        ([("transfer-encoding", "gzip, chunked")], 400),
        ([("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")], 400),
        ([("content-length", "11")], 413),
    ] as [([(String, String)], UInt)])
func machine_RefusesAmbiguousFraming(headers: [(String, String)], status: UInt) {
    var machine = newMachine()
    let refused = refusedStatus(machine.received(.head(head(.POST, headers))))
    #expect(refused == status)
    #expect(machine.isClosing)
    let action = machine.received(.body(ByteBuffer(string: "x")))
    #expect(action == .nothing)
}

@Test(arguments: [("Chunked", true), ("chunked", true)])
func machine_TakesChunkedBodies(coding: String, isTaken: Bool) {
    var machine = newMachine()
    let action = machine.received(.head(head(.POST, [("transfer-encoding", coding)])))
    #expect((action == .nothing) == isTaken)
}

@Test func machine_NeedsOneHost_InHTTP11Only() {
    var none = newMachine()
    let refused2 = refusedStatus(none.received(.head(head(.GET, host: false))))
    #expect(refused2 == 400)
    var two = newMachine()
    let refused3 = refusedStatus(two.received(.head(head(.GET, [("host", "i")]))))
    #expect(refused3 == 400)
    var old = newMachine()
    let refused4 = refusedStatus(old.received(.head(head(version: .http1_0, host: false))))
    #expect(refused4 == nil)
}

@Test func machine_StopsABody_ThatIsTooLarge() {
    var machine = newMachine(bodyBytesMax: 10)
    _ = machine.received(.head(head(.POST, [("transfer-encoding", "chunked")])))
    let first = machine.received(.body(ByteBuffer(string: "0123456789")))
    #expect(first == .nothing)
    let refused5 = refusedStatus(machine.received(.body(ByteBuffer(string: "x"))))
    #expect(refused5 == 413)
}

@Test func machine_SaysContinue_WhenTheClientExpectsIt() {
    var machine = newMachine()
    let action = machine.received(.head(head(.POST, [("expect", "100-Continue"), ("content-length", "5")])))
    #expect(action == .sendContinue)
    var large = HTTPConnection.StateMachine(bodyBytesMax: 1)
    let refused6 = refusedStatus(
        large.received(.head(head(.POST, [("expect", "100-continue"), ("content-length", "5")]))))
    #expect(refused6 == 413)
}

@Test func machine_AnswersGarbageOnce() {
    var machine = newMachine()
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
    var machine = HTTPConnection.StateMachine(bodyBytesMax: 10)
    #expect(machine.received(.head(head)) == .nothing)
    #expect(machine.received(.end(nil)) == .answer(head))
    #expect(!machine.keepsAlive)
    #expect(machine.answered(closes: false) == .close)
}
