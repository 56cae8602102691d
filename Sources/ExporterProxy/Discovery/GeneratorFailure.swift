/// What a generator gave.
package struct GeneratorOutput: Equatable, Sendable {
    /// JSON, if the generator is to be believed.
    package var bytes: [UInt8]
    package var seconds: Double

    package init(bytes: [UInt8], seconds: Double) {
        self.bytes = bytes
        self.seconds = seconds
    }
}

/// Why a generator gave no list.
package struct GeneratorFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Reason: String, CaseIterable, Sendable {
        case exception, timeout, output, memory
        /// It ended, or was ended, before it gave a list.
        case exit
        case notList = "not_list"
        /// It could not be run, and is not to blame.
        case interpreter
        /// We did not want it any more.
        case stopped
    }

    package var reason: Reason
    /// One short sentence, fit to be shown.
    package var text: String
    /// A traceback, or the end of what it printed; several lines, bounded, and often none.
    package var details: String
    package var seconds: Double

    package init(_ reason: Reason, _ text: String, details: String = "", seconds: Double) {
        self.reason = reason
        self.text = text
        self.details = details
        self.seconds = seconds
    }

    static func tooSlow(_ limits: GeneratorLimits, details: String, seconds: Double) -> Self {
        let text = "it took longer than \(DurationText.format(limits.timeout))"
        return GeneratorFailure(.timeout, text, details: details, seconds: seconds)
    }

    static func tooLarge(_ limits: GeneratorLimits, seconds: Double) -> Self {
        GeneratorFailure(.output, "its list is larger than \(limits.outputBytesMax) bytes", seconds: seconds)
    }

    static func stopped(after seconds: Double) -> Self {
        GeneratorFailure(.stopped, "it was stopped", seconds: seconds)
    }

    package var description: String { text }
}

package typealias GeneratorResult = Result<GeneratorOutput, GeneratorFailure>
