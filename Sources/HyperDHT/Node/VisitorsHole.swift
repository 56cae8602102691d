/// How far a caller who is behind a NAT has come with meeting us.
struct VisitorsHole: Sendable {
    /// Under which it asks. It goes through relays in the clear, so nothing follows from it.
    let id: UInt64
    let key: Secret
    /// Of our tokens.
    let secret: Bytes32
    /// Hosts whose punches are answered.
    var hosts: Set<UInt32>
    var messagesLeft = Punch.messagesMax
    var answersLeft = Punch.answersMax
    var punches = PunchSchedule()

    func token(for client: IPv4Address) -> Bytes32 { RoundTripToken.make(for: client, secret: secret) }
}
