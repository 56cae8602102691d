import Testing

@testable import ExporterProxy

private func row(_ name: String, _ nanoseconds: Int64, _ source: String) -> AppsTable.Row {
    AppsTable.Row(name: name, lastUpdate: Timestamp(nanoseconds: nanoseconds).tableText, source: source)
}

private func draw(_ rows: [AppsTable.Row], at nanoseconds: Int64) -> String {
    AppsTable.draw(rows, at: Timestamp(nanoseconds: nanoseconds))
}

private let unixPath = "/var/run/exporter-proxy-receiver.sock"

@Test func appsTable_IsTheOriginals_WithoutApps() {
    #expect(
        draw([], at: 1_795_229_735_156_571_713) == """
            +-------------------------------------------------+
            | Current time: 2026-11-21 02:55:35.156571713 UTC |
            +-------------------------------------------------+
            | +----------+------------------------+--------+  |
            | | App Name | Last Update Time (UTC) | Source |  |
            | +----------+------------------------+--------+  |
            +-------------------------------------------------+

            """)
}

@Test func appsTable_IsTheOriginals_WithTwoApps() {
    let rows = [
        row("foo_bar_app1_metrics", 1_795_229_735_190_272_882, unixPath),
        row("foo_bar_app0_metrics", 1_795_229_735_205_628_919, "127.0.0.1:6554"),
    ]
    #expect(
        draw(rows, at: 1_795_229_735_534_317_063) == """
            +------------------------------------------------------------------------------------------------------+
            | Current time: 2026-11-21 02:55:35.534317063 UTC                                                      |
            +------------------------------------------------------------------------------------------------------+
            | +----------------------+-----------------------------------+---------------------------------------+ |
            | | App Name             | Last Update Time (UTC)            | Source                                | |
            | +----------------------+-----------------------------------+---------------------------------------+ |
            | | foo_bar_app1_metrics | 2026-11-21 02:55:35.190272882 UTC | /var/run/exporter-proxy-receiver.sock | |
            | +----------------------+-----------------------------------+---------------------------------------+ |
            | | foo_bar_app0_metrics | 2026-11-21 02:55:35.205628919 UTC | 127.0.0.1:6554                        | |
            | +----------------------+-----------------------------------+---------------------------------------+ |
            +------------------------------------------------------------------------------------------------------+

            """)
}

@Test func appsTable_IsTheOriginals_WithFourApps() {
    let rows = [
        row("foo_bar_app0", 1_795_229_871_935_438_573, unixPath),
        row("foo_bar_tcp_app0", 1_795_229_871_784_012_683, unixPath),
        row("foo_bar_app1", 1_795_229_871_935_456_775, unixPath),
        row("foo_bar_tcp_app1", 1_795_229_871_784_016_252, unixPath),
    ]
    #expect(
        draw(rows, at: 1_795_229_872_295_859_850) == """
            +--------------------------------------------------------------------------------------------------+
            | Current time: 2026-11-21 02:57:52.295859850 UTC                                                  |
            +--------------------------------------------------------------------------------------------------+
            | +------------------+-----------------------------------+---------------------------------------+ |
            | | App Name         | Last Update Time (UTC)            | Source                                | |
            | +------------------+-----------------------------------+---------------------------------------+ |
            | | foo_bar_app0     | 2026-11-21 02:57:51.935438573 UTC | /var/run/exporter-proxy-receiver.sock | |
            | +------------------+-----------------------------------+---------------------------------------+ |
            | | foo_bar_tcp_app0 | 2026-11-21 02:57:51.784012683 UTC | /var/run/exporter-proxy-receiver.sock | |
            | +------------------+-----------------------------------+---------------------------------------+ |
            | | foo_bar_app1     | 2026-11-21 02:57:51.935456775 UTC | /var/run/exporter-proxy-receiver.sock | |
            | +------------------+-----------------------------------+---------------------------------------+ |
            | | foo_bar_tcp_app1 | 2026-11-21 02:57:51.784016252 UTC | /var/run/exporter-proxy-receiver.sock | |
            | +------------------+-----------------------------------+---------------------------------------+ |
            +--------------------------------------------------------------------------------------------------+

            """)
}

@Test func appsTable_IsAsWideAsTheTimeNeeds_WhenTheFractionIsShort() {
    #expect(
        draw([row("a", 0, "b")], at: 1_000_000_000) == """
            +-------------------------------------------------+
            | Current time: 1970-01-01 00:00:01 UTC           |
            +-------------------------------------------------+
            | +----------+-------------------------+--------+ |
            | | App Name | Last Update Time (UTC)  | Source | |
            | +----------+-------------------------+--------+ |
            | | a        | 1970-01-01 00:00:00 UTC | b      | |
            | +----------+-------------------------+--------+ |
            +-------------------------------------------------+

            """)
}

@Test func appsTable_StaysInLine_WithWideCharactersAndMarks() {
    let drawn = draw([row("日本語", 0, "x"), row("e\u{301}", 0, "😀"), row("plain", 0, "y")], at: 0)
    let widths = Set(drawn.split(separator: "\n").map { DisplayWidth.of(String($0)) })
    #expect(widths.count == 1)
    #expect(drawn.contains("| 日本語   |"))
    #expect(drawn.contains("| e\u{301}        |"))
}

@Test func appsTable_ShowsControlCharactersEscaped() {
    let drawn = draw([row("a\nb\u{1b}[31m\tc\u{202e}", 0, "s\r")], at: 0)
    #expect(drawn.contains(#"| a\nb\u{1b}[31m\tc\u{202e} |"#))
    #expect(drawn.contains(#"| s\r    |"#))
    #expect(drawn.unicodeScalars.allSatisfy { $0 == "\n" || $0.properties.generalCategory != .control })
}
