import NIOCore

/// The one change the proxy makes to a body it passes on: its end.
///
/// A body without a final newline would fuse its last line with its neighbour's first; empty lines at the end
/// would stand between neighbours. So a body is empty, or ends with exactly one newline.
package enum ExpositionBody {
    /// A copy of `bytes` with its end put right.
    package static func make(_ bytes: UnsafeRawBufferPointer) -> ByteBuffer {
        let count = countWithoutNewlines(bytes)
        guard count > 0 else { return ByteBuffer() }
        var body = ByteBufferAllocator().buffer(capacity: count + 1)
        body.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        body.writeInteger(UInt8(ascii: "\n"))
        return body
    }

    package static func make(_ bytes: ByteBuffer) -> ByteBuffer {
        bytes.withUnsafeReadableBytes { make($0) }
    }

    private static func countWithoutNewlines(_ bytes: UnsafeRawBufferPointer) -> Int {
        var count = bytes.count
        while count > 0, bytes[count - 1] == UInt8(ascii: "\n") { count -= 1 }
        return count
    }
}
