import CZlib
import NIOCore

/// Decompresses gzip (RFC 1952) and deflate (RFC 1950, or 1951 as some send it).
///
/// A byte scanner: reads only `input[0 ..< count]`, of which zlib is given what is left.
struct Inflater: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>
    private let input: UnsafeRawBufferPointer
    private let coding: ContentCoding

    /// Throws where anything is wrong, missing, or too much.
    static func decode(
        _ input: UnsafeRawBufferPointer, _ coding: ContentCoding, into output: inout DecodedBytes
    ) throws(ContentDecodingError) {
        let inflater = try Inflater(input, coding)
        switch coding {
        case .gzip: try inflater.decodeMembers(into: &output)
        default:
            try inflater.decodeStream(into: &output)
            guard inflater.left == 0 else { throw inflater.malformed("something follows the end") }
        }
    }

    private init(_ input: UnsafeRawBufferPointer, _ coding: ContentCoding) throws(ContentDecodingError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        self.input = input
        self.coding = coding
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(clamping: input.count)
        // 15 is the largest window; 16 more is gzip; below 0 there is no header.
        let windowBits: Int32 = coding == .gzip ? 31 : Self.hasHeader(input) ? 15 : -15
        let code = inflateInit2_(stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else {
            stream.deallocate()
            throw .noMemory
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// A raw stream that began with this byte would be a stored block with bits set that no encoder sets.
    private static func hasHeader(_ input: UnsafeRawBufferPointer) -> Bool {
        input.first.map { $0 & 0x0F == UInt8(Z_DEFLATED) } ?? true
    }

    private var left: Int { Int(stream.pointee.avail_in) }

    private func malformed(_ what: String) -> ContentDecodingError {
        .malformed(coding, byte: input.count - left, what)
    }

    /// One member after the other; behind the last there may be zeros, which tape drives and `gzip` leave there.
    private func decodeMembers(into output: inout DecodedBytes) throws(ContentDecodingError) {
        repeat {
            inflateReset(stream)
            try decodeStream(into: &output)
        } while left >= 2 && input[input.count - left] == 0x1F && input[input.count - left + 1] == 0x8B
        guard input.suffix(left).allSatisfy({ $0 == 0 }) else { throw malformed("something follows the end") }
    }

    private func decodeStream(into output: inout DecodedBytes) throws(ContentDecodingError) {
        var code = Z_OK
        while code != Z_STREAM_END {
            let before = (input: left, output: output.bytes.readableBytes)
            try output.append { space in
                stream.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(clamping: space.count)
                code = inflate(stream, Z_NO_FLUSH)
                return min(space.count, Int(UInt32.max)) - Int(stream.pointee.avail_out)
            }
            switch code {
            case Z_STREAM_END: break
            case Z_OK where left < before.input || output.bytes.readableBytes > before.output: break
            case Z_OK, Z_BUF_ERROR: throw malformed("it ends too early")
            case Z_NEED_DICT: throw malformed("it needs a dictionary")
            case Z_MEM_ERROR: throw .noMemory
            default: throw malformed(stream.pointee.msg.map { String(cString: $0) } ?? "zlib answers \(code)")
            }
        }
    }
}
