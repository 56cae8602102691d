import Testing

@testable import ExporterProxy

@Test(arguments: [
    ("30s", 30_000), ("1h30m", 5_400_000), ("250ms", 250), ("5", 5000), ("0.5", 500), ("1.5h", 5_400_000),
    ("2d", 172_800_000), ("1w", 604_800_000), ("0", 0), ("0s", 0), ("3650d", 315_360_000_000), ("1e1", 10_000),
])
func durationText_IsReadWithItsUnits(text: String, milliseconds: Int64) {
    #expect(DurationText.parse(text) == .milliseconds(milliseconds))
}

@Test(arguments: [
    "", "s", "5x", "-5", "-5s", "nan", "inf", "5 s", " 5", "3651d", "1h30", "1h-5m", "s5", "5S", "1..5s", "off",
])
func durationText_IsRefused_WhenItIsNoDuration(text: String) {
    #expect(DurationText.parse(text) == nil)
}

@Test(arguments: [
    (0, "0s"), (1, "1ms"), (250, "250ms"), (1000, "1s"), (90_000, "90s"), (60_000, "1m"), (300_000, "5m"),
    (3_600_000, "1h"), (5_400_000, "90m"), (86_400_000, "24h"), (1001, "1001ms"),
])
func durationText_IsWrittenWithTheLargestUnitThatIsExact(milliseconds: Int64, text: String) {
    #expect(DurationText.format(.milliseconds(milliseconds)) == text)
}

@Test func durationText_ReadsWhatItWrote() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<500 {
        let duration = Duration.milliseconds(Int64.random(in: 0...315_360_000_000, using: &random))
        #expect(DurationText.parse(DurationText.format(duration)) == duration)
    }
}

@Test(
    arguments: [
        (Duration.nanoseconds(1_999_999), 1 as Int64), (.seconds(3), 3000), (.zero, 0),
        (.seconds(Int64.max), Int64.max),
        (.seconds(Int64.min), Int64.min), (.milliseconds(-250), -250),
    ] as [(Duration, Int64)])
func milliseconds_AreWholeAndEndAtTheirRange(duration: Duration, milliseconds: Int64) {
    #expect(duration.milliseconds == milliseconds)
}

@Test func seconds_AreTheDurationAsANumber() {
    #expect(Duration.milliseconds(1500).seconds == 1.5)
}
