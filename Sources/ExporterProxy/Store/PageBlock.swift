import NIOCore
import Synchronization

/// A stretch of the merged page that is made, kept and compressed as one.
///
/// Never changes once made: while the sources in it do not change, the same block stands in one page after the other.
final class PageBlock: Sendable {
    let pieces: [ByteBuffer]
    let bytes: Int

    // One lock of its own, held while compressing: two pages that need the piece at once make it once.
    private let piece = Mutex<DeflatedPiece?>(nil)

    init(_ fragments: [ByteBuffer]) {
        pieces = PieceList.join(fragments)
        bytes = pieces.reduce(0) { $0 &+ $1.readableBytes }
    }

    /// The block compressed, made at the first call; slow then, so never on an event loop.
    func deflated(by deflater: inout Deflater) throws -> DeflatedPiece {
        try piece.withLock { kept in
            if let kept { return kept }
            let made = try deflater.deflate(pieces)
            kept = made
            return made
        }
    }
}

/// Fragments of bodies on their way to a socket.
enum PieceList {
    /// Below this, handing a piece to the socket costs more than copying it (docs/decisions/007).
    private static let pieceBytesMin = 2048
    private static let blockBytes = 64 * 1024

    /// The same bytes in fewer pieces: small neighbours are copied together, large ones are handed on as they are.
    static func join(_ fragments: [ByteBuffer]) -> [ByteBuffer] {
        var pieces: [ByteBuffer] = []
        var block = ByteBuffer()
        for fragment in fragments where fragment.readableBytes > 0 {
            if fragment.readableBytes < pieceBytesMin {
                block.writeImmutableBuffer(fragment)
                if block.readableBytes < blockBytes { continue }
            }
            if block.readableBytes > 0 {
                pieces.append(block)
                block = ByteBuffer()
            }
            if fragment.readableBytes >= pieceBytesMin { pieces.append(fragment) }
        }
        if block.readableBytes > 0 { pieces.append(block) }
        return pieces
    }
}
