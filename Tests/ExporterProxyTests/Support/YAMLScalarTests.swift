import Testing

@testable import ExporterProxy

/// As PyYAML 6 makes of them.
@Test(
    arguments: [
        (.nothing, ["", "~", "null", "Null", "NULL"]),
        (.boolean, ["yes", "Yes", "YES", "no", "true", "True", "FALSE", "on", "On", "off", "OFF"]),
        (
            .integer,
            [
                "0", "1", "-1", "+12", "1_000", "0x1F", "-0xaf_", "0b101", "007", "-0_7", "190:20:30", "1:5", "9:59",
                "12:30:45",
            ]
        ),
        (
            .number,
            [
                "1.5", "-1.5", "1.", "1_0.5", "1.5e+3", "1.e-3", ".5", ".5e+1", ".inf", "-.Inf", "+.INF", ".nan",
                ".NaN",
                "190:20:30.15", "0:30.5", "08.5",
            ]
        ),
        (
            .time,
            [
                "2024-01-01", "2024-1-1 10:00:00", "2024-01-01T10:00:00Z", "2024-01-01t1:00:00.5 +1",
                "2024-1-01 1:00:00",
                "2024-01-01 10:00:00 -05:30",
            ]
        ),
        (.mark, ["<<", "="]),
        (
            .text,
            [
                "a", "nO", "y", "n", "tRue", "nil", "none", "1e5", "1.5e3", "0o7", "08", "0:30", "1:60", "1:5x",
                "10.0.0.1",
                "10.0.0.1:9100", "localhost:9100", "1:75:3", "--1", "+", "-", ".", "..", "0x", "0b", "0b2", "0xg",
                "1-2",
                "-.5", "+.nan", "2024-1-1", "2024-01-01 10:00", "24-01-01", "2024-01-01T10:00:00 UTC", "1__a", "=a",
                "<",
                "1.5.6", "1:2:", "1:", "Inf", "NaN", "v1.2", "é",
            ]
        ),
    ] as [(YAMLScalar, [String])])
func plainText_IsWhatReadersOfYAMLMakeOfIt(scalar: YAMLScalar, texts: [String]) {
    for text in texts { #expect(YAMLScalar(plain: text) == scalar, "'\(text)'") }
}
