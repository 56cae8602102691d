import Glibc
import HyperDHT

/// The UDP socket of an endpoint: moves datagrams in and out.
///
/// Belongs to one thread.
final class TunnelSocket {
    /// Longer ones are nobody's.
    private static let datagramBytesMax = 1_536
    /// Of the kernel, for what has come and was not read.
    static let receiveBuffer = 4 << 20
    /// Batches that are taken in a row before what they ask for is sent.
    private static let batchesInARow = 4

    let socket: DatagramSocket
    private let batch = DatagramBatch(bytesMax: datagramBytesMax)
    private let sender = DatagramSender(bytesMax: datagramBytesMax)
    private var outgoing = OutgoingDatagrams()

    init(_ socket: DatagramSocket) { self.socket = socket }

    /// Datagrams that the kernel would not take.
    var refused: Int { sender.refused }

    /// Takes what has come; answers whether there is more.
    func receive(into endpoint: inout DHTEndpoint, at now: Int64) throws -> Bool {
        for _ in 0..<Self.batchesInARow {
            let count = try batch.receive(from: socket)
            for place in 0..<count {
                guard let source = batch.source(place), let bytes = batch.datagram(place) else { continue }
                let from = IPv4Address(host: source.host, port: source.port)
                endpoint.received(Array(bytes)[...], from: from, at: now)
            }
            if count < DatagramBatch.countMax { return false }
        }
        return true
    }

    /// Has the endpoint do what is due, and sends what it has to say.
    func poll(_ endpoint: inout DHTEndpoint, at now: Int64) {
        endpoint.poll(at: now, into: &outgoing)
        guard !outgoing.isEmpty else { return }
        for datagram in outgoing {
            if let timeToLive = datagram.timeToLive {
                sender.send(
                    datagram.bytes, host: datagram.to.host, port: datagram.to.port, timeToLive: timeToLive, over: socket
                )
            } else {
                sender.append(datagram.bytes, host: datagram.to.host, port: datagram.to.port, over: socket)
            }
        }
        sender.flush(over: socket)
        outgoing.removeAll()
    }
}
