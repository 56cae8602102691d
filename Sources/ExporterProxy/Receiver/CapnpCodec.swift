import CCapnp
import NIOCore

/// Reads `struct InboundMetrics { appName @0 :Text; data @1 :Text; }` through libcapnp.
package enum CapnpCodec {
    /// The struct is one deep; the rest is room for a schema that grows.
    private static let nestingMax: Int32 = 8

    package enum Outcome: Equatable {
        case whole(Submission)
        /// `app` is the name in the message, where that could be read.
        case refused(ReceiverError, app: String?)
    }

    /// `message` is one whole unpacked message, segment table included.
    package static func decode(_ message: UnsafeRawBufferPointer) -> Outcome {
        guard isAligned(message) else { return decodeAlignedCopy(message) }
        guard let base = message.baseAddress else { return .refused(.capnp("the message is empty"), app: nil) }
        var found = CCapnpInboundMetrics()
        // On the stack, since a healthy message never needs it.
        let problem = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { sentence -> ReceiverError? in
            guard let text = sentence.baseAddress else { return .capnp("no memory for the reason") }
            let status = ccapnp_read_inbound_metrics(base, message.count, nestingMax, &found, text, sentence.count)
            return status == .OK ? nil : .capnp(String(cString: text))
        }
        if let problem { return .refused(problem, app: nil) }
        return submission(
            name: UnsafeRawBufferPointer(start: found.name, count: found.name_length),
            data: UnsafeRawBufferPointer(start: found.data, count: found.data_length))
    }

    private static func submission(name: UnsafeRawBufferPointer, data: UnsafeRawBufferPointer) -> Outcome {
        if let offset = UTF8Check.firstInvalid(name) {
            return .refused(.notUTF8(field: "the app name", offset: offset), app: nil)
        }
        let app = String(decoding: name, as: UTF8.self)
        if let problem = SourceName.problem(app) { return .refused(.name(problem), app: app) }
        if let offset = UTF8Check.firstInvalid(data) {
            return .refused(.notUTF8(field: "the metrics text", offset: offset), app: app)
        }
        return .whole(Submission(app: app, body: ExpositionBody.make(data)))
    }

    private static func isAligned(_ bytes: UnsafeRawBufferPointer) -> Bool {
        UInt(bitPattern: bytes.baseAddress) % 8 == 0
    }

    private static func decodeAlignedCopy(_ message: UnsafeRawBufferPointer) -> Outcome {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: message.count, alignment: 8)
        defer { copy.deallocate() }
        copy.copyMemory(from: message)
        return decode(UnsafeRawBufferPointer(copy))
    }

    /// One unpacked message, as `exporter-proxy push --capnp` sends it.
    package static func encode(app: String, data: [UInt8]) -> [UInt8] {
        let name = Array(app.utf8)
        var message = [UInt8](repeating: 0, count: name.count + data.count + 128)
        let length = ccapnp_write_inbound_metrics(name, name.count, data, data.count, &message, message.count)
        return Array(message.prefix(length))
    }
}
