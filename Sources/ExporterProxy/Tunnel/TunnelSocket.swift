import Glibc
import HyperDHT

/// The UDP socket of an endpoint: moves datagrams in and out.
///
/// Belongs to one thread.
final class TunnelSocket {
    /// Longer ones are nobody's.
    private static let datagramBytesMax = 1_536
    /// Each of as many datagrams as the kernel joins.
    private static let batchCount = 16
    /// Of the kernel, for what has come and was not read.
    static let receiveBuffer = 4 << 20
    /// So many datagrams are taken, and what is joined to them, before what they ask for is sent.
    private static let datagramsInARow = 256

    let socket: DatagramSocket
    private let batch = DatagramBatch(bytesMax: 65_535, countMax: batchCount)
    private let sender: DatagramSender
    private var outgoing = OutgoingDatagrams()

    init(_ socket: DatagramSocket) {
        self.socket = socket
        socket.joinDatagrams()
        sender = DatagramSender(joins: socket.dividesMessages)
    }

    /// Datagrams that the kernel would not take.
    var refused: Int { sender.refused }

    /// Takes what has come; answers whether there is more.
    func receive(into endpoint: inout DHTEndpoint, at now: Int64) throws -> Bool {
        var taken = 0
        while taken < Self.datagramsInARow {
            let count = try batch.receive(from: socket)
            for place in 0..<count {
                guard let source = batch.source(place) else { continue }
                let from = IPv4Address(host: source.host, port: source.port)
                batch.forEachDatagram(place) { bytes in
                    taken += 1
                    guard bytes.count <= Self.datagramBytesMax else { return }
                    endpoint.received(Array(bytes)[...], from: from, at: now)
                }
            }
            if count < batch.countMax { return false }
        }
        return true
    }

    /// Has the endpoint do what is due, and sends what it has to say.
    func poll(_ endpoint: inout DHTEndpoint, at now: Int64) {
        endpoint.poll(at: now, into: &outgoing)
        guard !outgoing.isEmpty else { return }
        outgoing.withUnsafeBytes { bytes, range in
            for index in outgoing.indices {
                let to = outgoing.address(of: index)
                if let timeToLive = outgoing.timeToLive(of: index) {
                    sender.send(
                        range(index), of: bytes, host: to.host, port: to.port, timeToLive: timeToLive, over: socket)
                } else {
                    sender.append(range(index), host: to.host, port: to.port)
                }
            }
            sender.flush(bytes, over: socket)
        }
        outgoing.removeAll()
    }
}
