/// What stands in a message with a form of its own.
package protocol WireValue {
    init(from reader: inout WireReader) throws(WireError)
    func write(to writer: inout WireWriter)
}

extension WireValue {
    /// Of a whole message. What follows the value is left unread: later versions append.
    package init(bytes: ArraySlice<UInt8>) throws(WireError) {
        var reader = WireReader(bytes)
        try self.init(from: &reader)
    }

    package init(bytes: [UInt8]) throws(WireError) { try self.init(bytes: bytes[...]) }

    package var bytes: [UInt8] {
        var writer = WireWriter()
        write(to: &writer)
        return writer.bytes
    }
}
