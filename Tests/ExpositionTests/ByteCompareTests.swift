import Testing

@testable import Exposition

@Suite struct ByteCompareTests {
    /// Of every length that has a way of its own, and each place of a difference.
    @Test(arguments: 0...50) func bytes_AreEqualIfAllAre(_ count: Int) {
        let bytes = (0..<count).map { UInt8($0) }
        #expect(areEqual(bytes, bytes))
        for place in 0..<count {
            var other = bytes
            other[place] ^= 0x80
            #expect(!areEqual(bytes, other), "differs at \(place)")
        }
    }

    private func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        withExactCopy(left) { left in
            withExactCopy(right) { right in
                guard let a = left.baseAddress, let b = right.baseAddress else { return true }
                return ByteCompare.areEqual(a, b, left.count)
            }
        }
    }
}

@Suite struct LineCountTests {
    @Test(arguments: [
        ("", 0), ("a", 0), ("\n", 1), ("\n\n\n\n\n\n\n\n", 8), ("\n\n\n\n\n\n\n\n\n", 9), ("a\nb", 1), ("1234567\n", 1),
        ("12345678\n", 1),
        ("\u{B}\u{9}\n\u{B}\u{9}\u{A}\u{B}\u{9}", 2), ("é\u{8A}\u{10A}\u{A}\u{20AC}\n", 2),
    ])
    func lineFeeds_AreCounted(_ text: String, count: Int) {
        #expect(withExactCopy(text.utf8, LineCount.of) == count)
    }

    @Test(arguments: [247, 248, 249, 256, 1000, 4096]) func lineFeedsOnly_AreCounted(_ count: Int) {
        #expect(withExactCopy([UInt8](repeating: 0x0A, count: count), LineCount.of) == count)
    }

    @Test func anyBytes_AreCountedLikeOneByOne() {
        var random = BodyGenerator.Random(seed: 1)
        for length in 0..<600 {
            let bytes = (0..<length).map { _ in random.pick([0x0A, 0x8A, 0x0B, 0x09, 0x00, 0xFF, 0x0A] as [UInt8]) }
            #expect(withExactCopy(bytes, LineCount.of) == bytes.count { $0 == 0x0A })
        }
    }
}
