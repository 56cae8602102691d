import CSnappy
import NIOCore

/// Decompresses snappy's framing format (framing_format.txt of the project), and a bare block where a body does not
/// begin with the stream identifier. No bytes at all are an empty stream, as some encoders write it.
///
/// A byte scanner: reads only `input[0 ..< count]`.
struct SnappyReader {
    private static let identifier = Array("\u{FF}\u{6}\u{0}\u{0}sNaPpY".unicodeScalars.map { UInt8($0.value) })
    /// What one chunk may hold, decompressed.
    private static let chunkBytesMax = 65_536

    private let input: UnsafeRawBufferPointer
    private var position = 0

    static func decode(_ input: UnsafeRawBufferPointer, into output: inout DecodedBytes) throws(ContentDecodingError) {
        var reader = SnappyReader(input: input)
        guard input.starts(with: identifier) else {
            if !input.isEmpty { try reader.uncompress(0..<input.count, bytesMax: .max, into: &output) }
            return
        }
        while reader.position < input.count { try reader.decodeChunk(into: &output) }
    }

    private init(input: UnsafeRawBufferPointer) { self.input = input }

    private func malformed(_ what: String, at byte: Int) -> ContentDecodingError {
        .malformed(.snappy, byte: byte, what)
    }

    private mutating func decodeChunk(into output: inout DecodedBytes) throws(ContentDecodingError) {
        let start = position
        guard input.count - start >= 4 else { throw malformed("it ends too early", at: start) }
        let length = Int(input[start + 1]) | Int(input[start + 2]) << 8 | Int(input[start + 3]) << 16
        guard length <= input.count - start - 4 else { throw malformed("it ends too early", at: start) }
        position = start + 4 + length
        let chunk = start + 4..<position
        switch input[start] {
        case 0x00: try decodeData(chunk, isCompressed: true, into: &output)
        case 0x01: try decodeData(chunk, isCompressed: false, into: &output)
        case 0x02...0x7F: throw malformed("a chunk of unknown type \(input[start])", at: start)
        case 0xFF:
            guard input[start..<position].elementsEqual(Self.identifier) else {
                throw malformed("no stream identifier", at: start)
            }
        // Padding, and what is reserved to be skipped.
        default: break
        }
    }

    /// A checksum of what comes out, then the data.
    private func decodeData(
        _ chunk: Range<Int>, isCompressed: Bool, into output: inout DecodedBytes
    ) throws(ContentDecodingError) {
        guard chunk.count >= 4 else { throw malformed("a chunk without checksum", at: chunk.lowerBound) }
        let data = chunk.dropFirst(4)
        let before = output.bytes.readableBytes
        if isCompressed {
            try uncompress(data, bytesMax: Self.chunkBytesMax, into: &output)
        } else {
            guard data.count <= Self.chunkBytesMax else {
                throw malformed("a chunk is too large", at: chunk.lowerBound)
            }
            _ = try output.append(exactly: data.count) { space in
                space.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[data]))
                return true
            }
        }
        let sum = output.bytes.withUnsafeReadableBytes {
            CRC32C.masked(UnsafeRawBufferPointer(rebasing: $0[before...]))
        }
        let said = (0..<4).reduce(UInt32(0)) { $0 | UInt32(input[chunk.lowerBound + $1]) << UInt32(8 * $1) }
        guard sum == said else { throw malformed("a wrong checksum", at: chunk.lowerBound) }
    }

    private func uncompress(
        _ block: Range<Int>, bytesMax: Int, into output: inout DecodedBytes
    ) throws(ContentDecodingError) {
        let bytes = UnsafeRawBufferPointer(rebasing: input[block]).assumingMemoryBound(to: CChar.self)
        var count = 0
        guard snappy_uncompressed_length(bytes.baseAddress, bytes.count, &count) == SNAPPY_OK else {
            throw malformed("a block without length", at: block.lowerBound)
        }
        guard count <= bytesMax else { throw malformed("a chunk is too large", at: block.lowerBound) }
        let isWhole = try output.append(exactly: count) { space in
            var written = space.count
            let text = space.assumingMemoryBound(to: CChar.self).baseAddress
            return snappy_uncompress(bytes.baseAddress, bytes.count, text, &written) == SNAPPY_OK
        }
        guard isWhole else { throw malformed("a block that cannot be read", at: block.lowerBound) }
    }
}
