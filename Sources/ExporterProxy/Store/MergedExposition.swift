import NIOCore
import NIOPosix
import Synchronization

/// Everything that the sources last said, joined and ready to send.
///
/// A page is made at most once for each generation of the store and kept while the generation stands, so an
/// unchanged scrape costs little more than sending the bytes. After a change, bodies and compressed pieces of the
/// sources that did not change are used as they are.
package final class MergedExposition: Sendable {
    /// A body for the wire, as pieces that are sent one after the other.
    package struct Page: Sendable {
        package var pieces: [ByteBuffer]
        package var bytes: Int
    }

    private struct Kept {
        var generation: UInt64
        var page: Page
    }

    private struct State {
        /// Slots of the store in order of source name, as of `membership`.
        var order: [Int] = []
        var membership: UInt64?
        var identity: Kept?
        var gzip: Kept?
        /// Whether a gzip page is being made; who asks meanwhile waits for the one after.
        var isCompressing = false
        var waiting: [EventLoopPromise<Page>] = []
    }

    private let store: SnapshotStore
    private let compressors: NIOThreadPool
    // Held while pages are looked up or joined, never while compressing.
    private let state = Mutex(State())

    package init(store: SnapshotStore, compressors: NIOThreadPool) {
        self.store = store
        self.compressors = compressors
    }

    /// The bodies one after the other, in order of source name.
    package func identity() -> Page {
        let generation = store.generation
        if let page = state.withLock({ Self.page($0.identity, of: generation) }) { return page }
        let view = store.view()
        return state.withLock { state in
            let page = Self.join(Self.snapshots(of: view, &state).map(\.body))
            Self.keep(Kept(generation: view.generation, page: page), in: &state.identity)
            return page
        }
    }

    /// The same as one gzip member, if it is ready; `nil` where ``gzip(on:)`` must make it.
    package func readyGzip() -> Page? {
        let generation = store.generation
        return state.withLock { Self.page($0.gzip, of: generation) }
    }

    private static func page(_ kept: Kept?, of generation: UInt64) -> Page? {
        kept?.generation == generation ? kept?.page : nil
    }

    /// Two threads may make a page at once; the older one must not stay.
    private static func keep(_ made: Kept, in kept: inout Kept?) {
        if let present = kept, present.generation > made.generation { return }
        kept = made
    }

    /// The gzip member of a generation that is not older than this call.
    package func gzip(on loop: any EventLoop) -> EventLoopFuture<Page> {
        let promise = loop.makePromise(of: Page.self)
        let begins = state.withLock { state in
            state.waiting.append(promise)
            defer { state.isCompressing = true }
            return !state.isCompressing
        }
        if begins { compressors.submit { _ in self.compressForThoseWhoWait() } }
        return promise.futureResult
    }

    /// On a compressor's thread. One run serves all who waited when it began; who comes later gets another run.
    private func compressForThoseWhoWait() {
        while true {
            let waiting = state.withLock { state in
                let waiting = state.waiting
                state.waiting = []
                state.isCompressing = !waiting.isEmpty
                return waiting
            }
            if waiting.isEmpty { return }
            let result = Result { try compressed() }
            for promise in waiting { promise.completeWith(result) }
        }
    }

    private func compressed() throws -> Page {
        if let page = readyGzip() { return page }
        let view = store.view()
        let snapshots = state.withLock { Self.snapshots(of: view, &$0) }
        var deflater = try Deflater()
        var pieces: [DeflatedPiece] = []
        pieces.reserveCapacity(snapshots.count)
        for snapshot in snapshots { pieces.append(try snapshot.deflated(by: &deflater)) }
        let member = try GzipMember.join(pieces)
        let page = Page(pieces: [member], bytes: member.readableBytes)
        state.withLock { Self.keep(Kept(generation: view.generation, page: page), in: &$0.gzip) }
        return page
    }

    private static func snapshots(of view: SnapshotStore.View, _ state: inout State) -> [Snapshot] {
        if state.membership != view.membership {
            let named = view.entries.indices.compactMap { slot in
                view.entries[slot].map { (name: $0.source, slot: slot) }
            }
            state.order = named.sorted { $0.name < $1.name }.map(\.slot)
            state.membership = view.membership
        }
        return state.order.compactMap { view.entries[$0]?.snapshot }
    }

    /// Small bodies are copied together: below this, handing a piece to the socket costs more than copying it.
    private static let pieceBytesMin = 2048
    private static let blockBytes = 64 * 1024

    private static func join(_ bodies: [ByteBuffer]) -> Page {
        var page = Page(pieces: [], bytes: 0)
        page.pieces.reserveCapacity(bodies.count)
        var block = ByteBuffer()
        for body in bodies where body.readableBytes > 0 {
            page.bytes += body.readableBytes
            if body.readableBytes < pieceBytesMin {
                block.writeImmutableBuffer(body)
                if block.readableBytes < blockBytes { continue }
            }
            if block.readableBytes > 0 {
                page.pieces.append(block)
                block = ByteBuffer()
            }
            if body.readableBytes >= pieceBytesMin { page.pieces.append(body) }
        }
        if block.readableBytes > 0 { page.pieces.append(block) }
        return page
    }
}
