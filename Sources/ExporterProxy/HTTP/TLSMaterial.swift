import Glibc
import NIOSSL

/// A certificate with its key, read and put together.
struct TLSMaterial: Sendable {
    let configuration: HTTPServer.TLS.Configuration
    let context: NIOSSLContext
    /// Seconds since 1970 from which on the certificate is not valid any more.
    let expiresAt: Int
    /// Of the files as they were before they were read.
    let stamps: [FileStamp?]

    /// Blocks. Throws ``TLSFailure``.
    init(_ configuration: HTTPServer.TLS.Configuration) throws(TLSFailure) {
        self.configuration = configuration
        stamps = configuration.files.map(FileStamp.init)
        let chain = try Self.certificates(configuration.certFile, key: "cert_file")
        expiresAt = chain.first?.notValidAfter ?? 0
        let key = try Self.privateKey(configuration.keyFile)
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        tls.minimumTLSVersion = configuration.minVersion == .tls13 ? .tlsv13 : .tlsv12
        tls.applicationProtocols = ["http/1.1"]
        // Whoever closes has said, and heard, all that there is.
        tls.shutdownTimeout = .zero
        try Self.verifyClients(configuration, &tls)
        do {
            context = try NIOSSLContext(configuration: tls)
        } catch {
            throw TLSFailure("the key in \(configuration.keyFile) is not that of \(configuration.certFile)")
        }
    }

    private static func verifyClients(
        _ configuration: HTTPServer.TLS.Configuration, _ tls: inout TLSConfiguration
    ) throws(TLSFailure) {
        let issuers = try configuration.clientCAFile.map { path throws(TLSFailure) in
            try certificates(path, key: "client_ca_file")
        }
        tls.trustRoots = .certificates(issuers ?? [])
        tls.sendCANameList = true
        switch configuration.clientAuth {
        case .none: tls.certificateVerification = .none
        case .request, .verifyIfGiven: tls.certificateVerification = .optionalVerification
        case .require: tls.certificateVerification = .noHostnameVerification
        }
    }

    /// A handler for one connection.
    var handler: NIOSSLServerHandler {
        var bounded = NIOSSLServerHandler.Configuration()
        // A large answer must not stay in memory for as long as its connection does.
        bounded.maximumPreservedOutboundBufferCapacity = 128 * 1024
        guard configuration.clientAuth == .request else {
            return NIOSSLServerHandler(context: context, configuration: bounded)
        }
        return NIOSSLServerHandler(
            context: context, customVerificationCallback: { $1.succeed(.certificateVerified) }, configuration: bounded)
    }

    // MARK: Files

    private static func certificates(_ path: String, key: String) throws(TLSFailure) -> [NIOSSLCertificate] {
        let bytes = try read(path, key: key)
        do {
            return try NIOSSLCertificate.fromPEMBytes(bytes)
        } catch {
            throw TLSFailure("\(path) (web.tls.\(key)) does not hold certificates in PEM")
        }
    }

    private static func privateKey(_ path: String) throws(TLSFailure) -> NIOSSLPrivateKey {
        let bytes = try read(path, key: "key_file")
        do {
            // Without a passphrase at hand the library would ask whoever sits at the terminal.
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem) { (setter: ([UInt8]) -> Void) in setter([]) }
        } catch {
            throw TLSFailure("\(path) (web.tls.key_file) does not hold a private key in PEM without a passphrase")
        }
    }

    private static func read(_ path: String, key: String) throws(TLSFailure) -> [UInt8] {
        do throws(SystemError) {
            return try SmallFile.read(path, bytesMax: 1024 * 1024)
        } catch {
            throw TLSFailure("\(error) (web.tls.\(key))")
        }
    }
}

/// Why a certificate cannot be used, in one sentence.
package struct TLSFailure: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
