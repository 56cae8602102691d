import CZstd
import NIOCore

/// Decompresses zstd (RFC 8878), of one or more frames.
///
/// A byte scanner: reads only `input[0 ..< count]`, which is given to libzstd.
struct ZstdReader: ~Copyable {
    /// 8 MiB: what is sent over HTTP must not need more (RFC 9659).
    private static let windowLogMax: Int32 = 23

    private let context: OpaquePointer

    static func decode(_ input: UnsafeRawBufferPointer, into output: inout DecodedBytes) throws(ContentDecodingError) {
        let reader = try ZstdReader()
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var hint = 1
        while hint != 0 || source.pos < source.size {
            let before = (input: source.pos, output: output.bytes.readableBytes)
            try output.append { space in
                var target = ZSTD_outBuffer(dst: space.baseAddress, size: space.count, pos: 0)
                hint = ZSTD_decompressStream(reader.context, &target, &source)
                return target.pos
            }
            if ZSTD_isError(hint) != 0 { throw error(hint, at: source.pos) }
            let isMoving = source.pos > before.input || output.bytes.readableBytes > before.output
            guard hint == 0 || isMoving else { throw .malformed(.zstd, byte: source.pos, "it ends too early") }
        }
    }

    private init() throws(ContentDecodingError) {
        guard let context = ZSTD_createDCtx() else { throw .noMemory }
        self.context = context
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.windowLogMax)
    }

    deinit { ZSTD_freeDCtx(context) }

    private static func error(_ code: Int, at byte: Int) -> ContentDecodingError {
        if ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation { return .noMemory }
        return .malformed(.zstd, byte: byte, String(cString: ZSTD_getErrorName(code)))
    }
}
