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
        package var format: Format
        package var pieces: [ByteBuffer]
        package var bytes: Int
    }

    package enum Format: Sendable {
        /// Text format 0.0.4.
        case text
        /// OpenMetrics 1.0.
        case openMetrics
    }

    package enum Coding: Sendable { case identity, gzip }

    /// What a client asks for.
    package struct PageKind: Hashable, Sendable {
        package var format: Format
        package var coding: Coding

        package init(_ format: Format, _ coding: Coding) {
            self.format = format
            self.coding = coding
        }

        /// Of text.
        package static let identity = PageKind(.text, .identity)
        package static let gzip = PageKind(.text, .gzip)
    }

    /// A composition with the pages that were asked for.
    private struct Kept: Sendable {
        var rules: Int
        var composition: Composition
        /// In the format in which it could be made, under the kind that was asked for.
        var pages: [PageKind: Page] = [:]
        /// `nil` until somebody asks for OpenMetrics.
        var obstacles: [OpenMetricsObstacle]?
    }

    private struct State {
        var kept: Kept?
        /// Which rules hold: what was made by others before is not kept.
        var rules = 0
        /// Whether a thread is at work; who asks meanwhile waits for the round after.
        var isWorking = false
        var waiting: [(kind: PageKind, promise: EventLoopPromise<Page>)] = []
        var wantsEarlyCheck = false
        var offersOpenMetrics: Bool
    }

    private let store: SnapshotStore
    private let threads: NIOThreadPool
    private let time: TimeSource
    private let tell: @Sendable (SourceReport) -> Void
    private let live: [any LiveSource]
    // Held while a page is looked up, never while one is made.
    private let state: Mutex<State>
    // Held while reading and joining. Only the one thread that is at work takes it, and `update`.
    private let composer: Mutex<Composer>

    /// - Parameters:
    ///   - live: are asked for what they hold before anything is made.
    ///   - tell: is told of each source that turns invalid, and of each that is valid again.
    package init(
        store: SnapshotStore, rules: ExpositionRules = .init(), threads: NIOThreadPool,
        time: @escaping TimeSource = Moment.now, live: [any LiveSource] = [],
        tell: @escaping @Sendable (SourceReport) -> Void = { _ in }
    ) {
        self.tell = tell
        self.live = live
        self.store = store
        self.threads = threads
        self.time = time
        state = Mutex(State(offersOpenMetrics: rules.openMetrics == .auto))
        composer = Mutex(Composer(rules))
        watch(rules)
    }

    /// A good version is to be found even if it is replaced before anybody scrapes.
    private func watch(_ rules: ExpositionRules) {
        store.watch({ rules.rules(of: $0).keepsGoodVersions }, onChange: { [weak self] in self?.checkEarly() })
    }

    /// Begins anew with other rules: every source is read again, and good versions are not lost.
    package func update(_ rules: ExpositionRules) {
        composer.withLock { $0 = Composer(rules, after: $0) }
        state.withLock { state in
            state.kept = nil
            state.rules &+= 1
            state.offersOpenMetrics = rules.openMetrics == .auto
        }
        watch(rules)
    }

    /// Whether a client that prefers OpenMetrics may get it.
    package var offersOpenMetrics: Bool { state.withLock { $0.offersOpenMetrics } }

    /// The page, if it is ready; `nil` where ``page(_:on:)`` must make it.
    package func readyPage(_ kind: PageKind) -> Page? {
        let generation = store.generation
        let now = time()
        return state.withLock { state in
            guard let kept = state.kept, kept.composition.holds(for: generation, at: now) else { return nil }
            return kept.pages[kind]
        }
    }

    /// The page of a generation that is not older than this call; as text where OpenMetrics was asked for and a source
    /// cannot be said in it.
    package func page(_ kind: PageKind, on loop: any EventLoop) -> EventLoopFuture<Page> {
        let promise = loop.makePromise(of: Page.self)
        let begins = state.withLock { state in
            state.waiting.append((kind, promise))
            defer { state.isWorking = true }
            return !state.isWorking
        }
        if begins { threads.submit { _ in self.workForThoseWhoWait() } }
        return promise.futureResult
    }

    /// The same, on a thread that may wait.
    package func page(_ kind: PageKind) throws -> Page { try page(kind, at: time()) }

    /// The sources that keep the page from being OpenMetrics, as far as somebody has asked for that.
    package var openMetricsObstacles: [OpenMetricsObstacle] { state.withLock { $0.kept?.obstacles ?? [] } }

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
            for (kind, promise) in waiting { promise.completeWith(Result { try page(kind, at: now) }) }
        }
    }

    private func page(_ kind: PageKind, at now: Moment) throws -> Page {
        var kept = kept(at: now)
        if let page = kept.pages[kind] { return page }
        let page = try make(kind, &kept)
        kept.pages[kind] = page
        keep(kept)
        return page
    }

    private func make(_ kind: PageKind, _ kept: inout Kept) throws -> Page {
        guard kind.format == .openMetrics else { return try Self.text(kept.composition, kind.coding) }
        let identity = Self.identity(kept.composition)
        guard kept.obstacles?.isEmpty != false, let body = OpenMetricsPage.body(identity.pieces) else {
            if kept.obstacles == nil { kept.obstacles = OpenMetricsPage.obstacles(kept.composition) }
            return try Self.text(kept.composition, kind.coding)
        }
        kept.obstacles = []
        guard kind.coding == .gzip else {
            return Page(format: .openMetrics, pieces: [body], bytes: body.readableBytes)
        }
        var deflater = try Deflater()
        return try Self.gzip([deflater.deflate(body)], .openMetrics)
    }

    /// What is kept where that still holds, else made anew.
    private func kept(at now: Moment) -> Kept {
        let generation = store.generation
        let (rules, present) = state.withLock { state in
            (state.rules, state.kept.flatMap { $0.composition.holds(for: generation, at: now) ? $0 : nil })
        }
        if let present { return present }
        let end = live.compactMap { $0.refresh(at: now) }.min { $0.monotonic < $1.monotonic }
        var view = store.view()
        // Of what a live source has announced since, not all may be in the view.
        view.generation = generation
        let composition = composer.withLock { $0.compose(view, at: now) }.holding(until: end)
        let made = Kept(rules: rules, composition: composition)
        keep(made)
        for report in made.composition.news { tell(report) }
        return made
    }

    /// Two threads may make one at once; the older one must not stay.
    private func keep(_ made: Kept) {
        state.withLock { state in
            guard state.rules == made.rules else { return }
            if let present = state.kept, present.composition.generation > made.composition.generation { return }
            state.kept = made
        }
    }

    private static func text(_ composition: Composition, _ coding: Coding) throws -> Page {
        guard coding == .gzip else { return identity(composition) }
        var deflater = try Deflater()
        var pieces: [DeflatedPiece] = []
        for block in composition.blocks where block.bytes > 0 { pieces.append(try block.deflated(by: &deflater)) }
        return try gzip(pieces, .text)
    }

    private static func identity(_ composition: Composition) -> Page {
        let bytes = composition.blocks.reduce(0) { $0 &+ $1.bytes }
        var list = PieceList(bytesExpected: bytes)
        for block in composition.blocks { for piece in block.pieces { list.add(piece) } }
        return Page(format: .text, pieces: list.finished(), bytes: bytes)
    }

    private static func gzip(_ pieces: [DeflatedPiece], _ format: Format) throws -> Page {
        let member = try GzipMember.join(pieces)
        return Page(format: format, pieces: [member], bytes: member.readableBytes)
    }
}
