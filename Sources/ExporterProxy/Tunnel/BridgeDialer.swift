import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Calls a bridge over TCP and TLS, and makes a stream of it: what ``StreamDoor`` is on the other side.
package struct BridgeDialer: Sendable {
    package struct Configuration: Equatable, Sendable {
        package var url: BridgeURL
        /// Who may have issued the bridge's certificate (PEM); `nil` for those whom the system trusts.
        package var caFile: String?
        /// From the name to a connection.
        package var connectTimeout = Duration.seconds(10)
        /// From there to the answer, with the handshake of TLS.
        package var answerTimeout = Duration.seconds(10)

        package init(url: BridgeURL, caFile: String? = nil) { (self.url, self.caFile) = (url, caFile) }
    }

    package let configuration: Configuration
    private let group: any EventLoopGroup
    /// `nil` where the bridge is called without TLS.
    private let tls: NIOSSLContext?

    /// Reads certificates, and so blocks; they hold for as long as the dialler does.
    package init(_ configuration: Configuration, group: any EventLoopGroup) throws(TLSFailure) {
        self.configuration = configuration
        self.group = group
        tls = configuration.url.isSecure ? try Self.context(configuration.caFile) : nil
    }

    private static func context(_ caFile: String?) throws(TLSFailure) -> NIOSSLContext {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = ["http/1.1"]
        tls.shutdownTimeout = .zero
        if let caFile { tls.trustRoots = .certificates(try certificates(caFile)) }
        do {
            return try NIOSSLContext(configuration: tls)
        } catch {
            throw TLSFailure("the certificates that the system trusts cannot be read")
        }
    }

    private static func certificates(_ path: String) throws(TLSFailure) -> [NIOSSLCertificate] {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try SmallFile.read(path, bytesMax: 4 * 1024 * 1024) } catch {
            throw TLSFailure("\(error) (tunnel.client.ca_file)")
        }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw TLSFailure("\(path) (tunnel.client.ca_file) does not hold certificates in PEM")
        }
        return certificates
    }

    package typealias Outcome = Result<UpgradedStream, BridgeDialFailure>

    /// Calls `done` once, on an event loop: with a stream that waits for its owner, or with the reason in a sentence.
    package func dial(_ done: @escaping @Sendable (Outcome) -> Void) {
        let (url, configuration, askers) = (configuration.url, configuration, Askers())
        ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let asker = UpgradeAsker(url, answerTimeout: configuration.answerTimeout, done)
                    try secure(channel.pipeline.syncOperations)
                    try channel.pipeline.syncOperations.addHandler(asker)
                    askers.add(asker, of: channel)
                }
            }
            .connect(host: url.address.host, port: url.address.port)
            .whenComplete { result in
                switch result {
                case .success(let channel): askers.ask(channel)
                case .failure(let error):
                    done(
                        .failure(
                            BridgeDialFailure(url.address, connecting: error, within: configuration.connectTimeout)))
                }
            }
    }

    /// Where a name has several addresses, several connections are tried: only the one that is taken asks.
    private final class Askers: Sendable {
        private let all = Mutex<[ObjectIdentifier: NIOLoopBound<UpgradeAsker>]>([:])

        func add(_ asker: UpgradeAsker, of channel: any Channel) {
            let bound = NIOLoopBound(asker, eventLoop: channel.eventLoop)
            all.withLock { $0[ObjectIdentifier(channel)] = bound }
        }

        func ask(_ channel: any Channel) {
            let asker = all.withLock { all in
                defer { all = [:] }
                return all[ObjectIdentifier(channel)]
            }
            channel.eventLoop.execute { asker?.value.ask() }
        }
    }

    private func secure(_ pipeline: ChannelPipeline.SynchronousOperations) throws {
        guard let tls else { return }
        // A certificate may be for an address, and no name is sent then.
        let host = configuration.url.address.host
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : host))
    }
}
