/// What is wanted of a Python generator.
package enum GeneratorQuestion: String, Sendable {
    /// The list of its `generate_targets`.
    case list = "0"
    /// That of its `test_generate_targets`, where it has one.
    case rehearsal = "1"
    /// What its `generate_targets` returns, whatever it is.
    case anything = "2"
}

/// One run that is asked of the Python interpreter, as ``PythonScript`` reads it.
struct PythonRequest {
    var path: String
    var source: [UInt8]
    var parameters: [(name: String, value: String)]
    var question: GeneratorQuestion
    var limits: GeneratorLimits

    func frame(number: Int) -> [UInt8] {
        let words = [
            "\(number)", path, "", question.rawValue, "\(limits.timeout.milliseconds)",
            "\(limits.outputBytesMax)",
            "\(limits.memoryBytesMax)",
        ]
        var fields = (words + parameters.flatMap { [$0.name, $0.value] }).map { Array($0.utf8) }
        fields[2] = source
        return FieldFrames.frame(fields)
    }

    /// Ends the run of that number.
    static func stop(number: Int) -> [UInt8] { FieldFrames.frame([Array("\(number)".utf8)]) }
}

/// What the Python interpreter answers.
struct PythonAnswer: Equatable {
    var number: Int
    var result: GeneratorResult

    /// `nil` for what it never says.
    init?(_ fields: [[UInt8]]) {
        guard fields.count == 6, let number = Int(Self.text(fields[0])), let seconds = Double(Self.text(fields[1])),
            seconds >= 0
        else { return nil }
        self.number = number
        if fields[2].isEmpty {
            result = .success(GeneratorOutput(bytes: fields[5], seconds: seconds))
            return
        }
        guard let reason = GeneratorFailure.Reason(rawValue: Self.text(fields[2])) else { return nil }
        result = .failure(
            GeneratorFailure(
                reason, EscapedText.visible(Self.text(fields[3])), details: Self.text(fields[4]), seconds: seconds))
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
