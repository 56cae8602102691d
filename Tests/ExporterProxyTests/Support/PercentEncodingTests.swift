import Testing

@testable import ExporterProxy

@Test(arguments: [
    ("abc", "abc"), ("a%20b", "a b"), ("a+b", "a+b"), ("%2F%2f", "//"), ("%C3%A9", "é"), ("é", "é"), ("", ""),
    ("%25", "%"), ("%2525", "%25"), ("%00", "\u{0}"),
])
func percentEncoding_IsDecodedOnce(text: String, decoded: String) {
    #expect(PercentEncoding.decode(text) == decoded)
}

@Test(arguments: ["%", "%2", "%G0", "%0G", "a%", "%FF", "%C3", "%ED%A0%80", "% 20", "%-1"])
func percentEncoding_IsRefused_WhenItIsBroken(text: String) {
    #expect(PercentEncoding.decode(text) == nil)
}

@Test func plus_IsASpaceInQueriesOnly() {
    #expect(PercentEncoding.decode("a+b%2B", plusIsSpace: true) == "a b+")
}

@Test(arguments: [("a/b c", "a%2Fb%20c"), ("a-b.c_d~e9Z", "a-b.c_d~e9Z"), ("é", "%C3%A9"), ("?#%", "%3F%23%25")])
func percentEncoding_KeepsOnlyUnreservedCharacters(text: String, encoded: String) {
    #expect(PercentEncoding.encode(text) == encoded)
}

@Test(arguments: 0..<50)
func percentEncoding_DecodesWhatItEncoded(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let text = random.text(40)
    #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text, "seed \(seed)")
}
