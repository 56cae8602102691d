import Testing

@testable import HyperDHT

struct FrameAssemblerTests {
    @Test func frames_ComeInOrderWithWhatIsThere() throws {
        var assembler = FrameAssembler()
        assembler.append([2, 0, 0, 7, 8, 0, 0, 0, 1, 0])
        #expect(try assembler.next(max: 10) == [7, 8])
        #expect(try assembler.next(max: 10) == [])
        #expect(try assembler.next(max: 10) == nil)
        assembler.append([0])
        #expect(try assembler.next(max: 10) == nil)
        assembler.append([9])
        #expect(try assembler.next(max: 10) == [9])
        assembler.release()
        #expect(assembler.bufferedBytes == 0)
    }

    @Test func longestFrame_IsOfThreeBytesLength() throws {
        var assembler = FrameAssembler()
        assembler.append([0xFF, 0xFF, 0xFF])
        #expect(try assembler.next(max: FrameAssembler.frameBytesMax) == nil)
        #expect(throws: SecretStreamError.frameTooLong(bytes: 0xFF_FFFF, max: 0xFF_FFFE)) {
            try assembler.next(max: 0xFF_FFFE)
        }
    }
}
