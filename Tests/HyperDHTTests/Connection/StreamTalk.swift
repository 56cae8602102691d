@testable import HyperDHT

/// Two ends of a connection over a stream, whose bytes are carried in pieces of random length.
struct StreamTalk {
    let callerKeys = KeyPair.random()
    let calledKeys = KeyPair.random()
    var caller: StreamConnection
    var called: StreamConnection
    var now: Int64 = 0
    private var numbers: SeededNumbers
    private(set) var callerEvents: [SecureChannel.Event] = []
    private(set) var calledEvents: [SecureChannel.Event] = []
    private var toldCaller = false
    private var toldCalled = false

    init(seed: UInt64 = 1, admits: Bool = true, limits: SecureChannel.Limits = StreamConnection.limits) throws {
        numbers = SeededNumbers(seed: seed)
        let expected = callerKeys.publicKey
        caller = try StreamConnection(
            calling: calledKeys.publicKey, as: callerKeys, serving: Answers.serving, limits: limits, at: 0)
        called = StreamConnection(calledAs: calledKeys, serving: Answers.serving, limits: limits, at: 0) {
            admits && $0 == expected
        }
    }

    /// All that `connection` has to say, or some of it.
    static func bytes(of connection: inout StreamConnection, limit: Int = .max, at now: Int64 = 0) -> [UInt8] {
        var all: [UInt8] = []
        while all.count < limit {
            let bytes = connection.nextBytes(at: now).prefix(limit - all.count)
            guard !bytes.isEmpty else { break }
            all += bytes
            connection.took(bytes.count, at: now)
        }
        return all
    }

    /// Until neither has anything to say.
    mutating func exchange() throws {
        var isMoving = true
        while isMoving {
            let pieces = (pieceBytes, pieceBytes)
            let there = Self.move(&caller, &called, &toldCalled, pieces.0, at: now)
            let back = Self.move(&called, &caller, &toldCaller, pieces.1, at: now)
            try takeEvents()
            isMoving = there || back
        }
    }

    private var pieceBytes: Int { mutating get { Int.random(in: 1...20_000, using: &numbers) } }

    /// `told` is whether the receiver knows that nothing more comes.
    private static func move(
        _ from: inout StreamConnection, _ to: inout StreamConnection, _ told: inout Bool, _ limit: Int, at now: Int64
    ) -> Bool {
        from.poll(at: now)
        guard to.isReading else { return false }
        let bytes = bytes(of: &from, limit: limit, at: now)
        to.receive(bytes[...], at: now)
        if bytes.isEmpty, from.wantsEnd || from.channel.end != nil, !told {
            told = true
            to.receiveEnd(at: now)
            return true
        }
        return !bytes.isEmpty
    }

    mutating func takeEvents() throws {
        while let event = caller.channel.nextEvent() { callerEvents.append(event) }
        while let event = called.channel.nextEvent() {
            calledEvents.append(event)
            guard case .rpc(.request(let channel, let id, _, let body)) = event else { continue }
            called.channel.answer(id, on: channel, with: .success(try Answers.answer(to: body)))
        }
    }
}
