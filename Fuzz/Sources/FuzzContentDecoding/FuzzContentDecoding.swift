import FuzzDriver
import NIOCore

@testable import ExporterProxy

/// Compressed bodies in each coding, and in two at once.
///
/// The first byte of an input chooses the coding and the limit; the rest is the body.
private func fuzz(_ input: UnsafeRawBufferPointer) {
    guard let first = input.first else { return }
    let codings = [
        "gzip", "deflate", "snappy", "zstd", "gzip, snappy", "zstd, deflate", "snappy, gzip", "deflate, zstd",
    ]
    let limit = [1 << 22, 1000, 1, 0][Int(first >> 3 & 3)]
    // Of exactly this size, so that the sanitizer sees a read of one byte too many.
    let body = ByteBufferAllocator().buffer(bytes: input.dropFirst())
    let decoded = decode(body, codings[Int(first & 7)], limit: limit)
    require((decoded?.readableBytes ?? 0) <= limit, shown(input))
    let more = decode(body, codings[Int(first & 7)], limit: 1 << 23)
    if let decoded { require(more == decoded, "not the same with more room: \(shown(input))") }
    if let more, more.readableBytes <= limit { require(decoded != nil, "not within its limit: \(shown(input))") }
}

private func decode(_ body: ByteBuffer, _ coding: String, limit: Int) -> ByteBuffer? {
    do throws(ContentDecodingError) {
        return try ContentDecoding.decode(body, coding: coding, limit: limit)
    } catch {
        switch error {
        case .malformed(_, let byte, let what):
            require(byte >= 0 && !what.isEmpty, "\(error)")
            require(coding.contains(",") || byte <= body.readableBytes, "\(error) of \(body.readableBytes)")
        case .tooLarge, .tooDense: break
        case .unsupported, .tooManyCodings, .noMemory: require(false, "\(error)")
        }
        require(!error.description.contains("\n"), "\(error)")
        return nil
    }
}

/// The name that the package manager gives `main` when it links the executable.
@_cdecl("FuzzContentDecoding_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    runFuzzer(count, arguments) { start, count in
        fuzz(UnsafeRawBufferPointer(start: start, count: count))
        return 0
    }
}
