/// What was answered to handshakes of the last seconds.
///
/// A message 1 that comes again, through another relay or by loss, gets the same bytes again, and costs nothing. Where
/// there are too many of them the oldest is forgotten.
struct AnsweredHandshakes: Sendable {
    enum Answer: Equatable, Sendable {
        case message([UInt8])
        /// Its caller gets none.
        case silence
    }

    /// So many places of a caller are believed in at once.
    static let placesMax = 3

    private let max: Int
    private var answers: [Bytes32: Answer] = [:]
    /// Of callers who are sent to before a packet of them has come.
    private var streams: [Bytes32: Stream] = [:]
    /// In the order in which they are forgotten.
    private var order = RingQueue<Turn>()

    private struct Turn {
        let name: Bytes32
        let until: Int64
    }

    private struct Stream {
        let id: UInt32
        var places: [IPv4Address]
    }

    init(max: Int) { self.max = max }

    var count: Int { answers.count }

    static func name(of message: [UInt8]) -> Bytes32 { Blake2b.hash32(message) }

    mutating func answer(to name: Bytes32, at now: Int64) -> Answer? {
        forget(at: now)
        return answers[name]
    }

    mutating func keep(_ answer: Answer, to name: Bytes32, at now: Int64) {
        guard answers.updateValue(answer, forKey: name) == nil else { return }
        order.append(Turn(name: name, until: now + DHTWire.handshakeLifetime))
        while order.count > max { forgetFirst() }
    }

    /// The stream of the call is sent to `place`, where the caller is said to be.
    mutating func sends(_ streamID: UInt32, to place: IPv4Address, of name: Bytes32) {
        if answers[name] != nil { streams[name] = Stream(id: streamID, places: [place]) }
    }

    /// The stream that may be sent to `place` too; nil where none is, or it is already, or to enough others.
    mutating func alsoSends(to place: IPv4Address, of name: Bytes32) -> UInt32? {
        guard let stream = streams[name], stream.places.count < Self.placesMax, !stream.places.contains(place) else {
            return nil
        }
        streams[name]?.places.append(place)
        return stream.id
    }

    private mutating func forget(at now: Int64) {
        while let first = order.first, first.until <= now { forgetFirst() }
    }

    private mutating func forgetFirst() {
        let name = order.removeFirst().name
        (answers[name], streams[name]) = (nil, nil)
    }
}
