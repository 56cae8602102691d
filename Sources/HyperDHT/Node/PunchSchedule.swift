/// Where punches go to, and when: to each address of a peer once a second.
struct PunchSchedule: Sendable {
    private(set) var addresses: [IPv4Address] = []
    /// Of which not only the peer says that it is the peer's.
    private var verifiedHost: UInt32?
    private var round = 0
    private var rounds = 0
    /// When ``next(at:)`` has something to say.
    private(set) var dueAt: Int64 = .max
    private(set) var isOver = false

    /// Those beyond ``Punch/addressesMax`` are left out.
    mutating func add(_ address: IPv4Address) {
        guard addresses.count < Punch.addressesMax, !addresses.contains(address) else { return }
        addresses.append(address)
    }

    mutating func verify(host: UInt32) { verifiedHost = host }

    /// Begins `at` a time; an earlier one than was said before counts, until it has begun.
    mutating func start(at time: Int64, rounds: Int) {
        guard round == 0, !isOver else { return }
        self.rounds = rounds
        dueAt = min(dueAt, time)
    }

    /// Whom to send one now.
    mutating func next(at now: Int64) -> [IPv4Address] {
        guard dueAt <= now else { return [] }
        guard round < rounds else {
            (isOver, dueAt) = (true, .max)
            return []
        }
        defer {
            round += 1
            dueAt = now + Punch.interval
        }
        let isForAll = round % Punch.roundsBetweenUnverified == 0
        return addresses.filter { isForAll || $0.host == verifiedHost }
    }
}
