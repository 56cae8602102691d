import NIOCore
import Testing

@testable import ExporterProxy

@Test(arguments: [
    ("", ""), ("\n", ""), ("\n\n\n", ""), ("a 1", "a 1\n"), ("a 1\n", "a 1\n"), ("a 1\n\n\n", "a 1\n"),
    ("\na 1", "\na 1\n"),
    ("a 1\n\nb 2\n", "a 1\n\nb 2\n"), ("a 1\r\n", "a 1\r\n"), (" ", " \n"), ("a 1\n ", "a 1\n \n"),
])
func expositionBody_IsEmptyOrEndsWithOneNewline(text: String, body: String) {
    #expect(ExpositionBody.make(ByteBuffer(string: text)).text == body)
    #expect([UInt8](text).withExactBytes { ExpositionBody.make($0) }.text == body)
}

@Test func expositionBody_LeavesEveryOtherByteAsItIs() {
    var random = SeededGenerator(seed: 5)
    for _ in 0..<100 {
        let bytes = random.bytes(200) + [0x61]
        #expect(Array(ExpositionBody.make(ByteBuffer(bytes: bytes)).readableBytesView) == bytes + [0x0A])
    }
}
