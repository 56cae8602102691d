/// One sample of text 0.0.4 as ranges into the bytes it was read from; its labels are with its reader.
struct TextSample {
    /// Without quotes.
    var name: TextName
    /// From the name or brace to the last token that text 0.0.4 knows.
    var content: Range<Int>
    var value: Double
    var valueText: Range<Int>
    /// In milliseconds.
    var timestamp: Int64?
    /// Whether it must be written anew for all readers to take it.
    var isToBeRewritten: Bool
}

/// A name, without quotes.
struct TextName {
    var range: Range<Int>
    var isQuoted: Bool
}

struct TextLabel {
    var name: TextName
    /// Within the quotes, as written.
    var value: Range<Int>
}

/// A reason and where it begins.
struct Remark: Error {
    var reason: Reason
    var offset: Int
}
