import Testing

@testable import ExporterProxy

struct EventLinesTests {
    /// What is handed on, each with its bytes; `-` for a line that is too long. A new line is shown as `|`.
    private static func lines(_ parts: [String], bytesMax: Int) -> [String] {
        var lines = EventLines(bytesMax: bytesMax)
        var seen: [String] = []
        func see(_ bytes: UnsafeRawBufferPointer?) {
            seen.append(bytes.map { String(decoding: $0, as: UTF8.self).replacing("\n", with: "|") } ?? "-")
        }
        for part in parts { Array(part.utf8).withExactBytes { lines.take($0, see) } }
        lines.finish(see)
        return seen
    }

    @Test(arguments: [
        (["a\n"], ["a|"]), (["a\nb\nc"], ["a|b|", "c"]), (["a", "b\n", "c"], ["ab", "c"]),
        (["a", "\n\n"], ["a", "|"]),
        ([""], []), (["\n"], ["|"]), (["12345678\n"], ["12345678|"]), (["1234", "5678\n9"], ["12345678", "9"]),
        // Too long, told once, and over at the end of the line.
        (["1234", "56789\na\n"], ["-", "a|"]), (["123456789", "123456789", "1\nb\n"], ["-", "b|"]),
        (["12345678", "9"], ["-"]), (["12345678", "9", "\n", "b"], ["-", "b"]),
    ])
    func lines_AreHandedOn_HoweverTheyCome(parts: [String], expected: [String]) {
        #expect(Self.lines(parts, bytesMax: 8) == expected)
    }
}
