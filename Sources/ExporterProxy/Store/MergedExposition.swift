import NIOCore
import NIOPosix
import Synchronization

/// Everything that the sources last said, read, joined and ready to send.
///
/// What a scrape is answered with is made at most once for each generation of the store and kept while the
/// generation stands, so an unchanged scrape costs little more than sending the bytes. After a change, the blocks in
/// which nothing has changed are used as they are.
package final class MergedExposition: Sendable {
    /// A body for the wire, as pieces that are sent one after the other.
    package struct Page: Sendable {
        package var pieces: [ByteBuffer]
        package var bytes: Int
    }

    package enum Coding: Sendable { case identity, gzip }

    /// A composition with the pages that were asked for.
    private struct Kept: Sendable {
        var composition: Composition
        var pages: [Coding: Page] = [:]
    }

    private struct State {
        var kept: Kept?
        /// Whether a thread is at work; who asks meanwhile waits for the round after.
        var isWorking = false
        var waiting: [(coding: Coding, promise: EventLoopPromise<Page>)] = []
        var wantsEarlyCheck = false
    }

    private let store: SnapshotStore
    private let threads: NIOThreadPool
    private let time: TimeSource
    // Held while a page is looked up, never while one is made.
    private let state = Mutex(State())
    // Held while reading and joining. Only the one thread that is at work takes it, and `update`.
    private let composer: Mutex<Composer>

    package init(
        store: SnapshotStore, rules: ExpositionRules = .init(), threads: NIOThreadPool,
        time: @escaping TimeSource = Moment.now
    ) {
        self.store = store
        self.threads = threads
        self.time = time
        composer = Mutex(Composer(rules))
        watch(rules)
    }

    /// A good version is to be found even if it is replaced before anybody scrapes.
    private func watch(_ rules: ExpositionRules) {
        store.watch({ rules.rules(of: $0).keepsGoodVersions }, onChange: { [weak self] in self?.checkEarly() })
    }

    /// Begins anew with other rules: every source is read again.
    package func update(_ rules: ExpositionRules) {
        composer.withLock { $0 = Composer(rules) }
        state.withLock { $0.kept = nil }
        watch(rules)
    }

    /// The page, if it is ready; `nil` where ``page(_:on:)`` must make it.
    package func readyPage(_ coding: Coding) -> Page? {
        let generation = store.generation
        let now = time()
        return state.withLock { state in
            guard let kept = state.kept, kept.composition.holds(for: generation, at: now) else { return nil }
            return kept.pages[coding]
        }
    }

    /// The page of a generation that is not older than this call.
    package func page(_ coding: Coding, on loop: any EventLoop) -> EventLoopFuture<Page> {
        let promise = loop.makePromise(of: Page.self)
        let begins = state.withLock { state in
            state.waiting.append((coding, promise))
            defer { state.isWorking = true }
            return !state.isWorking
        }
        if begins { threads.submit { _ in self.workForThoseWhoWait() } }
        return promise.futureResult
    }

    /// The same, on a thread that may wait.
    package func page(_ coding: Coding) throws -> Page { try page(coding, at: time()) }

    /// What is served now and why; on a thread that may wait.
    package func composition() -> Composition { kept(at: time()).composition }

    /// Soon, and once however often it is asked for: reads what has come of the sources whose good versions are kept.
    package func checkEarly() {
        let begins = state.withLock { state in
            guard !state.wantsEarlyCheck else { return false }
            state.wantsEarlyCheck = true
            return true
        }
        guard begins else { return }
        threads.submit { _ in
            self.state.withLock { $0.wantsEarlyCheck = false }
            let view = self.store.view()
            let now = self.time()
            self.composer.withLock { $0.checkEarly(view, at: now) }
        }
    }

    /// One round serves all who waited when it began; who comes later gets another round.
    private func workForThoseWhoWait() {
        while true {
            let waiting = state.withLock { state in
                let waiting = state.waiting
                state.waiting = []
                state.isWorking = !waiting.isEmpty
                return waiting
            }
            if waiting.isEmpty { return }
            let now = time()
            for (coding, promise) in waiting { promise.completeWith(Result { try page(coding, at: now) }) }
        }
    }

    private func page(_ coding: Coding, at now: Moment) throws -> Page {
        var kept = kept(at: now)
        if let page = kept.pages[coding] { return page }
        let page =
            switch coding {
            case .identity: Self.identity(kept.composition)
            case .gzip: try Self.gzip(kept.composition)
            }
        kept.pages[coding] = page
        keep(kept)
        return page
    }

    /// What is kept where that still holds, else made anew.
    private func kept(at now: Moment) -> Kept {
        let generation = store.generation
        let present = state.withLock { state in
            state.kept.flatMap { $0.composition.holds(for: generation, at: now) ? $0 : nil }
        }
        if let present { return present }
        let view = store.view()
        let made = Kept(composition: composer.withLock { $0.compose(view, at: now) })
        keep(made)
        return made
    }

    /// Two threads may make one at once; the older one must not stay.
    private func keep(_ made: Kept) {
        state.withLock { state in
            if let present = state.kept, present.composition.generation > made.composition.generation { return }
            state.kept = made
        }
    }

    private static func identity(_ composition: Composition) -> Page {
        let bytes = composition.blocks.reduce(0) { $0 &+ $1.bytes }
        var list = PieceList(bytesExpected: bytes)
        for block in composition.blocks { for piece in block.pieces { list.add(piece) } }
        return Page(pieces: list.finished(), bytes: bytes)
    }

    private static func gzip(_ composition: Composition) throws -> Page {
        var deflater = try Deflater()
        var pieces: [DeflatedPiece] = []
        for block in composition.blocks where block.bytes > 0 { pieces.append(try block.deflated(by: &deflater)) }
        let member = try GzipMember.join(pieces)
        return Page(pieces: [member], bytes: member.readableBytes)
    }
}
