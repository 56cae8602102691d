import TestSupport
import Testing

@testable import HyperDHT

struct RPCFrameTests {
    @Test(.needsConformanceCases) func recordedMessages_AreWrittenAsTheyWereRead() throws {
        var (requests, responses) = (0, 0)
        for entry in try Vectors.list("protomuxRpc") {
            let bytes = try entry["hex"].bytes
            let frame = try MuxFrame(bytes[...])
            #expect(frame.bytes == bytes)
            guard case .data(let channel, let type, let body) = frame else { continue }
            #expect(channel == 1)
            if type == RPCFrame.MessageType.request {
                let request = try RPCFrame.Request(body)
                #expect(request.head + request.body == Array(body))
                requests += 1
            } else {
                let response = try RPCFrame.Response(body)
                #expect(response.head + response.body == Array(body))
                responses += 1
            }
        }
        #expect(requests == 5 && responses == 4)
    }

    @Test func failures_HaveTheFormOfTheReference() throws {
        let cases: [(String, RPCFrame.Response)] = [
            ("0001" + "05757020310a", .init(id: 1, result: .success([5, 0x75, 0x70, 0x20, 0x31, 0x0A]))),
            (
                "0302" + "15556e6b6e6f776e206d6574686f6420276e6f706527" + "0e554e4b4e4f574e5f4d4554484f44",
                .init(id: 2, result: .failure(.unknownMethod("nope")))
            ),
            (
                "0703" + "0e52657175657374206661696c6564" + "0d524551554553545f4552524f52" + "04626f6f6d"
                    + "06455f424f4f4d",
                .init(
                    id: 3,
                    result: .failure(
                        RPCFailure("Request failed", cause: RPCFailure.Cause(message: "boom", code: "E_BOOM"))))
            ),
            ("0904" + "0161" + "0162", .init(id: 4, result: .failure(RPCFailure("a", code: nil, context: "b")))),
        ]
        for (hex, response) in cases {
            let bytes = try [UInt8](hex: hex)
            #expect(try RPCFrame.Response(bytes[...]) == response)
            #expect(response.head + response.body == bytes)
        }
    }

    @Test func longSentence_IsCut() throws {
        let failure = RPCFailure(String(repeating: "é", count: 5000))
        let response = RPCFrame.Response(id: 1, result: .failure(failure))
        #expect(response.head.count < 4200)
        guard case .failure(let read) = try RPCFrame.Response(response.head[...]).result else { return }
        #expect(read.message.hasPrefix("ééé"))
    }

    @Test func damagedMessages_ThrowOrAnswer() throws {
        let request = RPCFrame.Request(id: 300, method: "metrics", body: [1, 1])
        throwsOrAnswers([request.head + request.body]) { _ = try RPCFrame.Request($0[...]) }
        let failure = RPCFailure("Request failed", cause: .init(message: "boom", code: "E"), context: "c")
        throwsOrAnswers([
            RPCFrame.Response(id: 1, result: .failure(failure)).head,
            RPCFrame.Response(id: 70_000, result: .success([])).head + [1, 2, 3],
        ]) { _ = try RPCFrame.Response($0[...]) }
    }
}

struct RPCChannelTests {
    private typealias Event = RPCChannel.Event

    private func open(_ methods: Set<String> = [], _ limits: RPCChannel.Limits = .init()) -> RPCChannel {
        var channel = RPCChannel(answering: methods, limits: limits)
        channel.opened()
        return channel
    }

    private func bytes(_ message: RPCChannel.Message?) -> ArraySlice<UInt8> {
        message.map { ($0.head + $0.body)[...] } ?? []
    }

    @Test func request_WaitsForTheChannel() throws {
        var channel = RPCChannel()
        let id = try channel.request("metrics", [1, 1])
        #expect(channel.takeMessages().isEmpty && channel.pendingCount == 1)
        channel.opened()
        let messages = channel.takeMessages()
        #expect(messages.map(\.type) == [RPCFrame.MessageType.request])
        #expect(try RPCFrame.Request(bytes(messages.first)) == .init(id: id, method: "metrics", body: [1, 1]))
        #expect(channel.takeMessages().isEmpty)
    }

    @Test func answers_FindTheirRequests() throws {
        var (asking, answering) = (open(), open(["double", "fail"]))
        let (one, two, three) = try (
            asking.request("double", [4]), asking.request("fail", []), asking.request("nothing", [])
        )
        var asked: [Event] = []
        for message in asking.takeMessages() {
            if let event = try answering.receive(type: message.type, body: bytes(message)) { asked.append(event) }
        }
        #expect(
            asked == [
                .request(id: one, method: "double", body: [4]), .request(id: two, method: "fail", body: []),
                .refused(method: "nothing"),
            ])
        let failure = RPCFailure("no", code: "X")
        #expect(answering.answer(two, with: .failure(failure)) && answering.answer(one, with: .success([8])))
        #expect(answering.answer(one, with: .success([9])) == false)
        var answers: [Event] = []
        for message in answering.takeMessages() {
            if let event = try asking.receive(type: message.type, body: bytes(message)) { answers.append(event) }
        }
        #expect(
            answers == [
                .answer(id: three, .failure(.unknownMethod("nothing"))), .answer(id: two, .failure(failure)),
                .answer(id: one, .success([8])),
            ])
        #expect(asking.pendingCount == 0)
    }

    @Test func notice_IsNotAnswered() throws {
        var channel = open(["metrics"])
        let known = RPCFrame.Request(id: 0, method: "metrics", body: [1])
        #expect(
            try channel.receive(type: 0, body: (known.head + known.body)[...]) == .notice(method: "metrics", body: [1]))
        let unknown = RPCFrame.Request(id: 0, method: "other", body: [])
        #expect(try channel.receive(type: 0, body: unknown.head[...]) == .refused(method: "other"))
        #expect(channel.takeMessages().isEmpty)
    }

    @Test func lateAndUnknownAnswers_AreDropped() throws {
        var channel = open()
        let id = try channel.request("metrics", [])
        channel.forget(id)
        for id in [id, 99, 0] {
            let response = RPCFrame.Response(id: id, result: .success([1]))
            #expect(try channel.receive(type: 1, body: (response.head + response.body)[...]) == nil)
        }
        #expect(try channel.receive(type: 7, body: [1, 2]) == nil)
    }

    @Test func close_FailsWhatIsPending() throws {
        var channel = open(["metrics"])
        let ids = try [channel.request("a", []), channel.request("b", [])]
        let request = RPCFrame.Request(id: 5, method: "metrics", body: [])
        _ = try channel.receive(type: 0, body: request.head[...])
        #expect(channel.closed() == ids)
        #expect(!channel.answer(5, with: .success([])) && channel.takeMessages().isEmpty)
        #expect(throws: RPCError.closed) { try channel.request("a", []) }
        #expect(try channel.receive(type: 0, body: request.head[...]) == nil)
    }

    @Test func everyBound_Holds() throws {
        var limits = RPCChannel.Limits()
        (limits.pendingMax, limits.answeringMax) = (2, 2)
        (limits.requestBytesMax, limits.answerBytesMax) = (4, 5)
        var channel = open(["m"], limits)
        _ = try (channel.request("m", []), channel.request("m", [1, 2, 3, 4]))
        #expect(throws: RPCError.tooManyPending(max: 2)) { try channel.request("m", []) }
        channel.forget(1)
        #expect(throws: RPCError.bodyTooLong(bytes: 5, max: 4)) { try channel.request("m", [1, 2, 3, 4, 5]) }
        func receive(_ id: UInt64, _ count: Int) throws -> Event? {
            let request = RPCFrame.Request(id: id, method: "m", body: [UInt8](repeating: 0, count: count)[...])
            return try channel.receive(type: 0, body: (request.head + request.body)[...])
        }
        #expect(try receive(1, 5) == .refused(method: "m"))
        #expect(try receive(2, 0) != .refused(method: "m") && receive(3, 4) != .refused(method: "m"))
        #expect(try receive(4, 0) == .refused(method: "m"))
        channel.answer(3, with: .success([]))
        #expect(try receive(2, 0) == .refused(method: "m"))
        _ = channel.takeMessages()
        channel.answer(2, with: .success([1, 2, 3, 4, 5, 6]))
        let answer = try RPCFrame.Response(bytes(channel.takeMessages().first))
        #expect(answer.result == .failure(RPCFailure("The answer of 6 bytes is too long")))
        let long = RPCFrame.Response(id: 2, result: .success([1, 2, 3, 4, 5, 6]))
        guard case .answer(2, .failure) = try channel.receive(type: 1, body: (long.head + long.body)[...]) else {
            Issue.record("a long answer is taken")
            return
        }
    }
}
