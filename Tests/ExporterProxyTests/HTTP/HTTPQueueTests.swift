import Dispatch
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import ExporterProxy

/// A queue on one thread, which begins to work when it is let.
private final class HeldQueue: Sendable {
    let queue: HTTPQueue
    private let threads = NIOThreadPool(numberOfThreads: 1)
    private let gate = DispatchSemaphore(value: 0)
    private let made = NIOLockedValueBox<[String]>([])

    /// The keys of what was made, in its order.
    var keys: [String] { made.withLockedValue { $0 } }

    init(limit: Int = 16, bytesMax: Int = .max) {
        queue = HTTPQueue(threads, limit: limit, bytesMax: bytesMax)
        threads.start()
        let gate = gate
        threads.submit { _ in gate.wait() }
    }

    deinit { try? threads.syncShutdownGracefully() }

    func open() { gate.signal() }

    func ask(_ key: String, _ text: String = "") -> HTTPReply {
        queue.reply(to: key, on: MultiThreadedEventLoopGroup.singleton.any()) { [made] in
            made.withLockedValue { $0.append(key) }
            return .text(.ok, text)
        }
    }

    /// Its answer, on a thread that may wait.
    func answer(_ key: String, _ text: String) throws -> HTTPResponse { try ask(key, text).response }
}

extension HTTPReply {
    fileprivate var response: HTTPResponse {
        get throws {
            switch self {
            case .now(let response): response
            case .later(let future): try future.wait()
            }
        }
    }
}

private let large = String(repeating: "x", count: 100_000)

private func address(_ response: HTTPResponse) -> UnsafeRawPointer? {
    response.body.first?.withUnsafeReadableBytes { $0.baseAddress }
}

@Test func thoseWhoWaitForTheSame_GetOneAnswer() throws {
    let held = HeldQueue()
    let replies = (0..<50).map { held.ask($0 % 5 == 0 ? "b" : "a", "\($0)") }
    held.open()
    let texts = try replies.map { try $0.response.text }
    #expect(held.keys == ["b", "a"] && Set(texts) == ["0", "1"])
    #expect(try held.answer("a", "later").text == "later", "nobody is told what was before he asked")
}

@Test func whoAsksForOneThingTooMany_IsRefused_AndWhoAsksForTheSameIsNot() throws {
    let held = HeldQueue(limit: 2)
    let waiting = ["a", "b", "a", "b"].map { held.ask($0, $0) }
    guard case .now(let refusal) = held.ask("c") else {
        Issue.record("it is refused at once")
        return
    }
    #expect(refusal.status == .serviceUnavailable && refusal.values("Retry-After") == ["1"])
    held.open()
    #expect(try waiting.map { try $0.response.text } == ["a", "b", "a", "b"])
    #expect(try held.answer("c", "c").text == "c")
}

@Test func whoWaits_IsToldWhenTheThreadsEnd() throws {
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    let queue = HTTPQueue(threads)
    try threads.syncShutdownGracefully()
    for _ in 0..<2 {
        let reply = queue.reply(to: "a", on: MultiThreadedEventLoopGroup.singleton.any()) { .text(.ok, "") }
        #expect(throws: (any Error).self) { try reply.response }
    }
}

@Test func aLargeAnswerThatStaysTheSame_IsHeldOnce_AndOnlyWhileItIsRead() throws {
    let held = HeldQueue()
    held.open()
    do {
        let first = try held.answer("a", large)
        let second = try held.answer("a", large)
        let other = try held.answer("a", large + "y")
        let ofAnother = try held.answer("b", large)
        #expect(address(first) == address(second) && address(first) != address(other))
        #expect(address(ofAnother) != address(first) && second.text == large)
        #expect(held.queue.bytesUnread == 300_001)
        withExtendedLifetime((first, second, other, ofAnother)) {}
    }
    wait(until: "they are let go of") { held.queue.bytesUnread == 0 }
}

@Test func largeAnswersThatNobodyReads_AreBounded() throws {
    let held = HeldQueue(bytesMax: 150_000)
    held.open()
    do {
        let unread = [try held.answer("a", large), try held.answer("b", large)]
        let refusal = try held.answer("a", large)
        #expect(refusal.status == .serviceUnavailable && refusal.values("Retry-After") == ["10"])
        withExtendedLifetime(unread) {}
    }
    wait(until: "they are let go of") { held.queue.bytesUnread == 0 }
    #expect(try held.answer("a", large).status == .ok)
}
