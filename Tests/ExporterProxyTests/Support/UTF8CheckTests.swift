import Testing

@testable import ExporterProxy

private func firstInvalid(_ bytes: [UInt8]) -> Int? { bytes.withExactBytes { UTF8Check.firstInvalid($0) } }

@Test(
    arguments: [
        ("", nil), ("61", nil), ("C3 A9", nil), ("E2 82 AC", nil), ("F0 9F 98 80", nil), ("F4 8F BF BF", nil),
        ("00", nil),
        ("80", 0), ("61 80", 1), ("C3", 0), ("C3 28", 0), ("C0 80", 0), ("C1 BF", 0), ("E0 80 80", 0), ("E0 9F BF", 0),
        ("ED A0 80", 0), ("ED 9F BF", nil), ("EE 80 80", nil), ("F0 80 80 80", 0), ("F0 8F BF BF", 0),
        ("F4 90 80 80", 0),
        ("F5 80 80 80", 0), ("FF", 0), ("FE", 0), ("E2 82", 0), ("F0 9F 98", 0), ("61 62 E2 82 61", 2), ("E2 28 A1", 0),
    ] as [(String, Int?)])
func utf8Check_FindsTheFirstByteThatBeginsNoSequence(digits: String, offset: Int?) {
    #expect(firstInvalid(hex(digits)) == offset)
}

@Test func utf8Check_FindsABadByte_WhereverItStandsInALongText() {
    for length in 0..<80 {
        for place in 0..<length {
            var bytes = [UInt8](repeating: 0x61, count: length)
            bytes[place] = 0xFF
            #expect(firstInvalid(bytes) == place)
        }
    }
}

@Test(arguments: 0..<20)
func utf8Check_AgreesWithTheStandardLibrary(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let bricks = [
        "61", "C3A9", "E282AC", "F09F9880", "80", "C3", "E282", "F09F98", "EDA080", "C080", "F4908080", "EDBFBF",
    ]
    .map(hex)
    for _ in 0..<200 {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 0..<40, using: &random) {
            // Mostly right, so that the mistakes are not all at the beginning.
            bytes +=
                bricks[
                    Int.random(in: 0..<(Int.random(in: 0..<20, using: &random) == 0 ? bricks.count : 4), using: &random)
                ]
        }
        let valid = String(validating: bytes, as: UTF8.self) != nil
        let offset = firstInvalid(bytes)
        #expect((offset == nil) == valid, "seed \(seed): \(bytes)")
        guard let offset else { continue }
        #expect(String(validating: bytes[..<offset], as: UTF8.self) != nil, "seed \(seed): \(bytes)")
        for end in offset..<min(bytes.count, offset + 4) {
            #expect(String(validating: bytes[offset...end], as: UTF8.self) == nil, "seed \(seed): \(bytes)")
        }
    }
}
