/// A peer asks another to be known there under a name: channel "register-alias", method "alias".
package enum AliasProtocol {
    package static let channel = ChannelName("register-alias")
    package static let method = "alias"
    fileprivate static let version = ProtocolVersion(major: 1, minor: 1)

    /// What is asked with. The secret travels inside the encrypted stream.
    package struct Request: Sendable, WireValue {
        /// Longer names than any host or service has.
        private static let nameBytesMax = 1024
        package static let secretBytes = 32

        package var version = AliasProtocol.version
        package var secret: Secret
        package var alias: String
        package var publicKey: PublicKey
        package var hostname: String
        package var service: String

        /// `secret` has 32 bytes.
        package init(secret: Secret, alias: String, publicKey: PublicKey, hostname: String, service: String) {
            precondition(secret.count == Self.secretBytes, "the protocol has room for 32 bytes")
            (self.secret, self.alias, self.publicKey) = (secret, alias, publicKey)
            (self.hostname, self.service) = (hostname, service)
        }

        package init(from reader: inout WireReader) throws(WireError) {
            version = try ProtocolVersion(from: &reader)
            secret = Secret(Array(try reader.take(Self.secretBytes)))
            alias = try reader.string(max: Self.nameBytesMax)
            publicKey = try PublicKey(from: &reader)
            hostname = try reader.string(max: Self.nameBytesMax)
            service = try reader.string(max: Self.nameBytesMax)
        }

        package func write(to writer: inout WireWriter) {
            version.write(to: &writer)
            secret.withBytes { writer.raw($0) }
            writer.string(alias)
            publicKey.write(to: &writer)
            writer.string(hostname)
            writer.string(service)
        }

        /// Anything else is answered with ``RPCFailure/decodeError``.
        package var isUnderstood: Bool { version.major == 1 && version.minor <= 1 }
    }

    /// What is answered.
    package enum Reply: Equatable, Sendable, WireValue {
        /// `isNew` where the alias was not that peer's before.
        case registered(isNew: Bool)
        case refused(String)

        package static let unauthorised = Reply.refused("Unauthorised")
        private static let sentenceBytesMax = 64 * 1024

        package init(from reader: inout WireReader) throws(WireError) {
            let version = try ProtocolVersion(from: &reader)
            guard version.major == 1 else { throw .unknownValue(field: "version", value: version.major) }
            if try reader.bool() {
                self = .registered(isNew: try reader.bool())
            } else {
                self = .refused(try reader.looseString(max: Self.sentenceBytesMax))
            }
        }

        package func write(to writer: inout WireWriter) {
            AliasProtocol.version.write(to: &writer)
            switch self {
            case .registered(let isNew):
                writer.bool(true)
                writer.bool(isNew)
            case .refused(let sentence):
                writer.bool(false)
                writer.string(sentence)
            }
        }
    }
}
