extension UDXPacket {
    /// What was received out of order, as ranges of sequence numbers; read where they stand.
    package struct Ranges: Equatable, Sendable, RandomAccessCollection {
        /// Without what is no whole range.
        let bytes: ArraySlice<UInt8>

        init(bytes: ArraySlice<UInt8>) {
            self.bytes = bytes.prefix(bytes.count - bytes.count % UDXWire.rangeBytes)
        }

        package init(_ ranges: [UDXRange]) {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(ranges.count * UDXWire.rangeBytes)
            for range in ranges {
                for number in [range.start, range.end] {
                    for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
                }
            }
            self.bytes = bytes[...]
        }

        package var startIndex: Int { 0 }
        package var endIndex: Int { bytes.count / UDXWire.rangeBytes }

        package subscript(index: Int) -> UDXRange {
            let offset = index * UDXWire.rangeBytes
            return UDXRange(start: bytes.number(at: offset), end: bytes.number(at: offset + 4))
        }
    }
}

/// Sequence numbers from `start` up to, and without, `end`; both count modulo 2³².
package struct UDXRange: Equatable, Sendable {
    package var start: UInt32
    package var end: UInt32

    package init(start: UInt32, end: UInt32) {
        self.start = start
        self.end = end
    }
}
