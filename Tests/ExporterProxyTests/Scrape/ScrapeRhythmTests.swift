import Testing

@testable import ExporterProxy

private func moment(milliseconds: Int64) -> Moment {
    Moment(wall: Timestamp(nanoseconds: milliseconds * 1_000_000), monotonic: 0)
}

@Test func scrapeRhythm_HasTheSamePlaceInEachInterval() {
    let rhythm = ScrapeRhythm(of: "db1", interval: .seconds(15))
    let places = stride(from: 0, to: 120_000, by: 777).map { now in
        (Int64(now) + rhythm.delay(after: moment(milliseconds: Int64(now))).milliseconds) % 15_000
    }
    #expect(Set(places).count == 1)
}

@Test func scrapeRhythm_WaitsMoreThanNothingAndAtMostTheInterval() {
    for interval in [1, 2, 1000, 5000] as [Int64] {
        let rhythm = ScrapeRhythm(of: "a", interval: .milliseconds(interval))
        for now in [-10_001, -1, 0, 1, 999, 1_795_229_735_156] as [Int64] {
            let delay = rhythm.delay(after: moment(milliseconds: now))
            #expect(delay > .zero && delay <= .milliseconds(interval))
        }
    }
}

@Test func scrapeRhythm_IsAWholeInterval_RightAtItsPlace() {
    let rhythm = ScrapeRhythm(of: "db1", interval: .seconds(15))
    let place = rhythm.delay(after: moment(milliseconds: 0)).milliseconds
    #expect(rhythm.delay(after: moment(milliseconds: place)) == .seconds(15))
}

@Test func scrapeRhythm_SpreadsTargetsOverTheInterval() {
    let start = moment(milliseconds: 0)
    let delays = (0..<100).map { ScrapeRhythm(of: "target \($0)", interval: .seconds(10)).delay(after: start).seconds }
    for second in 0..<10 { #expect(delays.contains { $0 > Double(second) && $0 <= Double(second + 1) }) }
}

@Test func scrapeRhythm_IsTheSameAfterARestart() {
    #expect(ScrapeRhythm(of: "db1", interval: .seconds(15)) == ScrapeRhythm(of: "db1", interval: .seconds(15)))
}
