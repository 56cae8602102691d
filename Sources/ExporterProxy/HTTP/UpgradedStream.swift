import NIOCore

/// A stream of bytes in both directions that was HTTP at its beginning, of a client of the window or to another one.
///
/// Nothing is read before ``begin(_:)``, and whoever gets one begins or aborts it. All calls return at once, may come
/// from any thread, and take effect in their order; after the end of the stream they do nothing.
package final class UpgradedStream: Sendable {
    /// What its owner is told, on the event loop of the stream: it must not block there.
    package struct Owner: Sendable {
        /// The next bytes. More come until ``UpgradedStream/unreadBytesMax`` were not reported by
        /// ``UpgradedStream/took(_:)``, and then what the kernel has already.
        package var onBytes: @Sendable (ByteBuffer) -> Void
        /// So many bytes of ``UpgradedStream/write(_:)`` have gone to the kernel.
        package var onWrote: @Sendable (Int) -> Void
        /// No more bytes will come. This direction of ours is still open.
        package var onEnd: @Sendable () -> Void
        /// The stream is no more, for the reason in a sentence. Comes once, and last.
        package var onClose: @Sendable (String) -> Void

        package init(
            onBytes: @escaping @Sendable (ByteBuffer) -> Void, onWrote: @escaping @Sendable (Int) -> Void,
            onEnd: @escaping @Sendable () -> Void, onClose: @escaping @Sendable (String) -> Void
        ) {
            (self.onBytes, self.onWrote, self.onEnd, self.onClose) = (onBytes, onWrote, onEnd, onClose)
        }
    }

    /// Of bytes that its owner has not dealt with; at so many nothing more is read.
    package static let unreadBytesMax = 256 * 1024
    /// Of bytes that were written and have not gone; beyond, the stream is aborted: its owner is to heed
    /// ``Owner/onWrote``.
    package static let unsentBytesMax = 4 * 1024 * 1024
    /// How long ``close()`` waits for the other side to take what was written.
    static let closeTime = TimeAmount.seconds(10)

    /// The address of the other side, without its port.
    package let peer: String
    private let loop: any EventLoop
    private let handler: NIOLoopBound<UpgradedStreamHandler>

    init(_ handler: UpgradedStreamHandler, peer: String, on loop: any EventLoop) {
        (self.peer, self.loop) = (peer, loop)
        self.handler = NIOLoopBound(handler, eventLoop: loop)
    }

    package func begin(_ owner: Owner) { tell { $0.begin(owner) } }

    package func write(_ bytes: ArraySlice<UInt8>) { tell { $0.write(bytes) } }

    /// Its owner has dealt with so many of the bytes that it was given.
    package func took(_ count: Int) { tell { $0.took(count) } }

    /// Whether bytes are to be read, or left where they are. At first they are read.
    package func setReading(_ isReading: Bool) { tell { $0.setReading(isReading) } }

    /// This direction ends behind what was written.
    package func end() { tell { $0.end() } }

    /// Both directions end behind what was written.
    package func close() { tell { $0.close() } }

    /// Both directions end now.
    package func abort() { tell { $0.abort(nil) } }

    private func tell(_ what: @escaping @Sendable (UpgradedStreamHandler) -> Void) {
        loop.execute { what(self.handler.value) }
    }
}
