import Exposition
import NIOCore

/// What a push and the ones after it have in common while only values move: all but the values.
///
/// Whoever finds the same object twice knows that families, types, help texts, series and their lines are the same but
/// for the values.
final class PushForm: Sendable {
    private let form: GroupedForm
    /// All of blocks, here without lines.
    private let families: [PushedFamily]
    // What the push was read under: under other rules it would be another one.
    private let rules: PushRules
    private let limits: ExpositionLimits

    /// - Parameter families: all of blocks.
    init(_ form: GroupedForm, _ families: [PushedFamily], _ rules: PushRules, _ limits: ExpositionLimits) {
        self.form = form
        self.rules = rules
        self.limits = limits
        self.families = families.map { family in
            var family = family
            if case .block(let block) = family.content {
                family.content = .block(PushedBlock(lines: ByteBuffer(), series: block.series))
            }
            return family
        }
    }

    var count: Int { families.count }

    /// The lines of a push of a form.
    struct Lines: Sendable {
        let form: PushForm
        private let bytes: ByteBuffer
        /// Where each family has its own, from the reader index of ``bytes``.
        private let places: [Range<Int>]

        init(form: PushForm, bytes: ByteBuffer, places: [Range<Int>]) {
            (self.form, self.bytes, self.places) = (form, bytes, places)
        }

        /// Of each family; they share their memory.
        var blocks: [ByteBuffer] {
            places.map { bytes.getSlice(at: bytes.readerIndex + $0.lowerBound, length: $0.count) ?? ByteBuffer() }
        }

        var count: Int { places.reduce(0) { $0 + $1.count } }

        /// How long the series of a family are held, where rules say it.
        func expiresAfter(_ family: Int) -> Duration? { form.families[family].expiresAfter }

        /// As a push has them that is read whole.
        var families: [PushedFamily] {
            zip(form.families, blocks).enumerated().map { place, part in
                var family = part.0
                if case .block(let block) = family.content {
                    let form = PushedBlock.Form(of: form, place: place)
                    family.content = .block(PushedBlock(lines: part.1, series: block.series, form: form))
                }
                return family
            }
        }

        /// What another body of the same form comes to; `nil` where it is of another one.
        func next(_ body: ByteBuffer, _ rules: PushRules, _ limits: ExpositionLimits) -> Lines? {
            guard body.readableBytes <= limits.bytes, form.limits == limits, form.rules == rules else { return nil }
            return body.withUnsafeReadableBytes { next($0) }
        }

        private func next(_ text: UnsafeRawBufferPointer) -> Lines? {
            guard let count = form.form.bytes(of: text), count < UInt32.max else { return nil }
            var places: [Range<Int>]?
            var next = ByteBufferAllocator().buffer(capacity: count)
            next.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
                let memory = UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
                places = bytes.withUnsafeReadableBytes {
                    form.form.write(text, like: $0, at: self.places, to: memory)
                }
                return places == nil ? 0 : count
            }
            return places.map { Lines(form: form, bytes: next, places: $0) }
        }
    }
}

extension PushedBlock {
    /// Which lines of which form a block is.
    struct Form: Sendable {
        private let whole: PushForm
        private let place: Int

        init(of whole: PushForm, place: Int) {
            self.whole = whole
            self.place = place
        }

        func isThat(of form: PushForm, _ place: Int) -> Bool { whole === form && self.place == place }
    }
}
