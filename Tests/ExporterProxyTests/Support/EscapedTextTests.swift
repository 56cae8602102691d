import Foundation
import Testing

@testable import ExporterProxy

@Test(arguments: [
    ("plain", "plain"), ("日本 é 😀", "日本 é 😀"), ("a\nb", "a\\nb"), ("a\r\tb", "a\\r\\tb"), ("\u{1b}[31m", "\\u{1b}[31m"),
    ("\u{0}", "\\u{0}"), ("\u{7f}", "\\u{7f}"), ("\u{85}", "\\u{85}"), ("\u{202e}abc", "\\u{202e}abc"),
    ("\u{2028}", "\\u{2028}"), ("\u{feff}x", "\\u{feff}x"), ("a\r\nb", "a\\r\\nb"),
])
func visible_ShowsWhatWouldSteerATerminal(text: String, shown: String) {
    #expect(EscapedText.visible(text) == shown)
}

@Test(arguments: [
    ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"), ("plain", "plain"), ("a\nb", "a\\nb"),
])
func html_IsText_WhateverItHolds(text: String, shown: String) {
    #expect(EscapedText.html(text) == shown)
}

@Test(arguments: [
    ("<\u{301}", "&lt;\u{301}"), ("a\"\u{301}>\u{20dd}", "a&quot;\u{301}&gt;\u{20dd}"), ("&\u{fe0f}", "&amp;\u{fe0f}"),
])
func html_IsText_WhateverMarkFollowsACharacter(text: String, shown: String) {
    #expect(Array(EscapedText.html(text).unicodeScalars) == Array(shown.unicodeScalars))
}

@Test(arguments: [
    ("", "\"\""), ("a\"b\\", "\"a\\\"b\\\\\""), ("\n\r\t", "\"\\n\\r\\t\""), ("\u{1}\u{7f}", "\"\\u0001\\u007f\""),
    ("é😀", "\"é😀\""), ("\r\n", "\"\\r\\n\""),
])
func json_IsAStringWithItsQuotes(text: String, shown: String) {
    #expect(EscapedText.json(text) == shown)
}

@Test(arguments: 0..<50)
func json_IsReadBackByAnotherReader(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let text = random.text(60)
    let data = Data("[\(EscapedText.json(text))]".utf8)
    let read = try JSONSerialization.jsonObject(with: data) as? [String]
    #expect(read?.first.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars), "seed \(seed)")
}

@Test(arguments: [
    ("", 0), ("abc", 3), ("日本", 4), ("é", 1), ("e\u{301}", 1), ("😀", 2), ("한", 2), ("ｈ", 2), ("a\u{200b}b", 2),
    ("naïve", 5), ("\u{1b}", 0), ("🇩🇪", 2), ("—", 1),
])
func displayWidth_IsTheNumberOfColumns(text: String, columns: Int) {
    #expect(DisplayWidth.of(text) == columns)
}
