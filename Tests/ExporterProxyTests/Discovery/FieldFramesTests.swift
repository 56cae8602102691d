import Testing

@testable import ExporterProxy

struct FieldFramesTests {
    static let fields: [[UInt8]] = [Array("12".utf8), [], Array(repeating: 0xFF, count: 300)]

    @Test(arguments: [1, 2, 3, 7, 311, 1000])
    func frames_AreTheSame_InPartsOfAnySize(partBytes: Int) throws {
        let bytes = FieldFrames.frame(Self.fields) + FieldFrames.frame([]) + FieldFrames.frame([[7]])
        var frames = FieldFrames(frameBytesMax: 1000)
        var found: [[[UInt8]]] = []
        for start in stride(from: 0, to: bytes.count, by: partBytes) {
            frames.append(Array(bytes[start..<min(bytes.count, start + partBytes)]))
            while let fields = try frames.next() { found.append(fields) }
        }
        #expect(found == [Self.fields, [], [[7]]])
    }

    @Test func frame_IsItsLengthAndItsFields() {
        #expect(FieldFrames.frame([[1, 2], []]) == [0, 0, 0, 10, 0, 0, 0, 2, 1, 2, 0, 0, 0, 0])
        #expect(FieldFrames.text("é") == [0, 0, 0, 2, 0xC3, 0xA9])
    }

    @Test(
        arguments: [
            // Larger than may be, with nothing of it there yet.
            [0, 0, 0, 101],
            [0xFF, 0xFF, 0xFF, 0xFF],
            // A field that is longer than its frame, and one without a whole length.
            [0, 0, 0, 5, 0, 0, 0, 2, 1],
            [0, 0, 0, 3, 0, 0, 0],
        ] as [[UInt8]])
    func whatIsNoFrame_IsMalformed(bytes: [UInt8]) {
        var frames = FieldFrames(frameBytesMax: 100)
        frames.append(bytes)
        #expect(throws: FieldFrames.Malformed.self) { try frames.next() }
    }
}
