import Exposition
import FuzzDriver

/// OpenMetrics: the reader in both modes, the writer behind it, and text 0.0.4 said in it.
private func fuzz(_ input: UnsafeRawBufferPointer) {
    let strict = withExactCopy(input) { OpenMetricsParser.parse($0) }
    require(strict.findings.allSatisfy { $0.line > 0 && $0.column > 0 }, shown(input))
    if strict.findings.isEmpty { checkWriter(strict.families, input) }
    _ = withExactCopy(input) { OpenMetricsParser.parse($0, mode: .lenient, findingsMax: 10) }
    checkForm(input)
}

private func checkWriter(_ families: [MetricFamily], _ input: UnsafeRawBufferPointer) {
    let written = OpenMetricsWriter.write(families)
    let again = withExactCopy(written) { OpenMetricsParser.parse($0) }
    require(again.findings.isEmpty, "\(again.findings) in \(shown(written)), written of \(shown(input))")
    let twice = OpenMetricsWriter.write(again.families)
    require(twice == written, "\(shown(written)) is written again as \(shown(twice))")
}

/// Of any text no harm; of canonical text valid OpenMetrics, or a reason why not.
private func checkForm(_ input: UnsafeRawBufferPointer) {
    let conversion = withExactCopy(input) { OpenMetricsForm.convert($0) }
    guard case .form(let form) = conversion else { return }
    var end = 0
    for family in form.families {
        require(family.header.lowerBound == end && family.samples.lowerBound == family.header.upperBound, shown(input))
        end = family.samples.upperBound
    }
    require(end == form.bytes.count, "\(shown(form.bytes)) of \(shown(input))")
    let findings = withExactCopy(form.bytes + "# EOF\n".utf8) { OpenMetricsParser.parse($0) }.findings
    require(findings.isEmpty, "\(findings) in \(shown(form.bytes)), made of \(shown(input))")
    let index = withExactCopy(input) { CanonicalText.index($0, limits: .none) }
    if let index {
        require(index.shape.families.count == form.families.count, "\(shown(form.bytes)) of \(shown(input))")
    }
}

/// The name that the package manager gives `main` when it links the executable.
@_cdecl("FuzzOpenMetrics_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    runFuzzer(count, arguments) { start, count in
        fuzz(UnsafeRawBufferPointer(start: start, count: count))
        return 0
    }
}
