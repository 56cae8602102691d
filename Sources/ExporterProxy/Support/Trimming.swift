extension StringProtocol {
    /// Without white space at both ends.
    package var trimmed: String {
        var text = drop(while: \.isWhitespace)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
