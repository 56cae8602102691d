/// How long a Cap'n Proto message is, from its segment table.
///
/// Standard stream framing (capnproto.org/encoding.html, "Serialization Over a Stream"): segment count - 1 and the
/// sizes of the segments in words, each a little-endian UInt32, padded to a whole word.
/// A byte scanner: reads only `bytes[0 ..< count]`.
package enum CapnpFramer {
    /// What libcapnp itself accepts at most.
    package static let segmentsMax = 511

    package enum Outcome: Equatable {
        /// The whole message, table included, will have this many bytes.
        case length(bytes: Int)
        case incomplete
        case refused(ReceiverError)
    }

    package static func frame(_ bytes: UnsafeRawBufferPointer, bytesMax: Int) -> Outcome {
        guard bytes.count >= 4 else { return .incomplete }
        // All bits set is -1 segments more than one: none.
        let segments = Int(word(bytes, 0)) + 1
        guard segments <= segmentsMax else {
            return .refused(.capnp("\(segments) segments, at most \(segmentsMax) are allowed"))
        }
        let tableBytes = (4 + 4 * segments + 7) & ~7
        guard bytes.count >= tableBytes else { return .incomplete }
        var total = tableBytes
        for segment in 0..<segments { total += Int(word(bytes, 4 + 4 * segment)) * 8 }
        guard total <= bytesMax else { return .refused(.tooLarge(bytes: total, limit: bytesMax)) }
        return .length(bytes: total)
    }

    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
