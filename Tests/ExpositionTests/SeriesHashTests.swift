import Testing

@testable import Exposition

@Suite struct SeriesHashTests {
    private func hash(_ text: some Collection<UInt8>, _ seed: UInt64 = 1) -> UInt64 {
        withExactCopy(text) { SeriesHash.hash($0, seed) }
    }

    private func part(_ name: String, _ value: String, _ border: SeriesHash.Border = .none) -> UInt64? {
        withExactCopy(name.utf8) { name in
            withExactCopy(value.utf8) { SeriesHash.ofThisProcess.part(label: name, value: $0, border: border) }
        }
    }

    @Test func differentBytes_HaveDifferentNumbers() {
        var seen: Set<UInt64> = []
        var count = 0
        for length in 0...40 {
            let zeros = [UInt8](repeating: 0, count: length)
            count += 1
            seen.insert(hash(zeros))
            for place in 0..<length {
                for bit in 0..<8 as Range<UInt8> {
                    var bytes = zeros
                    bytes[place] ^= 1 << bit
                    count += 1
                    seen.insert(hash(bytes))
                }
            }
        }
        #expect(seen.count == count)
    }

    @Test func differentSeeds_GiveDifferentNumbers() {
        for length in 1...20 {
            let bytes = [UInt8](repeating: 0x61, count: length)
            #expect(Set((0..<50).map { hash(bytes, $0 << 40) }).count == 50)
        }
    }

    @Test func kindsOfName_HaveDifferentNumbers() {
        let numbers = (0..<8).map { kind in
            withExactCopy("a_sum".utf8) { SeriesHash.ofThisProcess.begin(name: $0, kind: kind) }
        }
        #expect(Set(numbers).count == 8)
    }

    @Test(arguments: ["a", "le", "quantile"])
    func emptyValue_AddsNothing(_ name: String) { #expect(part(name, "") == 0) }

    @Test(arguments: [
        ("le", "1", "1.0", true), ("quantile", "0.5", "5e-1", true), ("l", "1", "1.0", false),
        ("lee", "1", "1.0", false),
        ("le", "1", "1.01", false), ("le", "x", "x ", false), ("le", "Inf", "+inf", true), ("le", "Inf", "-inf", false),
        ("quantiles", "1", "1.0", false), ("Quantile", "1", "1.0", false), ("LE", "1", "1.0", false),
    ])
    func borders_AreComparedAsNumbers(_ name: String, left: String, right: String, areEqual: Bool) {
        #expect((part(name, left) == part(name, right)) == areEqual)
    }

    @Test(arguments: [
        ("le", SeriesHash.Border.le, false), ("le", .quantile, true), ("le", .none, true),
        ("quantile", .quantile, false),
        ("quantile", .le, true), ("quantile", .none, true), ("l", .le, true), ("", .le, true),
    ])
    func borderThatIsNoNumber_IsRefusedWhereItHasToBeOne(_ name: String, border: SeriesHash.Border, isTaken: Bool) {
        #expect((part(name, "x", border) != nil) == isTaken)
        #expect((part(name, "", border) != nil) == isTaken)
        #expect(part(name, "1", border) != nil)
    }

    @Test(arguments: [
        ("1", "1.0", true), ("1", "1e0", true), ("100", "1e2", true), ("0.001", "1e-3", true), ("+1", "1", true),
        ("0", "-0.0", true),
        ("0", "0e5", true), ("00.10", ".1", true), ("Inf", "+Infinity", true), ("NaN", "nan", true), ("1", "-1", false),
        ("1", "10", false),
        ("0.1", "0.10000000000000001", true), ("0.1", "0.1000000000000001", false),
        ("9007199254740993", "9007199254740992", true),
        ("1e-400", "0", true), ("Inf", "-Inf", false), ("123456789012345678", "123456789012345680", true),
    ])
    func keys_AreEqualWhereTheNumbersAre(_ left: String, right: String, areEqual: Bool) throws {
        let keys = try [left, right].map { try #require(withExactCopy($0.utf8) { DecimalKey($0) }) }
        #expect((keys[0] == keys[1]) == areEqual)
    }

    @Test(arguments: ["", "x", "1x", "1e400", "0x1", " 1", "1\\n"])
    func key_IsOfNumbersOnly(_ text: String) { #expect(withExactCopy(text.utf8) { DecimalKey($0) } == nil) }
}
