import Glibc
import Testing

@testable import ExporterProxy

/// What is sent together, over real sockets on loopback.
struct DatagramSenderTests {
    typealias Piece = (bytes: Int, port: UInt16)

    private static let host: UInt32 = 0x7F00_0001

    // MARK: Runs

    private static func runs(_ pieces: [Piece]) -> [DatagramRun] {
        var runs: [DatagramRun] = []
        var end = 0
        for piece in pieces {
            let range = end..<end + piece.bytes
            end = range.upperBound
            if let last = runs.indices.last, runs[last].take(range, host: host, port: piece.port) { continue }
            runs.append(DatagramRun(range, host: host, port: piece.port))
        }
        return runs
    }

    @Test(
        arguments: [
            ([(1200, 1)], [1]), ([(1200, 1), (1200, 1), (1200, 1)], [3]),
            ([(1200, 1), (1200, 2), (1200, 1)], [1, 1, 1]),
            // The last one may be shorter, and is the last one then.
            ([(1200, 1), (1200, 1), (20, 1), (1200, 1)], [3, 1]), ([(20, 1), (1200, 1), (1200, 1)], [1, 2]),
            ([(1200, 1), (20, 1), (20, 1)], [2, 1]), ([(0, 1), (0, 1), (20, 1)], [1, 1, 1]),
            ([(20, 1), (0, 1)], [1, 1]),
            (Array(repeating: (1, 1), count: 130), [64, 64, 2]), (Array(repeating: (1400, 1), count: 50), [46, 4]),
        ] as [([Piece], [Int])])
    func runs_AreOfOneAddressAndOneLength(pieces: [Piece], counts: [Int]) {
        let runs = Self.runs(pieces)
        #expect(runs.map(\.count) == counts)
        let singles = runs.flatMap(\.singles)
        #expect(singles.map(\.range.count) == pieces.map(\.bytes) && singles.allSatisfy { $0.count == 1 })
        #expect(singles.map(\.port) == pieces.map(\.port))
    }

    @Test func datagramsWithAGapBetweenThem_AreNotOfOneRun() {
        var run = DatagramRun(0..<10, host: Self.host, port: 1)
        #expect(!run.take(11..<21, host: Self.host, port: 1) && !run.take(10..<20, host: 5, port: 1))
        #expect(run.take(10..<20, host: Self.host, port: 1) && run.range == 0..<20)
    }

    // MARK: Sockets

    private struct Pair {
        let from: DatagramSocket
        let to: DatagramSocket
        let port: UInt16

        init(joins: Bool = false) throws {
            from = try .udp(HostPort(host: "127.0.0.1", port: 0), buffer: 1 << 20)
            to = try .udp(HostPort(host: "127.0.0.1", port: 0), buffer: 1 << 20)
            port = try #require(UInt16(to.name.split(separator: ":").last ?? ""))
            if joins { to.joinDatagrams() }
        }

        /// The kernel refuses runs from it then (SO_NO_CHECK of socket(7)), and takes single datagrams.
        func refuseRuns() {
            var on: Int32 = 1
            setsockopt(from.descriptor.raw, SOL_SOCKET, SO_NO_CHECK, &on, socklen_t(MemoryLayout<Int32>.size))
        }

        /// What has come, and in how many messages.
        func received() throws -> (datagrams: [[UInt8]], messages: Int) {
            let batch = DatagramBatch(bytesMax: 65_535, countMax: 16)
            var (datagrams, messages) = ([[UInt8]](), 0)
            while case let count = try batch.receive(from: to), count > 0 {
                messages += count
                for place in 0..<count { batch.forEachDatagram(place) { datagrams.append(Array($0)) } }
            }
            return (datagrams, messages)
        }

        func send(_ datagrams: [[UInt8]], by sender: DatagramSender) {
            let buffer = Array(datagrams.joined())
            buffer.withUnsafeBytes { bytes in
                var end = 0
                for datagram in datagrams {
                    sender.append(end..<end + datagram.count, host: DatagramSenderTests.host, port: port)
                    end += datagram.count
                }
                sender.flush(bytes, over: from)
            }
        }
    }

    private static let lengths = Array(repeating: 1200, count: 100) + [7, 0, 1, 1200, 1200, 300]
    private static let datagrams = lengths.enumerated().map { [UInt8](repeating: UInt8($0.offset), count: $0.element) }

    @Test(arguments: [true, false], [true, false])
    func datagrams_ComeAsTheyWereSent(joins: Bool, refusesRuns: Bool) throws {
        let (pair, sender) = (try Pair(joins: joins), DatagramSender(joins: true))
        if refusesRuns { pair.refuseRuns() }
        for _ in 0..<2 {
            pair.send(Self.datagrams, by: sender)
            let (datagrams, messages) = try pair.received()
            #expect(datagrams == Self.datagrams)
            #expect(joins && !refusesRuns ? messages < 10 : messages == Self.datagrams.count)
        }
        #expect(sender.joins == !refusesRuns && sender.refused == 0)
    }

    /// What the network refuses is no word on runs.
    @Test func refusedDatagrams_AreCounted_AndTheOthersGo() throws {
        let (pair, sender) = (try Pair(joins: true), DatagramSender(joins: true))
        let buffer = [UInt8](repeating: 5, count: 4000)
        buffer.withUnsafeBytes { bytes in
            // Nobody may send to port 0.
            for place in 0..<3 { sender.append(place * 100..<place * 100 + 100, host: Self.host, port: 0) }
            for place in 3..<9 { sender.append(place * 100..<place * 100 + 100, host: Self.host, port: pair.port) }
            sender.flush(bytes, over: pair.from)
        }
        #expect(sender.refused == 3 && sender.joins)
        #expect(try pair.received().datagrams.map(\.count) == Array(repeating: 100, count: 6))
    }

    @Test func datagramThatIsToLiveShort_GoesBehindTheOthers() throws {
        let (pair, sender) = (try Pair(), DatagramSender(joins: true))
        let buffer = [UInt8](repeating: 5, count: 30)
        buffer.withUnsafeBytes { bytes in
            sender.append(0..<20, host: Self.host, port: pair.port)
            sender.send(20..<30, of: bytes, host: Self.host, port: pair.port, timeToLive: 5, over: pair.from)
        }
        #expect(try pair.received().datagrams.map(\.count) == [20, 10])
        var (timeToLive, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
        getsockopt(pair.from.descriptor.raw, Int32(IPPROTO_IP), IP_TTL, &timeToLive, &size)
        #expect(timeToLive == 64)
    }
}
