/// One family of a text.
struct TextFamily {
    /// As `NameRule` has it.
    var name: [UInt8]
    /// As written, which can be a type of OpenMetrics.
    var type: MetricType?
    var typeLine: TextLine?
    /// As written.
    var help: Range<Int>?
    var samples: [TextSlice] = []

    var isEmpty: Bool { type == nil && help == nil && samples.isEmpty }
}

/// A line of the text, or one that was written anew.
struct TextSlice {
    var range: Range<Int>
    var isRewritten: Bool
}

/// The name of the sample before, and what is known of its family.
struct LastFamily {
    var name: [UInt8] = []
    var family: [UInt8] = []
    var type: MetricType?
    var place: Int?
}
