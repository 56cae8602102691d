import Testing

@testable import Exposition

@Suite struct FloatTextTests {
    @Test(
        arguments: [
            ("0", 0), ("-0", -0.0), ("+0", 0), ("1", 1), ("01", 1), ("-1.5", -1.5), ("+1.5", 1.5), (".5", 0.5),
            ("5.", 5), ("-.5e1", -5),
            ("1e3", 1000), ("1E3", 1000), ("1e+3", 1000), ("1e-3", 0.001), ("1e00003", 1000), ("0.1", 0.1),
            ("0.3", 0.3),
            ("123456789012345", 123_456_789_012_345), ("1234567890123456", 1_234_567_890_123_456),
            ("999999999999999e22", 999_999_999_999_999e22),
            ("999999999999999e-22", 999_999_999_999_999e-22), ("1e22", 1e22), ("1e23", 1e23), ("1e-22", 1e-22),
            ("1e-23", 1e-23),
            ("9007199254740993", 9_007_199_254_740_992), ("0.30000000000000004", 0.30000000000000004),
            ("1.7976931348623157e308", .greatestFiniteMagnitude), ("1.7976931348623158e308", .greatestFiniteMagnitude),
            ("5e-324", .leastNonzeroMagnitude), ("2e-324", 0), ("1e-400", 0), ("0e400", 0),
            ("0e99999999999999999999", 0),
            ("1e-99999999999999999999", 0),
            ("inf", .infinity), ("+Inf", .infinity), ("-INF", -.infinity), ("infinity", .infinity),
            ("+Infinity", .infinity),
            ("-iNfInItY", -.infinity), ("nan", .nan), ("NaN", .nan), ("NAN", .nan),
        ] as [(String, Double)])
    func number_IsTheNearestDouble(_ text: String, number: Double) throws {
        let value = try #require(withExactCopy(text.utf8, FloatText.value))
        #expect(value.bitPattern == number.bitPattern, "\(value)")
        #expect(withExactCopy(text.utf8, FloatText.isFloat))
        #expect(indexed("a \(text)\n") != nil)
        #expect(indexed("a \(text)\t5\n") != nil)
    }

    @Test(arguments: [
        "", " ", "-", "+", ".", "-.", "e", "e1", ".e1", "1e", "1e+", "1e-", "1e1.0", "1ee1", "1e1e1", "--1", "+-1",
        "1-", "1.2.3", "..1", "1..",
        "0x1", "0x1p3", "1p3", "1_0", "1,0", "1e1_0", " 1", "1 ", "1\n", "1\0", "\01", "1d", "1f", "one", "١",
        "1\u{301}",
        "1e309", "-1e309", "1e400", "1.7976931348623159e308", "1e99999999999999999999", "+NaN", "-nan", "nan1", "na",
        "n", "i", "in", "infi",
        "infinit", "infinityy", "--inf", "in\u{0}", "I\u{4E}F1", "\u{9}nf", "nan(1)", "snan", "1\u{0d}",
    ])
    func text_IsNoNumber(_ text: String) {
        #expect(withExactCopy(text.utf8, FloatText.value) == nil)
        #expect(!withExactCopy(text.utf8, FloatText.isFloat))
        #expect(indexed("a{}\(text)\n") == nil || text == " 1")
    }

    @Test(arguments: [(308, true), (309, false), (310, false)])
    func longNumber_IsTakenIfItIsNotTooLarge(_ zeros: Int, isTaken: Bool) {
        let text = "1" + String(repeating: "0", count: zeros)
        #expect((indexed("a \(text)\n") != nil) == isTaken)
        #expect((indexed("a \(text).5\n") != nil) == isTaken)
        #expect(indexed("a 0.\(text)\n") != nil)
        #expect(indexed("a 000\(text)e-10\n") != nil)
    }

    /// The fast way and the standard library's.
    @Test func value_IsThatOfTheStandardLibrary() {
        var random = BodyGenerator.Random(seed: 1)
        for _ in 0..<20_000 {
            let digits = String(
                (0..<Int.random(in: 1...20, using: &random)).map { _ in random.pick(Array("0123456789")) })
            var text = random.pick(["", "-", "+"]) + digits
            let places = Int.random(in: 0...digits.count, using: &random)
            text.insert(".", at: text.index(text.endIndex, offsetBy: -places))
            if random.once(in: 2) { text += "e\(Int.random(in: -40...40, using: &random))" }
            #expect(withExactCopy(text.utf8, FloatText.value)?.bitPattern == Double(text)?.bitPattern, "\(text)")
        }
    }
}
