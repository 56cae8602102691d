import HyperDHT
import NIOCore

/// What a tunnel's thread is told of its streams.
enum StreamNews: Sendable {
    /// Somebody from this host wants to have one.
    case wanted(host: String, OwedAnswer<StreamDoor.Verdict>)
    /// It is there, or not in the end.
    case came(PeerNumber, UpgradedStream?)
    case dialled(PeerNumber, Result<UpgradedStream, BridgeDialFailure>)
    case bytes(PeerNumber, ByteBuffer)
    case wrote(PeerNumber, Int)
    case ended(PeerNumber)
    case closed(PeerNumber)
}

/// The streams of a tunnel: brings what comes over them to ``StreamPeers``, and does what that says.
///
/// Belongs to the tunnel's thread; the streams are moved by event loops.
struct TunnelStreams {
    /// Calls the bridge, and says once what has come of it.
    typealias Dial = @Sendable (_ done: @escaping @Sendable (BridgeDialer.Outcome) -> Void) -> Void
    typealias Post = @Sendable (StreamNews) -> Void

    private let dial: Dial?
    private let post: Post
    private var streams: [PeerNumber: UpgradedStream] = [:]

    init(dial: Dial?, post: @escaping Post) { (self.dial, self.post) = (dial, post) }

    // MARK: What comes

    mutating func take(_ news: StreamNews, in peers: inout StreamPeers, server: TunnelStreamServer?, at now: Int64) {
        switch news {
        case .wanted(let host, let answer): answer.give(judge(host, &peers, server, at: now))
        case .came(let peer, let stream): came(peer, stream, &peers, at: now)
        case .dialled(let peer, .success(let stream)): dialled(peer, stream, &peers, at: now)
        case .dialled(let peer, .failure(let failure)):
            peers.dialFailed(peer, because: failure.description, at: now)
        case .bytes(let peer, let bytes):
            peers.received(Array(bytes.readableBytesView)[...], of: peer, at: now)
            streams[peer]?.took(bytes.readableBytes)
        case .wrote(let peer, let count): peers.wrote(count, to: peer, at: now)
        case .ended(let peer): peers.receivedEnd(of: peer, at: now)
        case .closed(let peer):
            streams[peer] = nil
            peers.lost(peer, at: now)
        }
    }

    private func judge(
        _ host: String, _ peers: inout StreamPeers, _ server: TunnelStreamServer?, at now: Int64
    ) -> StreamDoor.Verdict {
        guard let server else { return .refused("no streams are taken") }
        do throws(StreamPeers.Refusal) {
            // Whoever knows the secret may register; that shows when it asks to.
            let peer = try peers.accept(as: server.identity, serving: server.serving, host: host, at: now) { _ in true }
            return .taken { [post] stream in
                post(.came(peer, stream))
                stream?.begin(Self.owner(of: peer, post))
            }
        } catch {
            return .refused(error.description)
        }
    }

    private static func owner(of peer: PeerNumber, _ post: @escaping Post) -> UpgradedStream.Owner {
        UpgradedStream.Owner(
            onBytes: { post(.bytes(peer, $0)) }, onWrote: { post(.wrote(peer, $0)) }, onEnd: { post(.ended(peer)) },
            onClose: { _ in post(.closed(peer)) })
    }

    private mutating func came(
        _ peer: PeerNumber, _ stream: UpgradedStream?, _ peers: inout StreamPeers, at now: Int64
    ) {
        guard let stream else { return peers.lost(peer, at: now) }
        guard peers.isKnown(peer) else { return stream.abort() }
        streams[peer] = stream
    }

    private mutating func dialled(
        _ peer: PeerNumber, _ stream: UpgradedStream, _ peers: inout StreamPeers, at now: Int64
    ) {
        guard peers.dialled(peer, address: stream.peer, at: now) else { return stream.abort() }
        streams[peer] = stream
        stream.begin(Self.owner(of: peer, post))
    }

    // MARK: What is to be done

    mutating func act(_ peers: inout StreamPeers) {
        while let action = peers.nextAction() {
            switch action {
            case .dial(let peer, _): call(peer)
            case .write(let peer, let bytes): streams[peer]?.write(bytes)
            case .setReading(let peer, let isReading): streams[peer]?.setReading(isReading)
            case .end(let peer): streams[peer]?.end()
            case .close(let peer, let afterWrites):
                let stream = streams.removeValue(forKey: peer)
                if afterWrites { stream?.close() } else { stream?.abort() }
            }
        }
    }

    private func call(_ peer: PeerNumber) {
        guard let dial else { return }
        dial { [post] outcome in post(.dialled(peer, outcome)) }
    }

    /// Ends all at once.
    mutating func abort() {
        for stream in streams.values { stream.abort() }
        streams = [:]
    }
}
