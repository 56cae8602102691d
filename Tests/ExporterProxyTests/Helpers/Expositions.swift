import Exposition
import NIOCore
import NIOPosix
import Testing

@testable import ExporterProxy

extension ExpositionShape {
    /// Of canonical text.
    static func of(_ text: String) throws -> ExpositionShape {
        try #require(IndexedExposition.of(text), "not canonical: \(text)").shape
    }
}

extension IndexedExposition {
    /// `nil` where the text is not canonical, whatever its size.
    static func of(_ text: String, repeats: ((_ line: Int) -> Void)? = nil) -> IndexedExposition? {
        var text = text
        return text.withUTF8 { CanonicalText.index(UnsafeRawBufferPointer($0), limits: .none, repeats: repeats) }
    }
}

extension MergedExposition.Page {
    var text: String { pieces.map(\.text).joined() }

    /// What a gzip page holds; `nil` where it is not exactly one member.
    var inflated: String? {
        Inflated(pieces.flatMap { Array($0.readableBytesView) }).flatMap {
            $0.rest == 0 ? String(decoding: $0.bytes, as: UTF8.self) : nil
        }
    }
}

extension MergedExposition {
    /// `nil` where the source is not known.
    func report(of source: String) -> SourceReport? { composition().report(of: source) }
}

/// A table of sources, the page that is made of it, and a clock that stands until a test moves it.
struct Bench {
    let time = ManualTime()
    let store = SnapshotStore()
    let merged: MergedExposition

    init(_ rules: ExpositionRules = .init(), threads: NIOThreadPool = .singleton) {
        merged = MergedExposition(store: store, rules: rules, threads: threads, time: time.source)
    }

    init(_ policy: SourceRules.InvalidPolicy) {
        var rules = ExpositionRules()
        rules.standard.onInvalid = policy
        self.init(rules)
    }

    var now: Moment { time.source() }

    @discardableResult
    func push(_ source: String, _ text: String, labels: [String: String] = [:]) -> Snapshot {
        let snapshot = Snapshot(source, text, labels: labels, at: now)
        let isStored = store.replace(with: snapshot)
        #expect(isStored)
        return snapshot
    }

    func remove(_ source: String) { store.remove(source) { _ in true } }

    func page() throws -> String { try merged.page(.identity).text }
}

extension [SourceReport.Conflict] {
    /// Such as `type m with a: 1`.
    var texts: [String] {
        map { "\($0.kind)\($0.family.map { " " + $0 } ?? "") with \($0.with): \($0.count)" }
    }
}
