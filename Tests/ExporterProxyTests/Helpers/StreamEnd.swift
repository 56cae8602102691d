import NIOConcurrencyHelpers
import NIOCore

@testable import ExporterProxy

/// The owner of an upgraded stream: remembers what it was told.
final class StreamEnd: Sendable {
    private struct State {
        var stream: UpgradedStream?
        var hasNone = false
        var bytes: [UInt8] = []
        var writtenBytes = 0
        var hasEnded = false
        var closed: [String] = []
    }

    private let state = NIOLockedValueBox(State())
    /// Whether it reports the bytes that come as dealt with.
    private let takes: Bool
    /// Whether it says what it hears.
    private let echoes: Bool
    /// Whether it closes when the other side has ended.
    private let closes: Bool

    init(takes: Bool = true, echoes: Bool = false, closes: Bool = true) {
        (self.takes, self.echoes, self.closes) = (takes, echoes, closes)
    }

    var stream: UpgradedStream? { state.withLockedValue { $0.stream } }
    /// It was told that there is no stream.
    var hasNone: Bool { state.withLockedValue { $0.hasNone } }
    var bytes: [UInt8] { state.withLockedValue { $0.bytes } }
    var count: Int { state.withLockedValue { $0.bytes.count } }
    var text: String { String(decoding: bytes, as: UTF8.self) }
    var writtenBytes: Int { state.withLockedValue { $0.writtenBytes } }
    var hasEnded: Bool { state.withLockedValue { $0.hasEnded } }
    /// What was said at the end, as often as it was said.
    var closed: [String] { state.withLockedValue { $0.closed } }

    func begin(_ stream: UpgradedStream?) {
        state.withLockedValue {
            $0.stream = stream
            $0.hasNone = stream == nil
        }
        stream?.begin(owner)
    }

    func write(_ text: String) { stream?.write([UInt8](text.utf8)[...]) }

    private var owner: UpgradedStream.Owner {
        UpgradedStream.Owner(
            onBytes: { [self] bytes in
                state.withLockedValue { $0.bytes += Array(buffer: bytes) }
                if echoes { stream?.write(Array(buffer: bytes)[...]) }
                if takes { stream?.took(bytes.readableBytes) }
            },
            onWrote: { [self] count in state.withLockedValue { $0.writtenBytes += count } },
            onEnd: { [self] in
                state.withLockedValue { $0.hasEnded = true }
                if closes { stream?.close() }
            },
            onClose: { [self] reason in state.withLockedValue { $0.closed.append(reason) } })
    }
}
