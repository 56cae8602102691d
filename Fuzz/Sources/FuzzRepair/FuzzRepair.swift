import Exposition
import FuzzDriver

/// The repair of text 0.0.4: whatever comes in, what goes out is canonical; and the model is written as it was read.
private func fuzz(_ input: UnsafeRawBufferPointer) {
    let result = withExactCopy(input) { TextRepair.run($0, limits: .none, findingsMax: 100) }
    require(result.isOverLimit == nil && result.findings.count <= 100, shown(input))
    require(result.findings.allSatisfy { $0.line > 0 && $0.column > 0 }, shown(input))
    guard let index = indexed(result.bytes) else {
        fatalError("\(shown(input)) is repaired to \(shown(result.bytes)), which is not canonical")
    }
    require(index.shape.series.count == result.samples, "\(result.samples) samples of \(shown(input))")
    checkAgain(result.bytes)
    checkCanonical(Array(input), result)
    checkNarrow(input)
    checkModel(result.bytes)
    _ = withExactCopy(input) { TextParser.verdict($0) }
    _ = withExactCopy(input) { TextParser.parse($0) }
}

private func indexed(_ body: [UInt8], _ limits: ExpositionLimits = .none) -> IndexedExposition? {
    withExactCopy(body) { CanonicalText.index($0, limits: limits) }
}

private func checkAgain(_ bytes: [UInt8]) {
    let again = withExactCopy(bytes) { TextRepair.run($0, limits: .none, findingsMax: 100) }
    require(again.bytes == bytes && again.findings.isEmpty, "\(shown(bytes)) is repaired to \(shown(again.bytes))")
    let verdict = withExactCopy(bytes) { TextParser.verdict($0) }
    require(verdict.isEmpty, "\(verdict) of \(shown(bytes))")
}

/// Of canonical text every sample is kept. What may be found is the blanks of HELP.
private func checkCanonical(_ input: [UInt8], _ result: TextRepair.Result) {
    guard let index = indexed(input) else { return }
    require(index.shape.series.count == result.samples, "of \(shown(input)) remains \(shown(result.bytes))")
    require(
        result.counts.keys.allSatisfy { $0.code == "odd_blanks" }, "\(result.counts.keys) in \(shown(input))")
}

private func checkNarrow(_ input: UnsafeRawBufferPointer) {
    var limits = ExpositionLimits()
    (limits.bytes, limits.series, limits.families) = (512, 8, 4)
    (limits.labels, limits.nameBytes, limits.valueBytes) = (2, 8, 8)
    let result = withExactCopy(input) { TextRepair.run($0, limits: limits, findingsMax: 1) }
    require(
        indexed(result.bytes, limits) != nil, "\(shown(input)) is repaired to \(shown(result.bytes)), over the limits")
}

private func checkModel(_ canonical: [UInt8]) {
    let (families, findings) = withExactCopy(canonical) { TextParser.parse($0) }
    require(findings.isEmpty, "\(findings) in \(shown(canonical))")
    let written = TextWriter.write(families)
    require(indexed(written) != nil, "\(shown(canonical)) is written as \(shown(written))")
    let again = withExactCopy(written) { TextParser.parse($0) }.families
    require(again == families, "\(shown(canonical)) is written as \(shown(written))")
}

/// The name that the package manager gives `main` when it links the executable.
@_cdecl("FuzzRepair_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    runFuzzer(count, arguments) { start, count in
        fuzz(UnsafeRawBufferPointer(start: start, count: count))
        return 0
    }
}
