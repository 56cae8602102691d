import NIOCore

/// The text of a group as it was last written; each family knows its place in it.
struct GroupText: Sendable {
    var body = ByteBuffer()
    /// The families as places, by name.
    var order: [Int] = []
    /// Families have come or gone since ``order`` was made.
    var hasOtherFamilies = true
    /// From when on it does not hold although nobody pushes; `.min` where it has to be written anew.
    var end = Int64.min
}
