/// Cuts a stream of bytes into frames: three bytes of length, and as many bytes.
///
/// It holds no more than one frame and what came with its end, and makes no room for bytes that have not come.
struct FrameAssembler {
    static let lengthBytes = 3
    /// The most that three bytes can say.
    static let frameBytesMax = 1 << 24 - 1
    /// Room that an idle stream may keep.
    private static let idleBytesMax = 16 * 1024

    private var buffer: [UInt8] = []
    /// Where the next frame begins.
    private var position = 0

    var bufferedBytes: Int { buffer.count - position }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        if position > 0 {
            buffer.removeSubrange(..<position)
            position = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next frame, once all of it is there. It is refused as soon as its length is known to be above `max`.
    mutating func next(max: Int) throws(SecretStreamError) -> ArraySlice<UInt8>? {
        guard bufferedBytes >= Self.lengthBytes else { return nil }
        let length = Int(buffer[position]) | Int(buffer[position + 1]) << 8 | Int(buffer[position + 2]) << 16
        guard length <= max else { throw .frameTooLong(bytes: length, max: max) }
        guard bufferedBytes - Self.lengthBytes >= length else { return nil }
        let start = position + Self.lengthBytes
        position = start + length
        return buffer[start..<position]
    }

    /// What has come behind the last frame; nothing is left of it here.
    mutating func takeRest() -> ArraySlice<UInt8> {
        defer { self = FrameAssembler() }
        return buffer[position...]
    }

    /// Lets go of the room of frames that were taken.
    mutating func release() {
        guard position == buffer.count else { return }
        position = 0
        if buffer.capacity > Self.idleBytesMax { buffer = [] } else { buffer.removeAll(keepingCapacity: true) }
    }
}
