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

    init(_ list: consuming PieceList) {
        pieces = list.finished()
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
