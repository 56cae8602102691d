import NIOCore

/// What has come out of a compressed body so far. It grows in steps, and never beyond what it may have.
struct DecodedBytes {
    /// How many bytes may come out, and which rule says so.
    struct Room {
        let bytes: Int
        let error: ContentDecodingError

        init(sentBytes: Int, limit: Int, ratio: Int) {
            // Buffers are not larger.
            let limit = min(max(limit, 0), Int(Int32.max))
            let (product, isTooLarge) = sentBytes.multipliedReportingOverflow(by: ratio)
            let dense = max(ContentDecoding.denseBytes, isTooLarge ? .max : product)
            bytes = min(limit, dense)
            error = dense < limit ? .tooDense(ratio: ratio) : .tooLarge(limit: limit)
        }
    }

    private(set) var bytes = ByteBuffer()
    private let room: Room

    init(_ room: Room) { self.room = room }

    /// Lets `write` fill a part of free space; it says how many bytes it wrote. Where no room is left the space is one
    /// byte, so that a decoder can find its end there.
    mutating func append(_ write: (UnsafeMutableRawBufferPointer) -> Int) throws(ContentDecodingError) {
        let left = room.bytes - bytes.readableBytes
        guard left > 0 else {
            let count = withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1, write)
            guard count == 0 else { throw room.error }
            return
        }
        let step = min(left, max(16 * 1024, bytes.readableBytes))
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: step) { space in
            write(UnsafeMutableRawBufferPointer(rebasing: space.prefix(step)))
        }
    }

    /// So many bytes at once, where `write` says that it wrote them.
    mutating func append(
        exactly count: Int, _ write: (UnsafeMutableRawBufferPointer) -> Bool
    ) throws(ContentDecodingError) -> Bool {
        guard count <= room.bytes - bytes.readableBytes else { throw room.error }
        var isWritten = false
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            isWritten = write(UnsafeMutableRawBufferPointer(rebasing: space.prefix(count)))
            return isWritten ? count : 0
        }
        return isWritten
    }
}
