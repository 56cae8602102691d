/// Text from outside, as the page shows it.
enum PageText {
    /// Longer texts end in `…`: nobody reads on, and many of them would make the page large.
    static let scalarsMax = 300

    /// Escaped, on one line, and with a direction of its own: text from right to left turns nothing else around.
    static func isolated(_ text: String) -> String { "<bdi>\(short(text))</bdi>" }

    static func short(_ text: String) -> String {
        guard text.utf8.count > scalarsMax, text.unicodeScalars.count > scalarsMax else {
            return EscapedText.html(text)
        }
        return EscapedText.html(String(String.UnicodeScalarView(text.unicodeScalars.prefix(scalarsMax)))) + "…"
    }

    static func count(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }
}
