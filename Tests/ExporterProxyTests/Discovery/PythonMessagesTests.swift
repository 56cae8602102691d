import Testing

@testable import ExporterProxy

struct PythonMessagesTests {
    static func fields(_ words: [String]) -> [[UInt8]] { words.map { Array($0.utf8) } }

    @Test func request_HasItsFieldsInOrder() throws {
        let request = PythonRequest(
            path: "a/ä.py", source: [0xFF, 0], parameters: [("self", "1"), ("a", "")], question: .rehearsal,
            limits: GeneratorLimits(timeout: .milliseconds(300), outputBytesMax: 5, memoryBytesMax: 6))
        var frames = FieldFrames(frameBytesMax: 1000)
        frames.append(request.frame(number: 7))
        var expected = Self.fields(["7", "a/ä.py", "", "1", "300", "5", "6", "self", "1", "a", ""])
        expected[2] = [0xFF, 0]
        #expect(try frames.next() == expected)
    }

    @Test func answer_IsAListOrAFailure() {
        let list = PythonAnswer(Self.fields(["3", "0.25", "", "", "", "[]"]))
        #expect(list?.number == 3)
        #expect(list?.result == .success(GeneratorOutput(bytes: Array("[]".utf8), seconds: 0.25)))
        let failure = PythonAnswer(Self.fields(["4", "1", "not_list", "it is\u{1B}", "a\nb", ""]))
        #expect(
            failure?.result == .failure(GeneratorFailure(.notList, #"it is\u{1b}"#, details: "a\nb", seconds: 1)))
    }

    @Test(arguments: [
        [], ["3", "0", "", "", ""], ["x", "0", "", "", "", ""], ["3", "soon", "", "", "", ""],
        ["3", "-1", "", "", "", ""], ["3", "nan", "", "", "", ""], ["3", "0", "no_reason", "", "", ""],
        ["3", "0", "", "", "", "", ""],
    ])
    func whatIsNoAnswer_IsNone(words: [String]) {
        #expect(PythonAnswer(Self.fields(words)) == nil)
    }
}
