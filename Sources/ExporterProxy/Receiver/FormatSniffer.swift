/// Tells from the first bytes of a connection what it speaks.
///
/// The rules are safe because an unpacked message begins with a segment count below 2^16 (bytes 2 and 3 are zero),
/// JSON has no zero byte, and a packed message begins with a tag whose bits 2 and 3 are clear for the same reason and
/// has the tag of its root pointer, which no text has, within its first 8 bytes.
/// A byte scanner: reads only `bytes[0 ..< count]`.
package enum FormatSniffer {
    package enum Outcome: Equatable {
        case json
        case capnp
        case packedCapnp
        /// More bytes are needed to tell.
        case undecided
        case refused(ReceiverError)
    }

    private static let httpMethods = ["GET ", "HEAD", "POST", "PUT ", "DELE", "OPTI", "PATC", "CONN", "TRAC", "PRI "]

    /// `bytes` begin with what is no JSON white space; `ended`: nothing more will come.
    package static func sniff(_ bytes: UnsafeRawBufferPointer, ended: Bool) -> Outcome {
        guard let first = bytes.first else { return .undecided }
        guard bytes.count >= 4 else {
            guard ended else { return .undecided }
            return first == UInt8(ascii: "{") ? .json : .refused(.truncated(bytes: bytes.count))
        }
        if bytes[2] == 0, bytes[3] == 0 { return .capnp }
        if first == UInt8(ascii: "{") { return .json }
        let head = String(decoding: bytes.prefix(4), as: UTF8.self)
        if httpMethods.contains(head) { return .refused(.httpRequest) }
        guard bytes.count >= 8 || ended else { return .undecided }
        return !isText(bytes.prefix(8)) && beginsPackedMessage(bytes) ? .packedCapnp : .refused(.unknownFormat)
    }

    private static func isText(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        bytes.allSatisfy { ($0 >= 0x20 && $0 < 0x7F) || JSONCodec.isWhiteSpace($0) }
    }

    /// Whether the first packed word can be a segment table's: a plausible count and a size.
    private static func beginsPackedMessage(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let tag = bytes[0]
        guard tag & 0b1100 == 0, tag & 0xF0 != 0 else { return false }
        var next = 1
        var countLow = 0
        var countHigh = 0
        if tag & 1 != 0 {
            countLow = Int(bytes[next])
            next += 1
        }
        if tag & 2 != 0 { countHigh = Int(bytes[next]) }
        return countLow + countHigh << 8 < CapnpFramer.segmentsMax
    }
}
