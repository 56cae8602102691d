import FuzzDriver

@testable import HyperDHT

/// Hands an input to what reads bytes of peers and of strangers in the tunnel, and stops the process where a value that
/// was read is another one when it is written and read again, or where strangers make an endpoint grow beyond its bounds.
///
/// The first byte of an input says who reads the rest.
private func fuzz(_ input: UnsafeRawBufferPointer) {
    guard let first = input.first else { return }
    let rest = Array(input.dropFirst())
    switch first {
    case 1: endpoint(rest)
    case 2: stream(rest)
    case 3: called(rest)
    case 4: channels(rest)
    default: values(rest)
    }
}

/// The rest in portions: a byte of length, and so many bytes.
private func portions(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var portions: [ArraySlice<UInt8>] = []
    var rest = bytes[...]
    while let length = rest.popFirst() {
        portions.append(rest.prefix(Int(length)))
        rest = rest.dropFirst(Int(length))
    }
    return portions
}

// MARK: Values

private func values(_ bytes: [UInt8]) {
    same(AliasProtocol.Request.self, bytes)
    same(AliasProtocol.Reply.self, bytes)
    same(Announcement.self, bytes)
    same(HandshakeMessage.self, bytes)
    same(HolepunchMessage.self, bytes)
    same(HolepunchPayload.self, bytes)
    same(NoisePayload.self, bytes)
    same(PeerRecord.self, bytes)
    same(MutableValue.self, bytes)
    if let datagram = try? DHTDatagram(bytes[...]) {
        let again =
            switch datagram {
            case .request(let request): request.bytes
            case .response(let response): response.bytes
            }
        require((try? DHTDatagram(again[...])) != nil, shown(bytes))
    }
    if let packet = try? UDXPacket(bytes[...]) { require(packet.payload.count <= bytes.count, shown(bytes)) }
    _ = try? ScrapeProtocol.Reply(bytes: bytes[...], textBytesMax: 1024)
    _ = KeyForm.bytes(of: String(decoding: bytes, as: UTF8.self))
}

/// What was read is read again as it was.
private func same<Value: WireValue>(_ type: Value.Type, _ bytes: [UInt8]) {
    guard let value = try? Value(bytes: bytes) else { return }
    let written = value.bytes
    require((try? Value(bytes: written))?.bytes == written, "\(type): \(shown(bytes))")
}

// MARK: Machines

private let identity = KeyPair.random()
private let stranger = IPv4Address(host: 0x0808_0808, port: 4711)

private func endpoint(_ bytes: [UInt8]) {
    var configuration = DHTConfiguration()
    configuration.isEphemeral = false
    configuration.publicAddress = IPv4Address(host: 0x2D01_0000, port: 49_737)
    var endpoint = DHTEndpoint(configuration, at: 0)
    let serving = [AliasProtocol.channel: Set([AliasProtocol.method])]
    endpoint.listen(as: identity, serving: serving, isAdmitted: { _ in true }, at: 0)
    var (outgoing, now, sent) = (OutgoingDatagrams(), Int64(0), 0)
    for datagram in portions(bytes) {
        now += 1_000_000
        sent += datagram.count
        endpoint.received(datagram, from: stranger, at: now)
        endpoint.poll(at: now, into: &outgoing)
    }
    // What strangers get for nothing, with what an endpoint says by itself.
    require(outgoing.bytesCount <= 65_536 + 200 * sent, shown(bytes))
    require(endpoint.size < 100 + 10 * bytes.count, shown(bytes))
    endpoint.destroyAll()
}

private func stream(_ bytes: [UInt8]) {
    var stream = UDXStream(id: 1)
    stream.connect(to: 2)
    var (batch, now) = (DatagramBatch(), Int64(0))
    for datagram in portions(bytes) {
        now += 1_000_000
        stream.receive(datagram, at: now)
        stream.poll(at: now, into: &batch)
    }
    require(stream.unreadBytes <= bytes.count, shown(bytes))
}

private func called(_ bytes: [UInt8]) {
    var connection = StreamConnection(
        calledAs: identity, serving: [AliasProtocol.channel: [AliasProtocol.method]], at: 0, isAdmitted: { _ in true })
    for portion in portions(bytes) {
        connection.receive(portion, at: 0)
        connection.poll(at: 0)
    }
    require(connection.nextBytes(at: 0).isEmpty, shown(bytes))
}

/// What a peer says that has shown who it is.
private func channels(_ bytes: [UInt8]) {
    var connection = RPCConnection(serving: [AliasProtocol.channel: [AliasProtocol.method]])
    _ = try? connection.open(ScrapeProtocol.channel)
    for portion in portions(bytes) {
        guard let events = try? connection.receive(portion) else { return }
        for case .request(let channel, let id, _, let body) in events {
            _ = connection.answer(id, on: channel, with: .success(Array(body)))
        }
        require(connection.takeFrames().reduce(0) { $0 + $1.count } <= 65_536 + 8 * bytes.count, shown(bytes))
    }
}

/// The name that the package manager gives `main` when it links the executable.
@_cdecl("FuzzTunnel_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    runFuzzer(count, arguments) { start, count in
        fuzz(UnsafeRawBufferPointer(start: start, count: count))
        return 0
    }
}
