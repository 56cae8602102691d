@testable import HyperDHT

/// Two channels whose bytes are carried by hand.
struct ChannelTalk {
    var asking: SecureChannel
    var answering: SecureChannel

    init(limits: SecureChannel.Limits = .init()) throws {
        let sessions = try NoiseSession.pair()
        asking = SecureChannel(serving: Answers.serving, limits: limits, at: 0)
        answering = SecureChannel(serving: Answers.serving, limits: limits, at: 0)
        asking.begin(sessions.0, at: 0)
        answering.begin(sessions.1, at: 0)
    }

    mutating func askingSends() { answering.receive(Self.bytes(of: &asking)[...], at: 0) }
    mutating func answeringSends() { asking.receive(Self.bytes(of: &answering)[...], at: 0) }

    /// Until neither has anything to say.
    mutating func exchange() {
        while asking.waitingBytes + answering.waitingBytes > 0 {
            askingSends()
            answeringSends()
        }
    }

    /// All that `channel` has to say now.
    static func bytes(of channel: inout SecureChannel) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let bytes = channel.nextBytes(at: 0)
            guard !bytes.isEmpty else { return all }
            all += bytes
            channel.took(bytes.count, at: 0)
        }
    }
}
