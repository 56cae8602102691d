import CZlib
import NIOCore

/// Joins compressed pieces into ONE gzip member (RFC 1952).
///
/// Several members, one for each piece, would be as valid, but curl and browsers stop after the first.
package enum GzipMember {
    /// Deflate, no name, no time, fastest method, made on Unix.
    private static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 3]
    /// An empty final block with fixed codes: it ends the stream that the pieces leave open.
    private static let end: [UInt8] = [0x03, 0x00]

    /// Throws where the member would be larger than a buffer can be.
    package static func join(_ pieces: [DeflatedPiece]) throws(DeflateError) -> ByteBuffer {
        let compressed = pieces.reduce(0) { $0 + $1.bytes.readableBytes }
        guard compressed < Int(UInt32.max) / 2 - 32 else { throw DeflateError(code: Z_BUF_ERROR) }
        var member = ByteBufferAllocator().buffer(capacity: compressed + header.count + end.count + 8)
        member.writeBytes(header)
        var crc: UInt = 0
        var count = 0
        for piece in pieces {
            member.writeImmutableBuffer(piece.bytes)
            crc = crc32_combine_op(crc, UInt(piece.crc), piece.crcOperator)
            count &+= piece.bodyBytes
        }
        member.writeBytes(end)
        member.writeInteger(UInt32(truncatingIfNeeded: crc), endianness: .little)
        member.writeInteger(UInt32(truncatingIfNeeded: count), endianness: .little)
        return member
    }
}
