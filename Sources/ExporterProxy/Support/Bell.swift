/// Rings once, and one task can wait for it. Ringing twice is ringing once.
package struct Bell: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    package init() { (stream, continuation) = AsyncStream.makeStream() }

    package func ring() { continuation.finish() }

    /// Returns once it has rung, or when the task is cancelled.
    package func wait() async { for await _ in stream {} }

    /// Runs `body`, which is cancelled when the bell rings; returns when `body` has.
    package func cancels(_ body: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await body() }
            group.addTask { await wait() }
            await group.next()
            group.cancelAll()
        }
    }
}
