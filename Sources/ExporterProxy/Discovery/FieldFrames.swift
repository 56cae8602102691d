/// Frames of fields: how the Python interpreter is spoken to. A frame is its length and its fields, a field its length
/// and its bytes; lengths have four bytes, the highest first.
///
/// Pure: takes bytes as they come, and gives whole frames.
struct FieldFrames {
    struct Malformed: Error, Equatable {}

    /// Of the fields of one frame, with their lengths.
    var frameBytesMax: Int
    private var bytes: [UInt8] = []

    init(frameBytesMax: Int) { self.frameBytesMax = frameBytesMax }

    static func frame(_ fields: [[UInt8]]) -> [UInt8] {
        let count = fields.reduce(0) { $0 + 4 + $1.count }
        var frame: [UInt8] = []
        frame.reserveCapacity(4 + count)
        frame += length(count)
        for field in fields {
            frame += length(field.count)
            frame += field
        }
        return frame
    }

    /// Preceded by its length.
    static func text(_ text: String) -> [UInt8] { length(text.utf8.count) + text.utf8 }

    private static func length(_ count: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(clamping: count).bigEndian) { Array($0) }
    }

    mutating func append(_ part: [UInt8]) { bytes += part }

    /// The fields of the next frame, or `nil` where it is not whole yet.
    mutating func next() throws(Malformed) -> [[UInt8]]? {
        guard let count = Self.length(at: 0, of: bytes[...]) else { return nil }
        guard count <= frameBytesMax else { throw Malformed() }
        guard bytes.count - 4 >= count else { return nil }
        var fields: [[UInt8]] = []
        var rest = bytes[4..<4 + count]
        while !rest.isEmpty {
            guard let count = Self.length(at: rest.startIndex, of: rest), rest.count - 4 >= count else {
                throw Malformed()
            }
            fields.append(Array(rest.dropFirst(4).prefix(count)))
            rest = rest.dropFirst(4 + count)
        }
        bytes.removeFirst(4 + count)
        return fields
    }

    private static func length(at start: Int, of bytes: ArraySlice<UInt8>) -> Int? {
        guard bytes.endIndex - start >= 4 else { return nil }
        return bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
}
