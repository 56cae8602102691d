import Testing

@testable import ExporterProxy

private let client = "Sentry sentry_version=7, sentry_client=exporter-proxy/\(Version.number)"

@Test(arguments: [
    ("https://key@sentry.example/42", "https://sentry.example/api/42/envelope/", "sentry_key=key"),
    ("http://k1@127.0.0.1:9000/1", "http://127.0.0.1:9000/api/1/envelope/", "sentry_key=k1"),
    ("https://k:s3cret@h/a/b/7", "https://h/a/b/api/7/envelope/", "sentry_key=k, sentry_secret=s3cret"),
    ("https://k@[::1]/7", "https://[::1]/api/7/envelope/", "sentry_key=k"),
    ("https://k@[::1]:1/x-y_z.1~", "https://[::1]:1/api/x-y_z.1~/envelope/", "sentry_key=k"),
])
func aDSN_SaysWhereAndByWhat(text: String, endpoint: String, keys: String) {
    #expect(SentryDSN(text)?.endpoint == endpoint && SentryDSN(text)?.authorization == "\(client), \(keys)")
}

@Test(arguments: [
    "", "key@h/1", "ftp://key@h/1", "https://h/1", "https://key@h", "https://key@h/", "https://key@/1", "https://@h/1",
    "https://:s@h/1", "https://k:@h/1", "https://k:s:t@h/1", "https://k@l@h/1", "https://k@h/1/", "https://k@h//1",
    "https://k@h/1?x=y", "https://k@h/1#x", "https://k@h/../1", "https://k@h/.", "https://k@h:0/1", "https://k@h:x/1",
    "https://k@:1/1", "https://k@h/1 ", " https://k@h/1", "https://k\r\nX: y@h/1", "https://k,l@h/1",
    "https://k@h/a b/1",
    "https://k@h/%41", "https://ké@h/1", "https://k@h\u{e9}/1", "HTTPS://k@h/1",
    "https://k@h/" + String(repeating: "1", count: 1024),
])
func aDSN_IsRefused_WhenItIsNone(text: String) {
    #expect(SentryDSN(text) == nil)
}

@Test func aDSN_OfTheConfiguration_IsNotShown_WhereItDoesNotFit() throws {
    let problems = ConfigurationProblems()
    let values = try TOMLFile("good = 'https://k@h/1'\nbad = 'https://hidden@h'\nother = 1").values
    let section = ConfigurationSection("discovery", values, problems)
    #expect(section.sentryDSN("good") == SentryDSN("https://k@h/1") && section.sentryDSN("absent") == nil)
    #expect(section.sentryDSN("bad") == nil && section.sentryDSN("other") == nil)
    let expected = "expected a DSN of Sentry, such as \"https://key@sentry.example/42\", or \"\", found"
    #expect(
        problems.all == [
            .init("discovery.bad", "expected \(SentryDSN.expected), found something else"),
            .init("discovery.other", "\(expected) 1"),
        ])
}
