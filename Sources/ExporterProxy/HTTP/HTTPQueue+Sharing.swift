import NIOCore

/// Answers that are the same for everybody who asks alike: who waits for them, and which are still being read.
struct HTTPSharedAnswers: Sendable {
    private struct Given: Sendable {
        var key: String
        var answer: HTTPResponse
    }

    /// Smaller ones are not looked after.
    private static let leastBytes = 64 * 1024

    private var waiting: [ExactText: [EventLoopPromise<HTTPResponse>]] = [:]
    private var given: [Given] = []
    var isSweeping = false

    /// Of the answers that were still being read at the last ``sweep()``, and of those since.
    var bytes: Int { given.reduce(0) { $0 + $1.answer.bodyBytes } }

    /// True for the first who waits: he begins.
    mutating func wait(for key: String, _ promise: EventLoopPromise<HTTPResponse>) -> Bool {
        waiting[ExactText(key), default: []].append(promise)
        return waiting[ExactText(key)]?.count == 1
    }

    /// All who wait now; who comes after this waits for the next answer.
    mutating func takeWaiting(for key: String) -> [EventLoopPromise<HTTPResponse>] {
        waiting.removeValue(forKey: ExactText(key)) ?? []
    }

    /// The newest one that somebody may still be reading.
    func newest(of key: String) -> HTTPResponse? { given.last { ExactText($0.key) == ExactText(key) }?.answer }

    mutating func give(_ answer: HTTPResponse, to key: String) {
        if answer.bodyBytes >= Self.leastBytes { given.append(Given(key: key, answer: answer)) }
    }

    /// Lets go of what nobody reads any more.
    mutating func sweep() {
        for place in given.indices.reversed() where !given[place].answer.isHeldElsewhere() {
            given.remove(at: place)
        }
    }
}

extension HTTPResponse {
    fileprivate mutating func isHeldElsewhere() -> Bool {
        body.indices.contains { body[$0].readableBytes > 0 && body[$0].modifyIfUniquelyOwned { _ in } == nil }
    }

    fileprivate func isEqual(_ other: HTTPResponse) -> Bool {
        status == other.status && headers.elementsEqual(other.headers, by: ==) && body == other.body
    }
}

extension HTTPQueue {
    /// Between two looks for what nobody reads any more.
    private static let sweepInterval = TimeAmount.seconds(10)

    static let unread = HTTPResponse.refusal(
        .serviceUnavailable, "503 too much of what was asked for has not been read yet",
        headers: [("Retry-After", "10")])

    /// An answer that is made once for all who wait for it under `key`, and held once while it stays the same.
    ///
    /// Who asks while it is made waits for the next one: nobody is told what was before he asked.
    func reply(
        to key: String, on loop: any EventLoop, _ make: @escaping @Sendable () -> HTTPResponse
    ) -> HTTPReply {
        let promise = loop.makePromise(of: HTTPResponse.self)
        guard shared.withLock({ $0.wait(for: key, promise) }) else { return .later(promise.futureResult) }
        let made = run(on: loop) { [self] in
            let waiting = shared.withLock { $0.takeWaiting(for: key) }
            let answer = answer(to: key, make)
            for promise in waiting { promise.succeed(answer) }
        }
        guard let made else {
            for promise in shared.withLock({ $0.takeWaiting(for: key) }) { promise.succeed(Self.full) }
            return .now(Self.full)
        }
        made.whenComplete { [self] result in
            if case .failure(let error) = result {
                for promise in shared.withLock({ $0.takeWaiting(for: key) }) { promise.fail(error) }
            }
            sweepLater(on: loop)
        }
        return .later(promise.futureResult)
    }

    private func answer(to key: String, _ make: () -> HTTPResponse) -> HTTPResponse {
        let (isFull, newest) = shared.withLock { shared in
            shared.sweep()
            return (shared.bytes >= bytesMax, shared.newest(of: key))
        }
        if isFull { return Self.unread }
        let answer = make()
        // Compared without the lock: it may be long.
        if let newest, newest.isEqual(answer) { return newest }
        shared.withLock { $0.give(answer, to: key) }
        return answer
    }

    private func sweepLater(on loop: any EventLoop) {
        let isDue = shared.withLock { shared in
            guard !shared.isSweeping, shared.bytes > 0 else { return false }
            shared.isSweeping = true
            return true
        }
        guard isDue else { return }
        loop.scheduleTask(in: Self.sweepInterval) { [self] in
            shared.withLock { shared in
                shared.isSweeping = false
                shared.sweep()
            }
            sweepLater(on: loop)
        }
    }

    /// Of large answers that are still being read.
    var bytesUnread: Int {
        shared.withLock { shared in
            shared.sweep()
            return shared.bytes
        }
    }
}
