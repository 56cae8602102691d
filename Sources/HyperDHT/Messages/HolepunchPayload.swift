import CSodium

/// What two peers behind NATs tell each other while they try to meet.
package struct HolepunchPayload: Equatable, Sendable, WireValue {
    private enum Flag {
        static let connected: UInt64 = 1
        static let punching: UInt64 = 2
        static let addresses: UInt64 = 4
        static let remoteAddress: UInt64 = 8
        static let token: UInt64 = 16
        static let remoteToken: UInt64 = 32
    }

    private static let nonceBytes = 24
    private static let macBytes = 16

    package var isConnected = false
    package var isPunching = false
    package var failure = NoisePayload.Failure.none
    package var firewall = NoisePayload.Firewall.unknown
    package var round: UInt64 = 0
    /// Where the sender may be met.
    package var addresses: [IPv4Address]?
    /// Where the sender sees the receiver.
    package var remoteAddress: IPv4Address?
    /// Made by the sender over the receiver's host.
    package var token: Bytes32?
    /// The receiver's own, given back.
    package var remoteToken: Bytes32?

    package init() {}

    package init(from reader: inout WireReader) throws(WireError) {
        let flags = try reader.uint()
        isConnected = flags & Flag.connected != 0
        isPunching = flags & Flag.punching != 0
        failure = NoisePayload.Failure(rawValue: try reader.uint()) ?? .aborted
        firewall = NoisePayload.Firewall(rawValue: try reader.uint()) ?? .unknown
        round = try reader.uint()
        addresses = flags & Flag.addresses != 0 ? try reader.addresses4(max: NoisePayload.addressesMax) : nil
        remoteAddress = flags & Flag.remoteAddress != 0 ? try IPv4Address(from: &reader) : nil
        token = flags & Flag.token != 0 ? try reader.bytes32() : nil
        remoteToken = flags & Flag.remoteToken != 0 ? try reader.bytes32() : nil
    }

    package func write(to writer: inout WireWriter) {
        writer.uint(flags)
        writer.uint(failure.rawValue)
        writer.uint(firewall.rawValue)
        writer.uint(round)
        if let addresses { writer.values(addresses) }
        remoteAddress?.write(to: &writer)
        if let token { writer.bytes32(token) }
        if let remoteToken { writer.bytes32(remoteToken) }
    }

    private var flags: UInt64 {
        var flags: UInt64 = 0
        if isConnected { flags |= Flag.connected }
        if isPunching { flags |= Flag.punching }
        if addresses != nil { flags |= Flag.addresses }
        if remoteAddress != nil { flags |= Flag.remoteAddress }
        if token != nil { flags |= Flag.token }
        if remoteToken != nil { flags |= Flag.remoteToken }
        return flags
    }

    /// A nonce and a secretbox, under the key that the handshake gave both. `nonce` is given by tests alone.
    package func sealed(under key: Secret, nonce: [UInt8]? = nil) -> [UInt8] {
        let nonce = nonce ?? Sodium.randomBytes(Self.nonceBytes)
        precondition(nonce.count == Self.nonceBytes && key.count == Bytes32.count, "24 bytes and 32 bytes")
        let plain = bytes
        var sealed = [UInt8](repeating: 0, count: plain.count + Self.macBytes)
        let status = key.withBytes { crypto_secretbox_easy(&sealed, plain, UInt64(plain.count), nonce, $0) }
        precondition(status == 0, "what fits into memory can be sealed")
        return nonce + sealed
    }

    /// `nil` of what the peer did not seal; throws where it sealed nonsense.
    package static func open(_ sealed: ArraySlice<UInt8>, under key: Secret) throws(WireError) -> HolepunchPayload? {
        guard sealed.count >= nonceBytes + macBytes, key.count == Bytes32.count else { return nil }
        let (nonce, box) = (Array(sealed.prefix(nonceBytes)), Array(sealed.dropFirst(nonceBytes)))
        var plain = [UInt8](repeating: 0, count: box.count - macBytes)
        let status = key.withBytes { crypto_secretbox_open_easy(&plain, box, UInt64(box.count), nonce, $0) }
        return status == 0 ? try HolepunchPayload(bytes: plain) : nil
    }
}
