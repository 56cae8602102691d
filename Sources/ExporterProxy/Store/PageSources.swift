import Exposition
import NIOCore

/// Cuts the parts of a layout out of the bodies of the sources.
struct PageSources {
    private let sources: [CheckedSnapshot?]
    private let index: FamilyIndex

    init(_ sources: [CheckedSnapshot?], _ index: FamilyIndex) {
        self.sources = sources
        self.index = index
    }

    func fragments(_ parts: [PageLayout.Part]) -> [ByteBuffer] { parts.flatMap(fragments) }

    private func fragments(_ part: PageLayout.Part) -> [ByteBuffer] {
        switch part {
        case .header(let text): [ByteBuffer(string: text)]
        case .samples(let slot, let family): samples(slot, family)
        case .own(let slot): own(slot)
        case .raw(let slot): sources[slot].map { [$0.body] } ?? []
        }
    }

    private func samples(_ slot: Int, _ family: Int) -> [ByteBuffer] {
        guard let source = sources[slot], let exposition = source.index,
            exposition.extents.indices.contains(family)
        else { return [] }
        let held = index.heldSeries(of: slot)
        if held.isEmpty {
            let extent = exposition.extents[family]
            return [source.slice(extent.samples..<extent.end)]
        }
        let ranges = source.body.withUnsafeReadableBytes { exposition.samples(of: family, in: $0, without: held) }
        return ranges.map(source.slice)
    }

    /// Neighbouring families in one piece.
    private func own(_ slot: Int) -> [ByteBuffer] {
        guard let source = sources[slot], let exposition = source.index else { return [] }
        var fragments: [ByteBuffer] = []
        var open: Range<Int>?
        for (family, extent) in exposition.extents.enumerated() {
            guard index.place(of: family, in: slot) == .own else { continue }
            if let range = open, range.upperBound == extent.start {
                open = range.lowerBound..<extent.end
                continue
            }
            if let range = open { fragments.append(source.slice(range)) }
            open = extent.start..<extent.end
        }
        if let range = open { fragments.append(source.slice(range)) }
        return fragments
    }
}

extension CheckedSnapshot {
    /// Bytes of the body, counted from its first.
    func slice(_ range: Range<Int>) -> ByteBuffer {
        body.getSlice(at: body.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
    }
}
