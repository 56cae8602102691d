/// The byte that goes from one peer to another to open the NATs between them, and how much of it there is.
enum Punch {
    static let bytes: [UInt8] = [0]
    /// Leaves the own network, and comes to no other: it only opens the own NAT.
    static let openingTimeToLive: UInt8 = 5
    /// How long the punch that the server sends at once is waited for.
    static let patience: Int64 = DHTWire.second / 4
    static let interval: Int64 = DHTWire.second
    static let rounds = 10
    /// Where one of the NATs gives out random ports, which seldom comes to anything.
    static let roundsOfRandom = 3
    /// An address of which only the peer says that it is its own is sent to every so many rounds.
    static let roundsBetweenUnverified = 4
    /// Of what a peer says are its addresses.
    static let addressesMax = 4
    /// A peer names so many relays, and is asked through so many.
    static let relaysMax = 3
    /// Questions of one round, each of which is sent twice.
    static let asksMax = 4
    /// What one caller may send us of messages, and be answered of punches.
    static let messagesMax = 32
    static let answersMax = 32
    /// A caller is remembered for so long after its last message, until all punches to it have gone out and may be
    /// answered; yet never for longer than the other time after its handshake.
    static let lifetime: Int64 = 12 * DHTWire.second
    static let lifetimeMax: Int64 = 30 * DHTWire.second

    static func matches(_ datagram: ArraySlice<UInt8>) -> Bool { datagram.count == 1 && datagram.first == 0 }
}
