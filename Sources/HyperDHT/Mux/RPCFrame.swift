/// The two messages of protomux-rpc.
package enum RPCFrame {
    package enum MessageType {
        package static let request: UInt64 = 0
        package static let response: UInt64 = 1
    }

    package struct Request: Equatable, Sendable {
        /// 0 asks for no answer.
        package var id: UInt64
        package var method: String
        package var body: ArraySlice<UInt8>

        package init(id: UInt64, method: String, body: ArraySlice<UInt8>) {
            (self.id, self.method, self.body) = (id, method, body)
        }
    }

    package struct Response: Equatable, Sendable {
        package var id: UInt64
        package var result: Result<ArraySlice<UInt8>, RPCFailure>

        package init(id: UInt64, result: Result<ArraySlice<UInt8>, RPCFailure>) {
            (self.id, self.result) = (id, result)
        }
    }

    fileprivate enum Flag {
        static let error: UInt8 = 1
        static let code: UInt8 = 2
        static let cause: UInt8 = 4
        static let context: UInt8 = 8
    }

    /// Longer names and longer sentences are nobody's.
    static let methodBytesMax = 1024
    static let textBytesMax = 64 * 1024
    /// What we say ourselves is cut here.
    fileprivate static let ownTextBytesMax = 4096
}

/// What the answering side says of a request that failed.
package struct RPCFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package struct Cause: Equatable, Sendable {
        package var message: String
        package var code: String

        package init(message: String, code: String) { (self.message, self.code) = (message, code) }
    }

    package static let unknownMethodCode = "UNKNOWN_METHOD"
    package static let requestErrorCode = "REQUEST_ERROR"
    package static let decodeErrorCode = "DECODE_ERROR"

    package var message: String
    package var code: String?
    package var cause: Cause?
    package var context: String?

    package init(_ message: String, code: String? = requestErrorCode, cause: Cause? = nil, context: String? = nil) {
        (self.message, self.code, self.cause, self.context) = (message, code, cause, context)
    }

    package static func unknownMethod(_ name: String) -> RPCFailure {
        RPCFailure("Unknown method '\(name)'", code: unknownMethodCode)
    }

    package static let decodeError = RPCFailure("Could not decode request", code: decodeErrorCode)

    package var description: String {
        var text = code.map { "\($0): \(message)" } ?? message
        if let cause { text += " (\(cause.code.isEmpty ? "" : "\(cause.code): ")\(cause.message))" }
        return text
    }
}

extension RPCFrame.Request {
    package init(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = WireReader(bytes)
        id = try reader.uint()
        method = try reader.looseString(max: RPCFrame.methodBytesMax)
        body = reader.rest()
    }

    /// All before the body.
    package var head: [UInt8] {
        var writer = WireWriter()
        writer.uint(id)
        writer.string(method)
        return writer.bytes
    }
}

extension RPCFrame.Response {
    package init(_ bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = WireReader(bytes)
        let flags = try reader.byte()
        id = try reader.uint()
        guard flags & RPCFrame.Flag.error != 0 else {
            result = .success(reader.rest())
            return
        }
        result = .failure(try Self.failure(flags, &reader))
    }

    private static func failure(_ flags: UInt8, _ reader: inout WireReader) throws(WireError) -> RPCFailure {
        let max = RPCFrame.textBytesMax
        var failure = RPCFailure(try reader.looseString(max: max), code: nil)
        if flags & RPCFrame.Flag.code != 0 { failure.code = try reader.looseString(max: max) }
        if flags & RPCFrame.Flag.cause != 0 {
            let message = try reader.looseString(max: max)
            failure.cause = RPCFailure.Cause(message: message, code: try reader.looseString(max: max))
        }
        if flags & RPCFrame.Flag.context != 0 { failure.context = try reader.looseString(max: max) }
        return failure
    }

    /// All before the body of a success; all of a failure.
    package var head: [UInt8] {
        var writer = WireWriter()
        guard case .failure(let failure) = result else {
            writer.byte(0)
            writer.uint(id)
            return writer.bytes
        }
        writer.byte(Self.flags(failure))
        writer.uint(id)
        let texts = [failure.message, failure.code, failure.cause?.message, failure.cause?.code, failure.context]
        for text in texts { if let text { Self.write(text, to: &writer) } }
        return writer.bytes
    }

    private static func write(_ text: String, to writer: inout WireWriter) {
        let max = RPCFrame.ownTextBytesMax
        writer.string(text.utf8.count <= max ? text : String(decoding: text.utf8.prefix(max - 3), as: UTF8.self))
    }

    package var body: ArraySlice<UInt8> { if case .success(let body) = result { body } else { [] } }

    private static func flags(_ failure: RPCFailure) -> UInt8 {
        var flags = RPCFrame.Flag.error
        if failure.code != nil { flags |= RPCFrame.Flag.code }
        if failure.cause != nil { flags |= RPCFrame.Flag.cause }
        if failure.context != nil { flags |= RPCFrame.Flag.context }
        return flags
    }
}
