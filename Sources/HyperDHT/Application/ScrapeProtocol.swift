/// One side asks for a text that the other has, again and again: channel "prometheus-metrics", method "metrics".
package enum ScrapeProtocol {
    package static let channel = ChannelName("prometheus-metrics")
    package static let method = "metrics"

    /// What is asked with.
    package struct Request: Equatable, Sendable, WireValue {
        package var version = ProtocolVersion(major: 1, minor: 1)

        package init() {}

        package init(from reader: inout WireReader) throws(WireError) { version = try ProtocolVersion(from: &reader) }

        package func write(to writer: inout WireWriter) { version.write(to: &writer) }

        /// Anything else is answered with ``RPCFailure/decodeError``.
        package var isUnderstood: Bool { version.major == 1 && version.minor <= 1 }
    }

    /// What is answered: the text, or a sentence on why there is none.
    package struct Reply: Equatable, Sendable {
        private static let version: UInt64 = 0
        private static let sentenceBytesMax = 64 * 1024

        package var result: Result<ArraySlice<UInt8>, Failure>

        package struct Failure: Error, Equatable, Sendable {
            package var message: String

            package init(_ message: String) { self.message = message }
        }

        package init(_ result: Result<ArraySlice<UInt8>, Failure>) { self.result = result }

        /// `textBytesMax` bounds the text; it stays a part of `bytes`.
        package init(bytes: ArraySlice<UInt8>, textBytesMax: Int) throws(WireError) {
            var reader = WireReader(bytes)
            let version = try reader.uint()
            guard version == Self.version else { throw .unknownValue(field: "version", value: version) }
            if try reader.bool() {
                result = .success(try reader.buffer(max: textBytesMax))
            } else {
                result = .failure(Failure(try reader.looseString(max: Self.sentenceBytesMax)))
            }
        }

        package var bytes: [UInt8] {
            switch result {
            case .success(let text): Self.bytes(true, text)
            case .failure(let failure): Self.bytes(false, Array(failure.message.utf8)[...])
            }
        }

        private static func bytes(_ success: Bool, _ text: ArraySlice<UInt8>) -> [UInt8] {
            var writer = WireWriter(capacity: 16 + text.count)
            writer.uint(version)
            writer.bool(success)
            writer.buffer(text)
            return writer.bytes
        }
    }
}

/// A version that both application protocols say first.
package struct ProtocolVersion: Equatable, Sendable, WireValue {
    package var major: UInt64
    package var minor: UInt64

    package init(major: UInt64, minor: UInt64) { (self.major, self.minor) = (major, minor) }

    package init(from reader: inout WireReader) throws(WireError) {
        major = try reader.uint()
        minor = try reader.uint()
    }

    package func write(to writer: inout WireWriter) {
        writer.uint(major)
        writer.uint(minor)
    }
}
