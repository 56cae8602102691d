import Glibc
import Testing

@testable import ExporterProxy

@Test(arguments: [
    (1_795_229_735_156_571_713, "2026-11-21 02:55:35.156571713 UTC"),
    (1_653_263_512_939_898_700, "2022-05-22 23:51:52.939898700 UTC"),
    (1_653_263_512_939_898_000, "2022-05-22 23:51:52.939898 UTC"),
    (1_653_263_512_939_000_000, "2022-05-22 23:51:52.939 UTC"),
    (1_653_263_512_000_000_000, "2022-05-22 23:51:52 UTC"),
    (1_653_263_512_000_000_001, "2022-05-22 23:51:52.000000001 UTC"),
    (0, "1970-01-01 00:00:00 UTC"),
    (-1, "1969-12-31 23:59:59.999999999 UTC"),
    (-1_000_000_000, "1969-12-31 23:59:59 UTC"),
    (951_782_400_000_000_000, "2000-02-29 00:00:00 UTC"),
    (4_107_542_400_000_000_000, "2100-03-01 00:00:00 UTC"),
])
func tableText_HasTheShortestExactFraction(nanoseconds: Int64, text: String) {
    #expect(Timestamp(nanoseconds: nanoseconds).tableText == text)
}

@Test(arguments: [
    (1_795_229_735_000_000_000, "Sat, 21 Nov 2026 02:55:35 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
    (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (784_111_777_000_000_000, "Sun, 06 Nov 1994 08:49:37 GMT"),
])
func httpDate_IsTheFixedFormOfTheStandard(nanoseconds: Int64, text: String) {
    #expect(Timestamp(nanoseconds: nanoseconds).httpDate == text)
}

@Test(arguments: [
    (1_795_229_735_156_571_713, "2026-11-21T02:55:35.156Z"), (0, "1970-01-01T00:00:00.000Z"),
    (-1, "1969-12-31T23:59:59.999Z"),
])
func rfc3339_HasMilliseconds(nanoseconds: Int64, text: String) {
    #expect(Timestamp(nanoseconds: nanoseconds).rfc3339 == text)
}

@Test func dates_AreThoseOfTheSystemLibrary() {
    var random = SeededGenerator(seed: 2)
    for _ in 0..<2000 {
        let seconds = Int64.random(in: -9_000_000_000...9_000_000_000, using: &random)
        var time = time_t(seconds)
        var fields = tm()
        gmtime_r(&time, &fields)
        var text = [CChar](repeating: 0, count: 64)
        let count = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S UTC", &fields)
        let expected = String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        #expect(Timestamp(nanoseconds: seconds * 1_000_000_000).tableText == expected)
    }
}

@Test(arguments: [Int64.min, .max])
func dates_DoNotTrap_AtTheEndsOfTheRange(nanoseconds: Int64) {
    let timestamp = Timestamp(nanoseconds: nanoseconds)
    #expect(timestamp.tableText.hasSuffix(" UTC") && timestamp.httpDate.hasSuffix(" GMT"))
}

@Test func timestamps_AreOrderedByTime() {
    #expect(Timestamp(nanoseconds: -1) < Timestamp(nanoseconds: 0))
    #expect(Timestamp(nanoseconds: 1_500_000_000).secondsSinceEpoch == 1.5)
}

@Test func moment_MovesOnBothClocks() {
    let later = Moment.example.advanced(by: .milliseconds(250))
    #expect(later.elapsed(since: .example) == .milliseconds(250))
    #expect(later.wall.nanoseconds - Moment.example.wall.nanoseconds == 250_000_000)
    #expect(Moment.example.elapsed(since: later) == .zero)
}
