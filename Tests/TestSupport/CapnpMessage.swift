/// Messages of `InboundMetrics` written down word by word from Cap'n Proto's encoding document, so that right and
/// wrong ones can be made without the code under test.
public enum CapnpMessage {
    /// One segment: the root, its two pointers, the two texts.
    public static func of(_ app: String, _ data: String) -> [UInt8] {
        of(app: Array(app.utf8) + [0], data: Array(data.utf8) + [0])
    }

    /// The same of texts as bytes, which end with NUL where the message is to be right.
    public static func of(app: [UInt8], data: [UInt8]) -> [UInt8] {
        let appWords = words(of: app)
        return segments([
            [structPointer(offset: 0, pointers: 2), listPointer(offset: 1, bytes: app.count)]
                + [listPointer(offset: Int(appWords.count), bytes: data.count)] + appWords + words(of: data)
        ])
    }

    /// The stream framing: the count of segments less one, the sizes in words, padding, the segments.
    public static func segments(_ segments: [[UInt64]]) -> [UInt8] {
        var table = [UInt32(segments.count - 1)] + segments.map { UInt32($0.count) }
        if !table.count.isMultiple(of: 2) { table.append(0) }
        return table.flatMap(bytes) + segments.flatMap { $0.flatMap(bytes) }
    }

    public static func structPointer(offset: Int, pointers: UInt64) -> UInt64 {
        UInt64(UInt32(bitPattern: Int32(offset) << 2)) | pointers << 48
    }

    /// A list of bytes: element size 2.
    public static func listPointer(offset: Int, bytes: Int) -> UInt64 {
        UInt64(UInt32(bitPattern: Int32(offset) << 2)) | 1 | UInt64(bytes) << 35 | 2 << 32
    }

    public static func farPointer(segment: UInt64, word: UInt64, isDouble: Bool = false) -> UInt64 {
        2 | (isDouble ? 4 : 0) | word << 3 | segment << 32
    }

    public static func words(of bytes: [UInt8]) -> [UInt64] {
        stride(from: 0, to: bytes.count, by: 8).map { start in
            bytes[start..<min(start + 8, bytes.count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}
