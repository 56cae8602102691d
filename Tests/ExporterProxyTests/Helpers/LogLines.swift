import Logging
import NIOConcurrencyHelpers

@testable import ExporterProxy

/// A logger, and every line that it wrote.
final class LogLines: Sendable {
    private let lines = NIOLockedValueBox<[String]>([])

    var all: [String] { lines.withLockedValue { $0 } }

    /// Lines with `text` in them.
    func count(_ text: String) -> Int { all.count { $0.contains(text) } }

    var logger: Logger {
        let section = ConfigurationSection("log", [:], ConfigurationProblems())
        let output = LogOutput(LogSettings(LogConfiguration(reading: section)), time: ManualTime().source) { line in
            self.lines.withLockedValue { $0.append(line) }
        }
        return Logger(label: "test") { _ in output }
    }
}
