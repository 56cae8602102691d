import NIOCore
import NIOPosix
import NIOSSL

/// Why a bridge could not be called: who, and what was the matter.
package struct BridgeDialFailure: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ address: HostPort, _ sentence: String) { description = "\(address) \(sentence)" }

    init(_ address: HostPort, connecting error: any Error, within timeout: Duration) {
        switch error {
        case let error as NIOConnectionError where error.connectionErrors.isEmpty:
            self.init(address, "cannot be resolved")
        case let error as NIOConnectionError where error.connectionErrors.contains(where: { Self.isTimeout($0.error) }):
            self.init(address, Self.timedOut(timeout))
        case _ where Self.isTimeout(error): self.init(address, Self.timedOut(timeout))
        default: self.init(address, "cannot be reached: \(SystemError.sentence(of: error))")
        }
    }

    /// What has happened to a connection that was there.
    init(_ address: HostPort, after error: any Error) {
        let isOfTLS = error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError
        self.init(
            address, isOfTLS ? Self.sentence(ofTLS: error) : "lost the connection: \(SystemError.sentence(of: error))")
    }

    private static func isTimeout(_ error: any Error) -> Bool {
        if case ChannelError.connectTimeout = error { true } else { false }
    }

    private static func timedOut(_ timeout: Duration) -> String {
        "did not take the connection within \(DurationText.format(timeout))"
    }

    private static func sentence(ofTLS error: any Error) -> String {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            return "shows a certificate for another name"
        }
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return "shows a certificate of somebody who is not trusted" }
        if text.contains("WRONG_VERSION_NUMBER") { return "does not speak TLS" }
        if text.contains("eofDuringHandshake") { return "ended the connection within the handshake of TLS" }
        return "failed in TLS: \(EscapedText.visible(text))"
    }
}
