import Testing

@testable import Exposition

/// The scan beside the reference, on bodies by chance.
@Suite struct CanonicalScanTests {
    @Test func scan_TakesWhatTheReferenceTakes_AndFindsTheSame() {
        var (taken, refused) = (0, 0)
        for seed in 0..<4000 as Range<UInt64> {
            var generator = BodyGenerator(seed: seed)
            var (good, body) = ([] as [UInt8], generator.body())
            for round in 0..<8 {
                if isLikeReference(body, "seed \(seed), round \(round)") {
                    (taken, good) = (taken + 1, body)
                } else {
                    refused += 1
                }
                body = generator.changed(good)
            }
        }
        // Neither side of the border is left out.
        #expect(taken > 4000 && refused > 4000, "\(taken) taken, \(refused) refused")
    }

    /// Whether both took it.
    private func isLikeReference(_ body: [UInt8], _ origin: String) -> Bool {
        let scanned = indexed(body)
        let reference = CanonicalReference(body)
        guard let scanned, let reference else {
            #expect((scanned == nil) == (reference == nil), "\(origin): \(shown(body))")
            return false
        }
        let families = zip(scanned.shape.families, scanned.extents).map { family, extent in
            CanonicalReference.Family(
                name: family.name, type: family.type?.rawValue, help: family.help,
                extent: [extent.start, extent.samples, extent.end], samples: family.samples)
        }
        #expect(families == reference.families, "\(origin): \(shown(body))")
        #expect(numbered(scanned.shape.series) == numbered(reference.series), "\(origin): \(shown(body))")
        #expect(scanned.shape.hasTimestamps == reference.isTimed, "\(origin): \(shown(body))")
        #expect(scanned.shape.hasRepeatedSeries == reference.hasRepeatedSeries, "\(origin): \(shown(body))")
        return true
    }

    /// Each series by the place of the first that is equal to it.
    private func numbered<Series: Hashable>(_ series: [Series]) -> [Int] {
        var first: [Series: Int] = [:]
        return series.enumerated().map { place, series in
            if let other = first[series] { return other }
            first[series] = place
            return place
        }
    }

    private func shown(_ body: [UInt8]) -> String { String(decoding: body, as: UTF8.self).debugDescription }
}
