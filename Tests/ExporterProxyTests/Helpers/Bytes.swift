import NIOCore

/// The bytes that a vector in hexadecimal digits stands for; white space is for the reader.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

extension [UInt8] {
    init(_ text: String) { self.init(text.utf8) }

    /// Both parts for each place where the bytes can be cut.
    var cuts: [(head: [UInt8], tail: [UInt8])] {
        (0...count).map { (Array(self[..<$0]), Array(self[$0...])) }
    }

    /// A heap block of exactly this size, so that a sanitizer sees a read beyond it.
    func withExactBytes<T>(alignment: Int = 8, _ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: alignment)
        defer { block.deallocate() }
        block.copyBytes(from: self)
        return try body(UnsafeRawBufferPointer(block))
    }
}

extension ByteBuffer {
    var text: String { String(buffer: self) }
}
