import Testing

@testable import ExporterProxy

@Test(arguments: [
    "a", "foo_bar_app1_metrics", "日本 é 😀", "a/b", "...", "-", " ", String(repeating: "n", count: 255), "a.b",
    "\u{202e}",
])
func sourceName_MayBeAnythingThatCanBeShown(name: String) {
    #expect(SourceName.problem(name) == nil)
}

@Test(arguments: [
    ("", SourceNameError.empty, "name_empty"), (".", .reserved("."), "name_reserved"),
    ("..", .reserved(".."), "name_reserved"),
    ("a\n", .controlCharacter, "name_control_character"), ("\u{1b}[0m", .controlCharacter, "name_control_character"),
    ("\u{0}", .controlCharacter, "name_control_character"), ("\u{7f}", .controlCharacter, "name_control_character"),
    ("\u{9f}", .controlCharacter, "name_control_character"), ("a\r\nb", .controlCharacter, "name_control_character"),
    (String(repeating: "é", count: 128), .tooLong(bytes: 256), "name_too_long"),
])
func sourceName_IsRefused_WithItsReason(name: String, error: SourceNameError, reason: String) {
    #expect(SourceName.problem(name) == error)
    #expect(error.reason == reason)
    #expect(ReceiverError.reasons.contains(reason))
}

@Test func reservedNames_AreNamesAndPrefixes() {
    let reserved = ReservedNames(names: ["db1"], prefixes: ["external_poll: "])
    #expect(reserved.contains("db1") && reserved.contains("external_poll: ") && reserved.contains("external_poll: x:1"))
    #expect(!reserved.contains("db2") && !reserved.contains("external_poll:x") && !reserved.contains("DB1"))
    #expect(!ReservedNames().contains("a"))
}
