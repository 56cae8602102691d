import Exposition
import NIOCore

/// The body of a push as text: decompressed, and out of protobuf.
struct PushBody {
    let contentEncoding: String
    let contentType: String
    let bytes: ByteBuffer

    /// Small and plain: read faster than handed to another thread.
    var isReadAtOnce: Bool { bytes.readableBytes <= 64 * 1024 && contentEncoding.isEmpty }

    /// Why there is no text; the status says whose fault it is.
    struct Failure: Error {
        /// Of HTTP.
        var status: Int
        var reason: String
        var text: String
    }

    func text(limits: ExpositionLimits) throws(Failure) -> ByteBuffer {
        let plain = try decompressed(limit: limits.bytes)
        return Self.isProtobuf(contentType) ? try fromProtobuf(plain, limits) : plain
    }

    private func decompressed(limit: Int) throws(Failure) -> ByteBuffer {
        do throws(ContentDecodingError) {
            return try ContentDecoding.decode(bytes, coding: contentEncoding, limit: limit)
        } catch {
            throw Failure(
                status: Int(error.status.code), reason: error.reason,
                text: "\(error.status.code) nothing was stored: \(error)")
        }
    }

    private func fromProtobuf(_ body: ByteBuffer, _ limits: ExpositionLimits) throws(Failure) -> ByteBuffer {
        let families: Result<[MetricFamily], ProtobufError> = body.withUnsafeReadableBytes { bytes in
            Result { () throws(ProtobufError) in try ProtobufParser.parse(bytes, limits: limits) }
        }
        switch families {
        case .success(let families): return ByteBuffer(bytes: TextWriter.write(families))
        case .failure(let error):
            throw Failure(status: 400, reason: "protobuf_invalid", text: "400 nothing was stored: protobuf, \(error)")
        }
    }

    private static let protobuf = "application/vnd.google.protobuf"

    /// As Pushgateway wants it: a stream of messages, each with its length in front.
    static func isProtobuf(_ contentType: String) -> Bool {
        // Most often it is something else, and that is seen at once.
        guard contentType.utf8.contains(UInt8(ascii: ";")), contentType.utf8.count >= Self.protobuf.utf8.count else {
            return false
        }
        var parts = contentType.lowercased().split(separator: ";").map { $0.trimmed }[...]
        guard parts.popFirst() == protobuf else { return false }
        return parts.contains("proto=io.prometheus.client.metricfamily") && parts.contains("encoding=delimited")
    }
}
