import Testing

@testable import Exposition

struct ByteHashTests {
    /// Each count up to some words, and each byte and bit of it.
    @Test func number_DiffersWithEveryBitAndByte() {
        let hash = ByteHash()
        var seen: Set<UInt64> = []
        var texts = 0
        for count in 0...50 {
            var bytes = [UInt8](repeating: 0, count: count)
            seen.insert(bytes.withUnsafeBytes(hash.number))
            texts += 1
            for bit in 0..<count * 8 {
                bytes[bit / 8] = 1 << UInt8(bit % 8)
                seen.insert(bytes.withUnsafeBytes(hash.number))
                bytes[bit / 8] = 0
                texts += 1
            }
        }
        #expect(seen.count == texts)
    }

    /// Bytes that would come to the same if the count were not in it twice.
    @Test func bytes_DoNotMakeUpForTheCount() {
        let hash = ByteHash()
        let long: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 16 ^ 1, 0, 0, 0, 0, 0, 0, 0]
        #expect(long.withUnsafeBytes(hash.number) != [0].withUnsafeBytes(hash.number))
    }

    @Test func number_IsAnotherInEachHash_AndTheSameInOne() {
        let (one, other) = (ByteHash(), ByteHash())
        let numbers = Array("some bytes".utf8).withUnsafeBytes { [one.number($0), one.number($0), other.number($0)] }
        #expect(numbers[0] == numbers[1] && numbers[0] != numbers[2])
    }

    /// In front of a part, and in it.
    @Test(arguments: [0, 3, 8, 15, 16, 40])
    func chain_DiffersWithWhatCameBefore(count: Int) {
        let hash = ByteHash()
        let part = [UInt8](repeating: 7, count: count)
        let sums = (0..<100 as Range<UInt64>).map { sum in part.withUnsafeBytes { hash.chain(sum, $0) } }
        #expect(Set(sums).count == 100)
    }
}
