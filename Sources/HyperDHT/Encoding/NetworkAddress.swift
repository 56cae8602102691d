/// An IPv4 address and a port: six bytes, the port little-endian.
package struct IPv4Address: Hashable, Sendable, CustomStringConvertible, WireValue {
    static let wireBytes = 6

    /// The first octet is the highest byte.
    package var host: UInt32
    package var port: UInt16

    package init(host: UInt32, port: UInt16) { (self.host, self.port) = (host, port) }

    /// Of "10.0.0.1:49737": four decimal numbers, no names.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let host = Self.host(of: parts[0]), let port = Self.decimal(parts[1], as: UInt16.self)
        else { return nil }
        self.init(host: host, port: port)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        host = try reader.uint32().byteSwapped
        port = try reader.uint16()
    }

    package func write(to writer: inout WireWriter) {
        writer.uint32(host.byteSwapped)
        writer.uint16(port)
    }

    package var octets: [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: host >> $0) } }

    /// What tokens are made over.
    package var hostText: String { octets.map(String.init).joined(separator: ".") }

    package var description: String { "\(hostText):\(port)" }

    package static func host(of text: some StringProtocol) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var host: UInt32 = 0
        for part in parts {
            guard let octet = decimal(part, as: UInt8.self) else { return nil }
            host = host << 8 | UInt32(octet)
        }
        return host
    }

    /// Digits only: Swift's own reader takes a sign too.
    private static func decimal<N: FixedWidthInteger>(_ text: some StringProtocol, as type: N.Type) -> N? {
        text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? N(text) : nil
    }
}

/// An IPv6 address and a port: 18 bytes, the port little-endian. It is carried, and never dialled.
package struct IPv6Address: Hashable, Sendable, CustomStringConvertible, WireValue {
    static let wireBytes = 18

    /// Sixteen bytes.
    package let host: [UInt8]
    package let port: UInt16

    /// `nil` where the host has not sixteen bytes.
    package init?(host: [UInt8], port: UInt16) {
        guard host.count == 16 else { return nil }
        (self.host, self.port) = (host, port)
    }

    package init(from reader: inout WireReader) throws(WireError) {
        host = Array(try reader.take(16))
        port = try reader.uint16()
    }

    package func write(to writer: inout WireWriter) {
        writer.raw(host)
        writer.uint16(port)
    }

    package var description: String {
        let groups = stride(from: 0, to: 16, by: 2).map { String(Int(host[$0]) << 8 | Int(host[$0 + 1]), radix: 16) }
        return "[\(groups.joined(separator: ":"))]:\(port)"
    }
}

extension WireReader {
    /// Bounded by the bytes of the message alone: six bytes of it make one address.
    mutating func addresses4(max: Int = .max) throws(WireError) -> [IPv4Address] {
        try list(max: max, itemBytesMin: IPv4Address.wireBytes) { reader throws(WireError) in
            try IPv4Address(from: &reader)
        }
    }

    mutating func addresses6(max: Int = .max) throws(WireError) -> [IPv6Address] {
        try list(max: max, itemBytesMin: IPv6Address.wireBytes) { reader throws(WireError) in
            try IPv6Address(from: &reader)
        }
    }

    /// A value that is there only if `bit` is set in `flags`.
    mutating func optional<Value>(
        _ flags: UInt64, _ bit: UInt64, _ value: (inout WireReader) throws(WireError) -> Value
    ) throws(WireError) -> Value? {
        flags & bit == 0 ? nil : try value(&self)
    }
}

extension WireWriter {
    mutating func values(_ values: [some WireValue]) { list(values) { $0.write(to: &$1) } }
}
