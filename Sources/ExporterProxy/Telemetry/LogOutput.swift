import Glibc
import Logging

/// Writes the log to standard error: one line for each record, without colour, nothing but printable text.
package struct LogOutput: LogHandler {
    package var metadata = Logger.Metadata()
    private let settings: LogSettings
    /// Of this logger alone, where somebody has set it.
    private var ownLevel: Logger.Level?
    private let time: TimeSource
    private let write: @Sendable (String) -> Void

    package init(
        _ settings: LogSettings, time: @escaping TimeSource = Moment.now,
        write: @escaping @Sendable (String) -> Void = Self.writeToStandardError
    ) {
        self.settings = settings
        self.time = time
        self.write = write
    }

    package var logLevel: Logger.Level {
        get { ownLevel ?? settings.configuration.level.level }
        set { ownLevel = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let pairs = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let fields =
            [("ts", time().wall.rfc3339), ("level", event.level.rawValue), ("msg", event.message.description)]
            + pairs.map { ($0.key, $0.value.description) }
        write(settings.configuration.format == .json ? Self.json(fields) : Self.logfmt(fields))
    }

    private static func json(_ fields: [(String, String)]) -> String {
        "{" + fields.map { "\(EscapedText.json($0)):\(EscapedText.json($1))" }.joined(separator: ",") + "}\n"
    }

    private static func logfmt(_ fields: [(String, String)]) -> String {
        fields.map { "\($0)=\(quoted($1))" }.joined(separator: " ") + "\n"
    }

    private static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.value > 0x20 && scalar.value != 0x7F && scalar != "\"" && scalar != "=" && scalar != "\\"
            }
        return isPlain && EscapedText.visible(text) == text ? text : EscapedText.json(EscapedText.visible(text))
    }

    /// One write for one line, so that lines of several threads do not mix.
    package static func writeToStandardError(_ line: String) {
        var bytes = Array(line.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}
