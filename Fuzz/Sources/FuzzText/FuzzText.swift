import Exposition
import FuzzDriver

/// The fast check of text 0.0.4: what it indexes, what the lockstep takes beside it, what a rewrite makes of it.
///
/// Up to the first 0xFF, which no text has, an input is a body; behind it is how the next body of the source differs.
private func fuzz(_ input: UnsafeRawBufferPointer) {
    let cut = input.firstIndex(of: 0xFF) ?? input.count
    let body = Array(input[..<cut])
    let difference = Array(input[cut...].dropFirst())
    let index = check(body)
    guard let index else { return }
    checkParts(body, index)
    checkLockstep(body, body, index)
    checkLockstep(edited(body, difference), body, index)
    checkLockstep(difference, body, index)
    checkRewrites(body, index)
}

private func indexed(_ body: [UInt8], _ limits: ExpositionLimits = .none) -> IndexedExposition? {
    withExactCopy(body) { CanonicalText.index($0, limits: limits) }
}

private func areEqual(_ left: IndexedExposition, _ right: IndexedExposition) -> Bool {
    left.extents == right.extents && left.shape.families == right.shape.families
        && left.shape.series == right.shape.series
}

// MARK: Index

private func check(_ body: [UInt8]) -> IndexedExposition? {
    let index = indexed(body)
    var narrow = ExpositionLimits()
    (narrow.bytes, narrow.series, narrow.families) = (512, 8, 4)
    (narrow.labels, narrow.nameBytes, narrow.valueBytes) = (2, 8, 8)
    if let limited = indexed(body, narrow) {
        require(index.map { areEqual($0, limited) } ?? false, "only with limits: \(shown(body))")
        require(Set(limited.shape.series).count <= 8 && limited.shape.families.count <= 4, "over: \(shown(body))")
    }
    var repeats = 0
    let repeated = withExactCopy(body) { CanonicalText.index($0, limits: .none) { _ in repeats += 1 } }
    require((index != nil) == (repeated != nil && repeats == 0), "\(repeats) repeats: \(shown(body))")
    return index
}

/// Extents and counts cover the body without gaps.
private func checkParts(_ body: [UInt8], _ index: IndexedExposition) {
    let shape = index.shape
    var (end, samples) = (0, 0)
    require(index.extents.count == shape.families.count, shown(body))
    for (family, extent) in zip(shape.families, index.extents) {
        require(extent.start == end && extent.start <= extent.samples && extent.samples <= extent.end, shown(body))
        require(extent.end > extent.start && body[extent.end - 1] == 0x0A, shown(body))
        require(family.samples.lowerBound == samples, shown(body))
        (end, samples) = (extent.end, family.samples.upperBound)
    }
    require(end == body.count && samples == shape.series.count, shown(body))
    let left = Set(shape.series.enumerated().filter { $0.offset % 2 == 0 }.map(\.element))
    let lines = withExactCopy(body) { bytes in
        shape.families.indices.map { family in
            index.samples(of: family, in: bytes, without: left).reduce(0) { count, part in
                count + bytes[part].count { $0 == 0x0A }
            }
        }
    }
    require(lines.reduce(0, +) == shape.series.count { !left.contains($0) }, shown(body))
}

// MARK: Lockstep

private func checkLockstep(_ new: [UInt8], _ old: [UInt8], _ oldIndex: IndexedExposition) {
    let index = withExactCopy(new) { new in
        withExactCopy(old) { old in CanonicalText.index(new, like: old, oldIndex) }
    }
    guard let index else {
        let mayRefuse = oldIndex.shape.hasRepeatedSeries || oldIndex.shape.families.contains { $0.type == .histogram }
        require(new != old || mayRefuse, "refuses the same: \(shown(old))")
        return
    }
    guard let full = indexed(new) else {
        fatalError("the lockstep takes \(shown(new)) after \(shown(old))")
    }
    require(areEqual(index, full), "the lockstep finds another index in \(shown(new)) after \(shown(old))")
    require(!full.shape.hasRepeatedSeries, "the lockstep takes repeated series in \(shown(new))")
}

/// Each three bytes change one: what is done, and where, and with which byte.
private func edited(_ body: [UInt8], _ difference: [UInt8]) -> [UInt8] {
    var body = body
    var edits = difference[...]
    while edits.count >= 3, let kind = edits.popFirst(), let place = edits.popFirst(), let byte = edits.popFirst() {
        guard !body.isEmpty else { break }
        let offset = (Int(kind / 3) << 8 | Int(place)) % body.count
        switch kind % 3 {
        case 0: body[offset] = byte
        case 1: body.insert(byte, at: offset)
        default: body.remove(at: offset)
        }
    }
    return body
}

// MARK: Rewrite

private let rewrites = [
    SampleRewrite(labels: [Label("a", "\"\\\n}")]),
    SampleRewrite(labels: [Label("a", ""), Label("exported_a", "x"), Label("le", "1")]),
    SampleRewrite(timestamps: .dropBefore(5)),
    SampleRewrite(labels: [Label("b", "é")], timestamps: .strip),
]

private func checkRewrites(_ body: [UInt8], _ index: IndexedExposition) {
    for rewrite in rewrites {
        let (bytes, tally) = withExactCopy(body) { rewrite.apply(to: $0, index) }
        guard let again = indexed(bytes) else {
            fatalError("\(shown(body)) is rewritten to \(shown(bytes))")
        }
        let left = tally.samplesDropped + tally.samplesRepeated
        require(again.shape.series.count + left == index.shape.series.count, shown(body))
        if rewrite.timestamps == .strip { require(!again.shape.hasTimestamps, shown(bytes)) }
        if rewrite.isIdle(for: index.shape) { require(bytes == body, shown(body)) }
    }
}

/// The name that the package manager gives `main` when it links the executable.
@_cdecl("FuzzText_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    runFuzzer(count, arguments) { start, count in
        fuzz(UnsafeRawBufferPointer(start: start, count: count))
        return 0
    }
}
