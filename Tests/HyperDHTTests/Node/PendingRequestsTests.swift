import Testing

@testable import HyperDHT

struct PendingRequestsTests {
    private static func question(_ number: Int, retries: Int = 3) -> PendingRequests.Question {
        .init(to: nodeAddress(number), command: .internal(.ping), retries: retries, purpose: .query(number))
    }

    @Test func question_IsRepeatedAndThenGivenUp() throws {
        var (pending, numbers) = (PendingRequests(waitingMax: 10), Randomness(SeededNumbers(seed: 1)))
        pending.ask(Self.question(1))
        var (sends, slow, failed, now): ([Int64], [Int64], [Int64], Int64) = ([], [], [], 0)
        while failed.isEmpty, now < 20_000_000_000 {
            let due = pending.poll(at: now, numbers: &numbers)
            if !due.send.isEmpty { sends.append(now / 1_000_000) }
            if !due.slow.isEmpty { slow.append(now / 1_000_000) }
            if !due.failed.isEmpty { failed.append(now / 1_000_000) }
            now = pending.nextDeadline(after: now) ?? .max
        }
        #expect(sends == [0, 1_000, 2_000, 3_000] && slow == [1_000] && failed == [4_000])
        #expect(pending.count == 0)
    }

    @Test func answer_IsTakenFromWhoWasAskedAlone() throws {
        var (pending, numbers) = (PendingRequests(waitingMax: 10), Randomness(SeededNumbers(seed: 2)))
        pending.ask(Self.question(1))
        let tid = try #require(pending.poll(at: 0, numbers: &numbers).send.first?.tid)
        let (right, wrong) = (DHTResponse(tid: tid, to: nodeAddress(9)), DHTResponse(tid: tid &+ 1, to: nodeAddress(9)))
        #expect(pending.answered(right, from: nodeAddress(2), at: 1) == nil)
        #expect(pending.answered(wrong, from: nodeAddress(1), at: 1) == nil)
        #expect(pending.answered(right, from: nodeAddress(1), at: 1)?.question.purpose == .query(1))
        #expect(pending.answered(right, from: nodeAddress(1), at: 1) == nil)
    }

    @Test func path_IsNotFlooded() {
        var (pending, numbers) = (PendingRequests(waitingMax: 500), Randomness(SeededNumbers(seed: 3)))
        for number in 0..<600 { pending.ask(Self.question(number, retries: 0)) }
        let first = pending.poll(at: 0, numbers: &numbers)
        #expect(first.send.count == 80 && first.refused.count == 100 && first.failed.isEmpty)
        #expect(Set(first.send.map(\.tid)).count == 80)
        #expect(pending.poll(at: SendBudget.slotTime, numbers: &numbers).send.count == 80)
        #expect(pending.poll(at: SendBudget.slotTime, numbers: &numbers).send.isEmpty)
        // An answer makes room for one.
        for sent in first.send.prefix(7) {
            _ = pending.answered(
                DHTResponse(tid: sent.tid, to: nodeAddress(9)), from: sent.question.to, at: SendBudget.slotTime)
        }
        #expect(pending.poll(at: SendBudget.slotTime * 2, numbers: &numbers).send.count == 7)
        #expect(pending.poll(at: SendBudget.slotTime * 40, numbers: &numbers).send.count == 80)
    }

    @Test func whatOthersMakeUsAsk_HasAThird() {
        var (pending, numbers) = (PendingRequests(waitingMax: 500), Randomness(SeededNumbers(seed: 5)))
        for number in 0..<300 {
            var question = Self.question(number, retries: 0)
            question.isForOthers = true
            pending.ask(question)
        }
        #expect(pending.poll(at: 0, numbers: &numbers).send.count == 26)
        for number in 0..<300 { pending.ask(Self.question(1_000 + number, retries: 0)) }
        #expect(pending.poll(at: 0, numbers: &numbers).send.count { !$0.question.isForOthers } == 80 - 26)
        var sent = [26]
        for slot in Int64(1)...40 {
            let all = pending.poll(at: slot * SendBudget.slotTime, numbers: &numbers).send
            sent.append(all.count { $0.question.isForOthers })
        }
        // Four slots are one budget.
        let budgets = sent.indices.dropLast(3).map { sent[$0..<$0 + 4].reduce(0, +) }
        #expect(budgets.max() == 53 && sent.reduce(0, +) == 300 && pending.count == 0)
    }

    @Test func urgentQuestions_GoFirst() {
        var (pending, numbers) = (PendingRequests(waitingMax: 500), Randomness(SeededNumbers(seed: 6)))
        for number in 0..<300 { pending.ask(Self.question(number)) }
        let urgent: [PendingRequests.Purpose] = [
            .keepAlive(server: .zero), .handshake(connect: 1), .probe(connect: 1), .holepunch(connect: 1),
        ]
        for purpose in urgent { pending.ask(.init(to: nodeAddress(1), command: .internal(.ping), purpose: purpose)) }
        var sent = pending.poll(at: 0, numbers: &numbers).send.map(\.question.purpose)
        #expect(sent.count == 80 && Array(sent.prefix(4)) == urgent)
        // So do those that have to be repeated.
        _ = pending.poll(at: DHTWire.requestTimeout / 2 * 3, numbers: &numbers)
        sent = pending.poll(at: 4 * DHTWire.requestTimeout, numbers: &numbers).send.map(\.question.purpose)
        #expect(Set(sent.prefix(4)) == Set(urgent))
    }

    @Test func forgottenQuestion_IsNotSentAgain() {
        var (pending, numbers) = (PendingRequests(waitingMax: 500), Randomness(SeededNumbers(seed: 4)))
        for number in 0..<100 { pending.ask(Self.question(number % 2)) }
        _ = pending.poll(at: 0, numbers: &numbers)
        pending.forget(.query(1))
        #expect(pending.count == 50)
        let later = pending.poll(at: 10_000_000_000, numbers: &numbers)
        #expect(!later.send.isEmpty && later.send.allSatisfy { $0.question.purpose == .query(0) })
    }
}
