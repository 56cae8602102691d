/// Datagrams to send, one behind the other in one buffer, which is used again and again.
package struct DatagramBatch: RandomAccessCollection, Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    package init() {}

    package var startIndex: Int { 0 }
    package var endIndex: Int { ends.count }

    package subscript(index: Int) -> ArraySlice<UInt8> { bytes[range(of: index)] }

    /// Where a datagram lies in the buffer.
    package func range(of index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    /// The whole buffer, for a shell that sends many at once.
    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try bytes.withUnsafeBytes(body)
    }

    /// Adds what `write` appends, as one datagram.
    mutating func append(_ write: (inout [UInt8]) -> Void) {
        write(&bytes)
        ends.append(bytes.count)
    }

    /// Adds the same once more. The bytes are taken out first: a slice of the buffer would have all of it copied.
    mutating func append(copyOf index: Int) {
        let copy = Array(bytes[range(of: index)])
        append { $0 += copy }
    }

    /// Keeps the room for the next ones.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }
}
