import Foundation
import Logging
import NIOConcurrencyHelpers
import Testing

@testable import ExporterProxy

/// Every line that a logger wrote.
private final class Lines: Sendable {
    private let lines = NIOLockedValueBox<[String]>([])
    var all: [String] { lines.withLockedValue { $0 } }

    func logger(_ level: String = "info", _ format: String) -> Logger {
        let section = ConfigurationSection(
            "log", ["level": .string(level), "format": .string(format)], ConfigurationProblems())
        let output = LogOutput(LogSettings(LogConfiguration(reading: section)), time: ManualTime().source) { line in
            self.lines.withLockedValue { $0.append(line) }
        }
        return Logger(label: "test") { _ in output }
    }
}

@Test func logfmt_IsOneLineOfPairs_InOrderOfKey() {
    let lines = Lines()
    lines.logger("info", "logfmt").warning(
        "message refused", metadata: ["reason": "json_invalid", "app": "a b", "door": ""])
    #expect(
        lines.all == [
            "ts=2026-11-21T02:55:35.156Z level=warning msg=\"message refused\" app=\"a b\" door=\"\" reason=json_invalid\n"
        ])
}

@Test(arguments: [
    ("plain", "plain"), ("a=b", "\"a=b\""), ("a\"b", "\"a\\\"b\""), ("a\nb", "\"a\\\\nb\""),
    ("\u{1b}[31m", "\"\\\\u{1b}[31m\""),
    ("a\\b", "\"a\\\\b\""), ("é😀", "é😀"), ("\u{202e}x", "\"\\\\u{202e}x\""), ("a b", "\"a b\""),
])
func logfmt_QuotesAndEscapes_WhatIsNotPlain(value: String, shown: String) {
    let lines = Lines()
    lines.logger("info", "logfmt").info("m", metadata: ["k": "\(value)"])
    #expect(lines.all == ["ts=2026-11-21T02:55:35.156Z level=info msg=m k=\(shown)\n"])
}

@Test(arguments: 0..<20)
func jsonLog_IsOneLine_ThatAnotherReaderReads(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let text = random.text(40)
    let lines = Lines()
    lines.logger("info", "json").error("m \(text)", metadata: ["k \"": "\(text)"])
    let line = try #require(lines.all.first)
    #expect(line.filter { $0.isNewline }.count == 1 && line.hasSuffix("\n"))
    let read = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
    #expect(read?["msg"].map { Array($0.utf8) } == Array("m \(text)".utf8))
    #expect(read?["k \""].map { Array($0.utf8) } == Array(text.utf8))
    #expect(read?["level"] == "error" && read?["ts"] == "2026-11-21T02:55:35.156Z")
}

@Test(arguments: [
    ("trace", 7), ("debug", 6), ("info", 5), ("notice", 4), ("warning", 3), ("error", 2), ("critical", 1),
])
func log_HasTheLevelsFromTheConfiguredOneOn(level: String, count: Int) {
    let lines = Lines()
    let logger = lines.logger(level, "logfmt")
    for level in Logger.Level.allCases { logger.log(level: level, "m") }
    #expect(lines.all.count == count)
}

@Test func log_TakesItsOwnMetadataAndThatOfTheRecord() {
    let lines = Lines()
    var logger = lines.logger("info", "logfmt")
    logger[metadataKey: "a"] = "1"
    logger[metadataKey: "b"] = "1"
    #expect(logger[metadataKey: "a"] == "1")
    logger.info("m", metadata: ["b": "2"])
    #expect(lines.all == ["ts=2026-11-21T02:55:35.156Z level=info msg=m a=1 b=2\n"])
}

@Test func changedSettings_HoldForLoggersThatExist_ButForALevelOfTheirOwn() {
    func configuration(_ level: String, _ format: String) -> LogConfiguration {
        let values: [String: ConfigurationValue] = ["level": .string(level), "format": .string(format)]
        return LogConfiguration(reading: ConfigurationSection("log", values, ConfigurationProblems()))
    }
    let lines = NIOLockedValueBox<[String]>([])
    let settings = LogSettings(configuration("error", "logfmt"))
    let output = LogOutput(settings, time: ManualTime().source) { line in lines.withLockedValue { $0.append(line) } }
    let logger = Logger(label: "test") { _ in output }
    var quiet = logger
    quiet.logLevel = .critical
    logger.info("before")
    settings.configuration = configuration("info", "json")
    logger.info("after")
    quiet.error("never")
    #expect(logger.logLevel == .info && quiet.logLevel == .critical)
    #expect(lines.withLockedValue { $0 } == [#"{"ts":"2026-11-21T02:55:35.156Z","level":"info","msg":"after"}"# + "\n"])
}
