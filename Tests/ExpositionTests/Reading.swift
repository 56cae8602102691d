import Exposition

func repair(_ text: String, limits: ExpositionLimits = .none, findingsMax: Int = .max) -> TextRepair.Result {
    repair(Array(text.utf8), limits: limits, findingsMax: findingsMax)
}

func repair(_ bytes: [UInt8], limits: ExpositionLimits = .none, findingsMax: Int = .max) -> TextRepair.Result {
    bytes.withUnsafeBytes { TextRepair.run($0, limits: limits, findingsMax: findingsMax) }
}

func parse(_ bytes: [UInt8]) -> (families: [MetricFamily], findings: [Finding]) {
    bytes.withUnsafeBytes { TextParser.parse($0) }
}

func isRefused(_ bytes: [UInt8], by reader: Reason.Readers) -> Bool {
    bytes.withUnsafeBytes { TextParser.verdict($0) }.contains { $0.reason.refusedBy.contains(reader) }
}
