import Testing

@testable import HyperDHT

struct Bytes32Tests {
    private func value(_ last: UInt8, first: UInt8 = 0) throws -> Bytes32 {
        try #require(Bytes32([first] + [UInt8](repeating: 0, count: 30) + [last]))
    }

    @Test func onlyThirtyTwoBytes_AreOne() {
        for count in [0, 31, 33] { #expect(Bytes32([UInt8](repeating: 1, count: count)) == nil) }
        #expect(Bytes32([UInt8](repeating: 1, count: 32))?.bytes == [UInt8](repeating: 1, count: 32))
    }

    @Test func values_CompareAsNumbers() throws {
        #expect(try value(1) < value(2))
        #expect(try value(255) < value(0, first: 1))
        #expect(try !(value(1) < value(1)))
    }

    @Test func leadingZeroBits_AreCounted() throws {
        #expect(Bytes32.zero.leadingZeroBits == 256)
        #expect(try value(1).leadingZeroBits == 255)
        #expect(try value(0, first: 0x10).leadingZeroBits == 3)
        #expect(try value(9, first: 7).distance(to: value(8, first: 7)) == value(1))
    }
}
