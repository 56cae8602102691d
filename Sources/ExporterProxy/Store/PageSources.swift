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

    func block(_ parts: [PageLayout.Part]) -> PageBlock {
        var list = PieceList(bytesExpected: parts.reduce(0) { $0 &+ bytes(of: $1) })
        for part in parts { add(part, to: &list) }
        return PageBlock(list)
    }

    private func bytes(of part: PageLayout.Part) -> Int {
        switch part {
        case .header(let text): return text.utf8.count
        case .samples(let slot, let family):
            guard let extent = sources[slot]?.index?.extents[family] else { return 0 }
            return extent.end &- extent.samples
        case .own(let slot), .raw(let slot): return sources[slot]?.body.readableBytes ?? 0
        }
    }

    private func add(_ part: PageLayout.Part, to list: inout PieceList) {
        switch part {
        case .header(let text): list.add(text)
        case .samples(let slot, let family): addSamples(slot, family, to: &list)
        case .own(let slot): addOwn(slot, to: &list)
        case .raw(let slot): if let source = sources[slot] { list.add(source.body) }
        }
    }

    private func addSamples(_ slot: Int, _ family: Int, to list: inout PieceList) {
        guard let source = sources[slot], let exposition = source.index else { return }
        let held = index.heldSeries(of: slot)
        let extent = exposition.extents[family]
        let ranges =
            held.isEmpty
            ? [extent.samples..<extent.end]
            : source.body.withUnsafeReadableBytes { exposition.samples(of: family, in: $0, without: held) }
        guard let foreign = index.foreignType(of: family, in: slot), foreign.type.isComposed else {
            for range in ranges { source.add(range, to: &list) }
            return
        }
        list.add(source.fitting(ranges, foreign.family, foreign.type))
    }

    /// Neighbouring families in one piece.
    private func addOwn(_ slot: Int, to list: inout PieceList) {
        guard let source = sources[slot], let exposition = source.index else { return }
        var open: Range<Int>?
        for (extent, place) in zip(exposition.extents, index.places(of: slot)) where place == .own {
            if let range = open, range.upperBound == extent.start {
                open = range.lowerBound..<extent.end
                continue
            }
            if let range = open { source.add(range, to: &list) }
            open = extent.start..<extent.end
        }
        if let range = open { source.add(range, to: &list) }
    }
}

extension MetricType {
    /// Its samples have names and labels of their own.
    fileprivate var isComposed: Bool { self == .histogram || self == .summary }
}

extension CheckedSnapshot {
    /// Without those lines that were well as long as no type was declared, and are not in a histogram or a summary,
    /// such as a bucket whose `le` is no number.
    fileprivate func fitting(_ ranges: [Range<Int>], _ family: String, _ type: MetricType) -> ByteBuffer {
        let header = "# TYPE \(family) \(type.rawValue)\n"
        var text = ByteBuffer(string: header)
        for range in ranges {
            text.writeImmutableBuffer(
                body.getSlice(at: body.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer())
        }
        let result = text.withUnsafeReadableBytes { TextRepair.run($0, limits: .none, findingsMax: 0) }
        return ByteBuffer(bytes: result.bytes.dropFirst(header.utf8.count))
    }

    /// Bytes of the body, counted from its first.
    fileprivate func add(_ range: Range<Int>, to list: inout PieceList) {
        list.add(body, body.readerIndex + range.lowerBound..<body.readerIndex + range.upperBound)
    }
}
