/// Datagrams to send, each with its address, one behind the other in one buffer that is used again and again.
package struct OutgoingDatagrams: RandomAccessCollection, Sendable {
    package struct Datagram: Equatable, Sendable {
        package var to: IPv4Address
        /// How many routers may pass it on; `nil` for as many as usual.
        package var timeToLive: UInt8?
        package var bytes: ArraySlice<UInt8>
    }

    private struct Destination {
        var address: IPv4Address
        var timeToLive: UInt8?
    }

    private var batch = DatagramBatch()
    private var destinations: [Destination] = []

    package init() {}

    package var startIndex: Int { 0 }
    package var endIndex: Int { destinations.count }
    /// Of all together.
    package var bytesCount: Int { batch.isEmpty ? 0 : batch.range(of: batch.endIndex - 1).upperBound }

    package subscript(index: Int) -> Datagram {
        let destination = destinations[index]
        return Datagram(to: destination.address, timeToLive: destination.timeToLive, bytes: batch[index])
    }

    /// All bytes at once, for a shell that hands many datagrams to the system without a copy of each. `ranges` says where
    /// in them a datagram lies.
    package func withUnsafeBytes<R>(
        _ body: (_ bytes: UnsafeRawBufferPointer, _ range: (Int) -> Range<Int>) throws -> R
    ) rethrows -> R {
        try batch.withUnsafeBytes { try body($0, batch.range(of:)) }
    }

    package func address(of index: Int) -> IPv4Address { destinations[index].address }
    package func timeToLive(of index: Int) -> UInt8? { destinations[index].timeToLive }

    /// Keeps the room for the next ones.
    package mutating func removeAll() {
        batch.removeAll()
        destinations.removeAll(keepingCapacity: true)
    }

    mutating func append(_ datagram: DHTOutgoing) {
        batch.append { $0 += datagram.bytes }
        destinations.append(Destination(address: datagram.to, timeToLive: datagram.timeToLive))
    }

    /// Adds what `write` appends, all of it for one address; without an address nothing is to be sent.
    mutating func append(to address: IPv4Address?, _ write: (inout DatagramBatch) -> Void) {
        write(&batch)
        guard let address else { return }
        for _ in destinations.count..<batch.count { destinations.append(Destination(address: address)) }
    }

    mutating func append(copiesOf range: Range<Int>, to address: IPv4Address) {
        for index in range {
            batch.append(copyOf: index)
            destinations.append(Destination(address: address))
        }
    }
}
