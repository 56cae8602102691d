import NIOCore

/// Fragments of bodies on their way to a socket: small neighbours are copied together, large ones handed on.
struct PieceList {
    /// Below this, handing a piece to the socket costs more than copying it (docs/decisions/007).
    private static let pieceBytesMin = 2048
    private static let blockBytes = 64 * 1024

    private var pieces: [ByteBuffer] = []
    private var block = ByteBuffer()
    private var bytesExpected: Int

    /// - Parameter bytesExpected: what is going to be added; with it, memory is asked for once.
    init(bytesExpected: Int) { self.bytesExpected = bytesExpected }

    mutating func add(_ fragment: ByteBuffer) { add(fragment, fragment.readerIndex..<fragment.writerIndex) }

    /// Adds these bytes, counted as `body` counts its indices.
    mutating func add(_ body: ByteBuffer, _ range: Range<Int>) {
        if range.count >= Self.pieceBytesMin, let piece = body.getSlice(at: range.lowerBound, length: range.count) {
            endBlock()
            pieces.append(piece)
        } else if !range.isEmpty {
            if block.capacity == 0 { reserve() }
            body.withVeryUnsafeBytes { bytes in
                _ = block.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
            if block.readableBytes >= Self.blockBytes { endBlock() }
        }
        bytesExpected -= range.count
    }

    mutating func add(_ text: String) {
        if block.capacity == 0 { reserve() }
        block.writeString(text)
    }

    private mutating func reserve() {
        let bytes = min(bytesExpected, Self.blockBytes) + Self.pieceBytesMin
        block = ByteBufferAllocator().buffer(capacity: max(bytes, 64))
    }

    private mutating func endBlock() {
        guard block.readableBytes > 0 else { return }
        pieces.append(block)
        block = ByteBuffer()
    }

    consuming func finished() -> [ByteBuffer] {
        endBlock()
        return pieces
    }
}
