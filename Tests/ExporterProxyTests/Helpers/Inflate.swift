import CZlib

/// What zlib's own reader makes of a gzip stream of one member; `nil` where it refuses it.
struct Inflated: Equatable {
    var bytes: [UInt8]
    /// What stands behind the first member.
    var rest: Int

    /// `windowBits` 31 is gzip, -15 raw deflate that need not end.
    init?(_ compressed: [UInt8], windowBits: Int32 = 31) {
        var stream = z_stream()
        guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            return nil
        }
        defer { inflateEnd(&stream) }
        var input = compressed
        var output = [UInt8](repeating: 0, count: 65_536)
        var bytes: [UInt8] = []
        var code = Z_OK
        var left = 0
        input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            while code == Z_OK {
                let count = output.withUnsafeMutableBufferPointer { output in
                    stream.next_out = output.baseAddress
                    stream.avail_out = UInt32(output.count)
                    code = inflate(&stream, Z_NO_FLUSH)
                    return output.count - Int(stream.avail_out)
                }
                bytes += output.prefix(count)
            }
            left = Int(stream.avail_in)
        }
        let isWhole = windowBits > 0 ? code == Z_STREAM_END : code == Z_BUF_ERROR && left == 0
        guard isWhole else { return nil }
        self.bytes = bytes
        rest = left
    }
}
