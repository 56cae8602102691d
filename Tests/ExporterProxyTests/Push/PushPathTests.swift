import Exposition
import Testing

@testable import ExporterProxy

private func path(_ rest: String, takesAnyLabel: Bool = false) -> String {
    switch PushPath(rest, takesAnyLabel: takesAnyLabel, limits: ExpositionLimits()) {
    case .key(let key): key.source
    case .unknown: "unknown"
    case .moved(let path): "moved \(path)"
    case .invalid(let reason): reason
    }
}

@Test(arguments: [
    ("job/j", #"push: {job="j"}"#), ("job/j/instance/i", #"push: {instance="i",job="j"}"#),
    ("job/j/b/2/a/1", #"push: {a="1",b="2",job="j"}"#), ("job/j/a/1/a/2", #"push: {a="2",job="j"}"#),
    ("job/j/job/k", #"push: {job="j"}"#), ("job/j/", #"push: {job="j"}"#), ("job/j/a/", #"push: {a="",job="j"}"#),
    ("job@base64/dGVzdC9qb2I=", #"push: {job="test/job"}"#), ("job@base64/dGVzdC9qb2I", #"push: {job="test/job"}"#),
    ("job/j/a@base64/=", #"push: {a="",job="j"}"#),
    ("job/j/a@base64/bGFiZWwvdmFsdWUy==", #"push: {a="label/value2",job="j"}"#),
    ("job/a%2Fb", #"push: {job="a/b"}"#), ("job/j/n/%CE%A0", #"push: {job="j",n="Π"}"#),
    ("job/j/a/x%0Ay%22z%5C", #"push: {a="x\ny\"z\\",job="j"}"#),
    ("job//x/1", "moved /metrics/job/x/1"), ("job/j//var/tmp", "moved /metrics/job/j/var/tmp"),
    ("instance/i/job/j", "unknown"), ("", "unknown"), ("jobs/j", "unknown"),
    ("job", "the path has a label without a value: 'job'"), ("job/j/a", "the path has a label without a value: 'a'"),
    ("job/", "the job in the path is empty"), ("job@base64/=", "the job in the path is empty"),
    ("job/j/a=b/1", "'a=b' in the path is no label name"), ("job/j/__x/1", "'__x' in the path is no label name"),
    ("job/j/le/1", "'le' in the path is no label name"),
    ("job/j/clearmode/sum", "'clearmode' in the path is no label name"),
    ("job/j/a@base64/foo.bar", "the value of 'a' in the path is not UTF-8 in base64"),
    ("job/j/a@base64/_w", "the value of 'a' in the path is not UTF-8 in base64"),
    ("job/%FF", "the path is not percent-encoded UTF-8"), ("job/%4", "the path is not percent-encoded UTF-8"),
])
func pathsOfPushes_AreRead(rest: String, expected: String) { #expect(path(rest) == expected) }

@Test func inGravelsWay_AnyLabelMayComeFirst() {
    #expect(path("instance/i/job/j", takesAnyLabel: true) == #"push: {instance="i",job="j"}"#)
    #expect(path("region/eu", takesAnyLabel: true) == #"push: {region="eu"}"#)
}

@Test func pathsWithManyOrLongLabels_AreRefused() {
    let many = (0..<33).map { "l\($0)/x" }.joined(separator: "/")
    #expect(path("job/j/" + many) == "the path has 34 labels, at most 32 are allowed")
    #expect(path("job/" + String(repeating: "x", count: 4097)) == "the label 'job' in the path is too long")
}

@Test(
    arguments: [
        ("", []), ("=", []), ("YQ", [0x61]), ("YQ==", [0x61]), ("YWI=", [0x61, 0x62]), ("YWJj", [0x61, 0x62, 0x63]),
        ("-_-_", [0xFB, 0xFF, 0xBF]), ("+/+/", [0xFB, 0xFF, 0xBF]), ("Y", nil), ("YQ=x", nil), ("Y.==", nil),
        ("Y Q", nil),
    ] as [(String, [UInt8]?)])
func base64_IsReadInBothAlphabets(text: String, bytes: [UInt8]?) { #expect(Base64.decode(text) == bytes) }

@Test(
    arguments: [
        ("aggregate", .mode(.sum)), ("sum", .mode(.sum)), ("replace", .mode(.replace)), ("family", .family),
        ("info", .family), ("mean", .mode(ClearMode(.mean))), ("min", .mode(ClearMode(.min))),
        ("max", .mode(ClearMode(.max))), ("last", .mode(ClearMode(.last))),
        ("median", .mode(ClearMode(.quantile(0.5)))),
        ("p99", .mode(ClearMode(.quantile(0.99)))), ("p05", .mode(ClearMode(.quantile(0.05)))),
        ("sum5m", .mode(ClearMode(.sum, window: .seconds(300)))),
        ("mean2s", .mode(ClearMode(.mean, window: .seconds(2)))),
        ("p955m", .mode(ClearMode(.quantile(0.95), window: .seconds(300)))),
        ("median1h", .mode(ClearMode(.quantile(0.5), window: .seconds(3600)))),
        ("", nil), ("Sum", nil), ("replace5m", nil), ("mean0s", nil), ("mean5", nil), ("mean1.5m", nil),
        ("mean5x", nil),
        ("mean5x3m", nil), ("mean-5m", nil), ("p9", nil), ("p999", nil), ("pxx", nil),
        ("sum99999999999999999999s", nil),
        ("mean5ms", nil), ("aggregate5m", nil),
    ] as [(String, ClearWord?)])
func wordsOfTheClearMode_AreKnown(text: String, word: ClearWord?) { #expect(ClearWord(text) == word) }
