import NIOCore

/// Undoes the `Content-Encoding` of a request (RFC 9110, 8.4).
package enum ContentDecoding {
    /// How many times larger than what was sent a body may be that is larger than `denseBytes`.
    package static let ratioMax = 100
    package static let denseBytes = 1024 * 1024

    /// The body as it was before it was compressed, of at most `limit` bytes.
    ///
    /// What is allocated for it grows with what comes out and stays below twice the limit; zstd has a window of at most
    /// 8 MiB besides. Several codings are measured against what was sent.
    package static func decode(
        _ body: ByteBuffer, coding header: String, limit: Int, ratio: Int = ratioMax
    ) throws(ContentDecodingError) -> ByteBuffer {
        var body = body
        let room = DecodedBytes.Room(sentBytes: body.readableBytes, limit: limit, ratio: ratio)
        for coding in try ContentCoding.list(header).reversed() { body = try decode(body, coding, room) }
        guard body.readableBytes <= limit else { throw .tooLarge(limit: limit) }
        return body
    }

    private static func decode(
        _ body: ByteBuffer, _ coding: ContentCoding, _ room: DecodedBytes.Room
    ) throws(ContentDecodingError) -> ByteBuffer {
        var output = DecodedBytes(room)
        let outcome = body.withUnsafeReadableBytes { input in
            Result { () throws(ContentDecodingError) in
                switch coding {
                case .gzip, .deflate: try Inflater.decode(input, coding, into: &output)
                case .snappy: try SnappyReader.decode(input, into: &output)
                case .zstd: try ZstdReader.decode(input, into: &output)
                }
            }
        }
        try outcome.get()
        return output.bytes
    }
}
