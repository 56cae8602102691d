import NIOHTTP1

/// Why the body of a request could not be decompressed.
package enum ContentDecodingError: Error, Equatable, CustomStringConvertible {
    case unsupported(String)
    case tooManyCodings
    /// `byte` counts from 0 in what this coding was to decode.
    case malformed(ContentCoding, byte: Int, String)
    /// More came out than a body may have, or would have: the rest was not looked at.
    case tooLarge(limit: Int)
    /// Beyond 1 MiB, more came out than so many times the body.
    case tooDense(ratio: Int)
    case noMemory

    package var status: HTTPResponseStatus {
        switch self {
        case .unsupported, .tooManyCodings: .unsupportedMediaType
        case .malformed: .badRequest
        case .tooLarge, .tooDense: .payloadTooLarge
        case .noMemory: .serviceUnavailable
        }
    }

    /// For the label of a counter.
    package var reason: String {
        switch self {
        case .unsupported, .tooManyCodings: "content_coding_unsupported"
        case .malformed: "content_coding_invalid"
        case .tooLarge: "too_large"
        case .tooDense: "compressed_too_much"
        case .noMemory: "no_memory"
        }
    }

    /// Every reason there is, so that each counter exists from the start.
    package static let reasons = [
        "content_coding_unsupported", "content_coding_invalid", "too_large", "compressed_too_much", "no_memory",
    ]

    package var description: String {
        switch self {
        case .unsupported(let name):
            "Content-Encoding \(EscapedText.json(String(name.prefix(40)))) is not known here: use one of "
                + ContentCoding.supported
        case .tooManyCodings: "Content-Encoding names more than \(ContentCoding.countMax) codings"
        case .malformed(let coding, let byte, let what): "the body is not valid \(coding) at byte \(byte): \(what)"
        case .tooLarge(let limit): "the body has more than \(limit) bytes when decompressed"
        case .tooDense(let ratio): "the body grows to more than \(ratio) times its size when decompressed"
        case .noMemory: "no memory to decompress the body"
        }
    }
}
