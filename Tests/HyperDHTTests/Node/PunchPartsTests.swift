import Testing

@testable import HyperDHT

/// What holes are made with.
struct PunchPartsTests {
    private static let second: Int64 = 1_000_000_000

    /// How many punches each address gets, by the second in which they go out.
    private func times(of schedule: PunchSchedule, until end: Int64) -> [IPv4Address: [Int64]] {
        var (schedule, times) = (schedule, [IPv4Address: [Int64]]())
        for now in stride(from: 0, through: end, by: Int64.Stride(Self.second / 4)) {
            for address in schedule.next(at: now) { times[address, default: []].append(now / Self.second) }
        }
        return times
    }

    @Test func verifiedAddress_IsPunchedEachSecond_OthersSeldom() {
        var schedule = PunchSchedule()
        let (known, claimed) = (nodeAddress(1), nodeAddress(2))
        schedule.add(known)
        schedule.add(claimed)
        schedule.verify(host: known.host)
        #expect(times(of: schedule, until: 20 * Self.second).isEmpty)
        schedule.start(at: 3 * Self.second, rounds: Punch.rounds)
        let times = times(of: schedule, until: 60 * Self.second)
        #expect(times == [known: Array(3...12), claimed: [3, 7, 11]])
    }

    @Test func schedule_BeginsOnceAndEnds() {
        var schedule = PunchSchedule()
        schedule.add(nodeAddress(1))
        schedule.verify(host: nodeAddress(1).host)
        schedule.start(at: 5 * Self.second, rounds: 2)
        schedule.start(at: 2 * Self.second, rounds: 2)
        schedule.start(at: 9 * Self.second, rounds: 2)
        #expect(schedule.dueAt == 2 * Self.second)
        let first = schedule.next(at: 2 * Self.second)
        schedule.start(at: 2 * Self.second, rounds: 100)
        let atOnce = schedule.next(at: 2 * Self.second)
        #expect(first == [nodeAddress(1)] && atOnce.isEmpty && schedule.dueAt == 3 * Self.second)
        let second = schedule.next(at: 3 * Self.second)
        #expect(second == [nodeAddress(1)] && !schedule.isOver)
        let third = schedule.next(at: 4 * Self.second)
        #expect(third.isEmpty && schedule.isOver && schedule.dueAt == .max)
        schedule.start(at: 5 * Self.second, rounds: 2)
        #expect(schedule.dueAt == .max)
    }

    @Test func addressesOfAPeer_AreBounded() {
        var schedule = PunchSchedule()
        for number in 0..<50 { schedule.add(nodeAddress(number % 25)) }
        #expect(schedule.addresses == (0..<4).map(nodeAddress))
    }

    @Test func expectedPunches_AreBounded() {
        var expected = ExpectedPunches(max: 20, perHostMax: 8)
        let kept = (0..<100).map { expected.add(.connect($0), from: UInt32($0 % 2)) }
        #expect(kept.count(where: \.self) == 16 && expected.count == 16)
        // Again is not one more.
        let isKept = expected.add(.connect(0), from: 0)
        #expect(isKept && expected.count == 16)
        let others = (0..<10).count { expected.add(.visitor($0), from: 9) }
        #expect(others == 4 && !expected.hasRoom(for: 77))
        for number in 0..<100 { expected.remove(.connect(number), from: UInt32(number % 2)) }
        #expect(expected.count == 4 && expected.from(0).isEmpty && expected.from(9).count == 4)
        for number in UInt32(0)..<10 { expected.remove(.visitor(number), from: 9) }
        #expect(expected.count == 0)
    }

    @Test func ownHost_IsBoundedByTheWholeAlone() {
        var expected = ExpectedPunches(max: 20, perHostMax: 8)
        let kept = (0..<100).count { expected.add(.visitor($0), from: 0x7F00_0001) }
        #expect(kept == 20)
    }

    @Test(arguments: [([], false), ([0], true), ([1], false), ([0, 0], false), ([0xFF], false)] as [([UInt8], Bool)])
    func punch_IsOneByteOfZero(bytes: [UInt8], isPunch: Bool) {
        #expect(Punch.matches(bytes[...]) == isPunch)
    }

    @Test func nodesThatSeeUsElsewhereThanBefore_AreBelievedTogether() {
        let (old, new) = (IPv4Address(host: 0x0909_0909, port: 1), IPv4Address(host: 0x0909_0909, port: 2))
        var reflexive = ReflexiveAddress()
        func nodeAddress(_ number: Int) -> IPv4Address { IPv4Address(host: 0x5500_0001 + UInt32(number) << 8, port: 5) }
        for number in 0..<10 { reflexive.add(old, from: nodeAddress(number)) }
        reflexive.add(new, from: nodeAddress(3))
        // One alone may be lying, however often it does.
        for _ in 0..<5 {
            reflexive.add(old, from: nodeAddress(3))
            reflexive.add(new, from: nodeAddress(3))
        }
        #expect(reflexive.address == old && reflexive.count == 10)
        reflexive.add(new, from: nodeAddress(7))
        #expect(reflexive.address == old && reflexive.count == 10)
        reflexive.add(new, from: nodeAddress(8))
        #expect(reflexive.address == new && reflexive.count == 3 && reflexive.firewall == .consistent)
        // Each peer sees another address behind a NAT that gives out random ports, and none of it is news.
        var random = ReflexiveAddress()
        for round in UInt16(0)..<3 {
            for number in 0..<10 {
                random.add(
                    IPv4Address(host: 0x0909_0909, port: 100 * (round + 1) + UInt16(number)), from: nodeAddress(number))
            }
        }
        #expect(random.firewall == .random && random.count == 10)
    }
}
