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

    /// What a body of this form has come to; `nil` where it is of another one.
    ///
    /// - Parameter blocks: of an earlier push of this form.
    func read(
        _ body: ByteBuffer, like blocks: [ByteBuffer], _ rules: PushRules, _ limits: ExpositionLimits
    ) -> Lines? {
        guard body.readableBytes <= limits.bytes, self.limits == limits, self.rules == rules else { return nil }
        return body.withUnsafeReadableBytes { lines(of: $0, like: blocks) }
    }

    private func lines(of text: UnsafeRawBufferPointer, like blocks: [ByteBuffer]) -> Lines? {
        guard let count = form.bytes(of: text), blocks.count == families.count, count < UInt32.max else { return nil }
        var lines = ByteBufferAllocator().buffer(capacity: count)
        var counts: [Int] = []
        counts.reserveCapacity(blocks.count)
        let written = lines.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
            let memory = UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
            guard var writer = GroupedFormWriter(form, text, to: memory) else { return 0 }
            for (family, block) in blocks.enumerated() {
                guard let count = block.withUnsafeReadableBytes({ writer.write(family, before: $0) }) else { return 0 }
                counts.append(count)
            }
            return writer.isFinished ? count : 0
        }
        return written == count ? Lines(form: self, bytes: lines, counts: counts) : nil
    }

    /// The lines of a push of a form.
    struct Lines: Sendable {
        let form: PushForm
        /// Of all families, one behind the other.
        private let bytes: ByteBuffer
        /// How many bytes each family has.
        private let counts: [Int]

        init(form: PushForm, bytes: ByteBuffer, counts: [Int]) {
            (self.form, self.bytes, self.counts) = (form, bytes, counts)
        }

        /// Of each family; they share their memory.
        var blocks: [ByteBuffer] {
            var rest = bytes
            return counts.map { rest.readSlice(length: $0) ?? ByteBuffer() }
        }

        var readableBytes: Int { bytes.readableBytes }

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
