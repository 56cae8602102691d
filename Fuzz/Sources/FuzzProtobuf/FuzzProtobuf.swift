import Exposition
import FuzzDriver

/// Protobuf bodies: what is taken can be written as text and read, and is within the limits.
private func fuzz(_ input: UnsafeRawBufferPointer) {
    let families = read(input, .none)
    if let families { checkText(families, input) }
    var narrow = ExpositionLimits()
    (narrow.bytes, narrow.series, narrow.families) = (512, 8, 4)
    (narrow.labels, narrow.nameBytes, narrow.valueBytes) = (2, 8, 8)
    guard let limited = read(input, narrow) else { return }
    require(limited == families, "only with limits: \(shown(input))")
    let samples = limited.flatMap(\.samples)
    require(limited.count <= 4 && samples.count <= 8, "over: \(shown(input))")
    // `le` and `quantile` come on top of the limit.
    require(samples.allSatisfy { $0.labels.count <= 3 }, "over: \(shown(input))")
    require(TextWriter.write(limited).count <= 2048, "over: \(shown(input))")
}

private func read(_ input: UnsafeRawBufferPointer, _ limits: ExpositionLimits) -> [MetricFamily]? {
    withExactCopy(input) { input in
        do throws(ProtobufError) {
            return try ProtobufParser.parse(input, limits: limits)
        } catch {
            require(error.message > 0 && 0...input.count ~= error.offset, "\(error) in \(shown(input))")
            require(limits != .none || !error.isOverLimit, "\(error) in \(shown(input))")
            require(!error.description.contains("\n"), "\(error) in \(shown(input))")
            return nil
        }
    }
}

/// Each family and sample stands in the text, unless something is there twice, which only the text's readers look for.
private func checkText(_ families: [MetricFamily], _ input: UnsafeRawBufferPointer) {
    require(Set(families.map(\.name)).count == families.count, shown(input))
    let text = TextWriter.write(families)
    let verdict = withExactCopy(text) { TextParser.verdict($0) }
    guard verdict.isEmpty else { return }
    let index = withExactCopy(text) { CanonicalText.index($0, limits: .none) }
    guard let index else { return require(!repair(text).isEmpty, "no finding in \(shown(text)) of \(shown(input))") }
    require(index.shape.families.count == families.count, "\(shown(text)) of \(shown(input))")
    require(
        index.shape.series.count == families.reduce(0) { $0 + $1.samples.count }, "\(shown(text)) of \(shown(input))")
}

private func repair(_ text: [UInt8]) -> [Finding] {
    withExactCopy(text) { TextRepair.run($0, limits: .none, findingsMax: 10).findings }
}

/// The name that the package manager gives `main` when it links the executable.
@_cdecl("FuzzProtobuf_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    runFuzzer(count, arguments) { start, count in
        fuzz(UnsafeRawBufferPointer(start: start, count: count))
        return 0
    }
}
