import CZlib
import NIOCore
import Testing

@testable import ExporterProxy

private let bodies: [[UInt8]] = {
    var random = SeededGenerator(seed: 9)
    return [
        [], [0x0A], [UInt8]("m 1\n"), [UInt8](String(repeating: "http_requests_total{code=\"200\"} 1\n", count: 5000)),
        random.bytes(1), random.bytes(70_000), random.bytes(1_000_000), [UInt8](repeating: 0, count: 300_000),
    ]
}()

@Test(arguments: bodies.indices)
func deflater_MakesPieces_ThatInflateToTheBody(index: Int) throws {
    var deflater = try Deflater()
    let piece = try deflater.deflate(ByteBuffer(bytes: bodies[index]))
    #expect(piece.bodyBytes == bodies[index].count)
    #expect(piece.crc == UInt32(truncatingIfNeeded: crc32(0, bodies[index], UInt32(bodies[index].count))))
    #expect(Inflated(Array(piece.bytes.readableBytesView), windowBits: -15)?.bytes == bodies[index])
}

@Test func deflater_MakesTheSamePiece_WhateverItMadeBefore() throws {
    var used = try Deflater()
    for body in bodies { _ = try used.deflate(ByteBuffer(bytes: body)) }
    var fresh = try Deflater()
    for body in bodies {
        let pieces = (try used.deflate(ByteBuffer(bytes: body)), try fresh.deflate(ByteBuffer(bytes: body)))
        #expect(pieces.0.bytes == pieces.1.bytes)
    }
}

@Test func deflater_KeepsNoMoreThanWhatCameOut() throws {
    var deflater = try Deflater()
    let piece = try deflater.deflate(ByteBuffer(bytes: bodies[3]))
    #expect(piece.bytes.capacity < bodies[3].count / 4)
}

@Test(arguments: [[], [0], [1, 2], [0, 1, 0, 2, 3, 0], [4, 5, 6, 7], Array(0..<8), [3, 3, 3]])
func gzipMember_InflatesToTheBodiesOneAfterTheOther(order: [Int]) throws {
    var deflater = try Deflater()
    let pieces = try order.map { try deflater.deflate(ByteBuffer(bytes: bodies[$0])) }
    let inflated = Inflated(Array(try GzipMember.join(pieces).readableBytesView))
    #expect(inflated?.bytes == order.flatMap { bodies[$0] })
    #expect(inflated?.rest == 0)
}
