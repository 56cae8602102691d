/// One frame of protomux, as bytes and as a value. A message of the secret stream is one frame.
package enum MuxFrame: Equatable, Sendable {
    /// A channel number is always the sender's.
    case data(channel: Int, type: UInt64, body: ArraySlice<UInt8>)
    case batch([Item])
    case open(channel: Int, name: ChannelName, handshake: ArraySlice<UInt8>)
    /// The number is that of the refused open, so the receiver's.
    case reject(channel: Int)
    case close(channel: Int)
    /// Of the control channel, by a later version.
    case unknown(type: UInt64)

    /// What can stand in a batch: everything but another batch.
    package typealias Item = MuxFrame

    /// Bounds of what is read.
    package struct Limits: Sendable {
        package var itemsMax = 1024
        package var nameBytesMax = 1024

        package init() {}
    }

    private enum Control {
        static let batch: UInt64 = 0
        static let open: UInt64 = 1
        static let reject: UInt64 = 2
        static let close: UInt64 = 3
    }
}

// MARK: - Reading

extension MuxFrame {
    package init(_ bytes: ArraySlice<UInt8>, limits: Limits = Limits()) throws(MuxError) {
        var reader = WireReader(bytes)
        let frame = try Self.wire(&reader) { reader throws(WireError) in
            try Self.read(channel: try reader.uint(), from: &reader, limits)
        }
        if case .batch = frame { self = .batch(try Self.items(from: &reader, limits)) } else { self = frame }
    }

    private static func wire<Value>(
        _ reader: inout WireReader, _ read: (inout WireReader) throws(WireError) -> Value
    ) throws(MuxError) -> Value {
        do { return try read(&reader) } catch { throw .malformed(error) }
    }

    /// A batch comes back empty, and the reader stands at what is in it.
    private static func read(
        channel: UInt64, from reader: inout WireReader, _ limits: Limits
    ) throws(WireError) -> MuxFrame {
        let type = try reader.uint()
        guard channel == 0 else {
            return .data(channel: try number(channel), type: type, body: reader.rest())
        }
        switch type {
        case Control.batch: return .batch([])
        case Control.open:
            let channel = try number(try reader.uint())
            let proto = try reader.looseString(max: limits.nameBytesMax)
            let name = ChannelName(proto, id: Array(try reader.buffer(max: limits.nameBytesMax)))
            return .open(channel: channel, name: name, handshake: reader.rest())
        case Control.reject: return .reject(channel: try number(try reader.uint()))
        case Control.close: return .close(channel: try number(try reader.uint()))
        default: return .unknown(type: type)
        }
    }

    private static func items(from reader: inout WireReader, _ limits: Limits) throws(MuxError) -> [Item] {
        var items: [Item] = []
        var channel = try wire(&reader) { reader throws(WireError) in try reader.uint() }
        while !reader.isAtEnd {
            let bytes = try wire(&reader) { reader throws(WireError) in try reader.buffer() }
            // No item is empty: this says that the next number is another channel's.
            guard !bytes.isEmpty else {
                channel = try wire(&reader) { reader throws(WireError) in try reader.uint() }
                continue
            }
            guard items.count < limits.itemsMax else { throw .tooManyItems(max: limits.itemsMax) }
            var rest = WireReader(bytes)
            let item = try wire(&rest) { rest throws(WireError) in try read(channel: channel, from: &rest, limits) }
            if case .batch = item { throw .outOfOrder("a batch within a batch") }
            items.append(item)
        }
        return items
    }

    /// The reference counts channels in 32 bits at most; no honest peer comes near.
    private static func number(_ channel: UInt64) throws(WireError) -> Int {
        guard channel <= UInt64(UInt32.max) else { throw .tooLong(length: channel, max: Int(UInt32.max)) }
        return Int(channel)
    }
}

// MARK: - Writing

extension MuxFrame {
    package var bytes: [UInt8] {
        var writer = WireWriter()
        writer.uint(channelOnWire)
        writeRest(to: &writer)
        return writer.bytes
    }

    /// A message of a channel in two pieces, so that a long body is copied only here.
    static func data(channel: Int, type: UInt64, head: [UInt8], body: ArraySlice<UInt8>) -> [UInt8] {
        var writer = WireWriter(capacity: 18 + head.count + body.count)
        writer.uint(channel)
        writer.uint(type)
        writer.raw(head)
        writer.raw(body)
        return writer.bytes
    }

    private var channelOnWire: Int { if case .data(let channel, _, _) = self { channel } else { 0 } }

    /// All behind the number of the channel, as it stands in a batch.
    private func writeRest(to writer: inout WireWriter) {
        switch self {
        case .data(_, let type, let body):
            writer.uint(type)
            writer.raw(body)
        case .batch(let items):
            writer.uint(Control.batch)
            write(items, to: &writer)
        case .open(let channel, let name, let handshake):
            writer.uint(Control.open)
            writer.uint(channel)
            writer.string(name.proto)
            writer.buffer(name.id)
            writer.raw(handshake)
        case .reject(let channel):
            writer.uint(Control.reject)
            writer.uint(channel)
        case .close(let channel):
            writer.uint(Control.close)
            writer.uint(channel)
        case .unknown(let type): writer.uint(type)
        }
    }

    private func write(_ items: [Item], to writer: inout WireWriter) {
        var channel = items.first?.channelOnWire ?? 0
        writer.uint(channel)
        for item in items {
            if item.channelOnWire != channel {
                channel = item.channelOnWire
                writer.uint(0)
                writer.uint(channel)
            }
            var rest = WireWriter()
            item.writeRest(to: &rest)
            writer.buffer(rest.bytes)
        }
    }
}
