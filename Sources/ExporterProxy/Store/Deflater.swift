import CZlib
import NIOCore

/// A body as raw deflate (RFC 1951) that ends on a byte border without a final block, so that it can be joined.
package struct DeflatedPiece: Sendable {
    package let bytes: ByteBuffer
    /// Of the body, not of the compressed bytes.
    package let crc: UInt32
    package let bodyBytes: Int
    /// zlib's operator that appends a checksum over `bodyBytes` bytes to one before it (crc32_combine_gen).
    package let crcOperator: UInt
}

/// Makes ``DeflatedPiece``s with zlib's level 1, which costs least CPU for its ratio (docs/performance.md).
package struct Deflater: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>

    package init() throws(DeflateError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // -15: raw, the largest window; 8: zlib's usual memory.
        let code = deflateInit2_(
            stream, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else {
            stream.deallocate()
            throw DeflateError(code: code)
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Compresses all of `body`, which must be shorter than 4 GiB.
    package mutating func deflate(_ body: ByteBuffer) throws(DeflateError) -> DeflatedPiece { try deflate([body]) }

    /// Compresses the parts of a body, one behind the other; together they must be shorter than 4 GiB.
    package mutating func deflate(_ parts: [ByteBuffer]) throws(DeflateError) -> DeflatedPiece {
        deflateReset(stream)
        let count = parts.reduce(0) { $0 + $1.readableBytes }
        guard count <= Int(UInt32.max) else { throw DeflateError(code: Z_BUF_ERROR) }
        guard count > 0 else {
            return DeflatedPiece(bytes: ByteBuffer(), crc: 0, bodyBytes: 0, crcOperator: crc32_combine_gen(0))
        }
        // A full flush adds an empty stored block of 5 bytes to what deflateBound promises for one stream.
        let bound = Int(deflateBound(stream, UInt(count))) + 16
        var scratch = ByteBufferAllocator().buffer(capacity: bound)
        var crc: UInt32 = 0
        for (index, part) in parts.enumerated() {
            let isLast = index == parts.count - 1
            let isDone = part.withUnsafeReadableBytes { input in
                crc = Self.checksum(input, after: crc)
                scratch.writeWithUnsafeMutableBytes(minimumWritableBytes: bound - scratch.readableBytes) { output in
                    self.run(input, output, flush: isLast ? Z_FULL_FLUSH : Z_NO_FLUSH)
                }
                return stream.pointee.avail_in == 0 && stream.pointee.avail_out > 0
            }
            guard isDone else { throw DeflateError(code: Z_BUF_ERROR) }
        }
        // An exact copy: the scratch is several times as large as what came out.
        return DeflatedPiece(
            bytes: ByteBuffer(bytes: scratch.readableBytesView), crc: crc, bodyBytes: count,
            crcOperator: crc32_combine_gen(Int(count)))
    }

    private func run(
        _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, flush: Int32
    ) -> Int {
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(clamping: output.count)
        // Nothing to read and nothing to flush is no error here.
        guard CZlib.deflate(stream, flush) == Z_OK || input.isEmpty else { return 0 }
        return min(output.count, Int(UInt32.max)) - Int(stream.pointee.avail_out)
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer, after crc: UInt32) -> UInt32 {
        UInt32(
            truncatingIfNeeded: crc32_z(
                UInt(crc), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
    }
}

package struct DeflateError: Error, Equatable, CustomStringConvertible {
    package var code: Int32
    package var description: String { "cannot compress a body: zlib answered \(code)" }
}
