import Testing

@testable import ExporterProxy

private func read(_ text: String) throws -> (configuration: Poller.Configuration, problems: [ConfigurationProblem]) {
    let problems = ConfigurationProblems()
    let section = ConfigurationSection("poll_external", try TOMLFile(text).values, problems)
    return (Poller.Configuration(reading: section), problems.all)
}

@Test func targets_AreNamedByHostAndPort_AndByPathWhereOneHostHasSeveral() throws {
    let (configuration, problems) = try read(
        """
        poll_other_scrape_endpoints = true
        other_scrape_endpoints = ["http://a:1/x", "http://a:1/y?z=1", "http://b/metrics", "https://b/metrics"]
        [[target]]
        url = "http://a:1/z"
        name = "named"
        """)
    #expect(problems.isEmpty)
    #expect(
        configuration.targets.map(\.name) == [
            "external_poll: a:1/x", "external_poll: a:1/y?z=1", "external_poll: b:80", "external_poll: b:443", "named",
        ])
}

@Test func polling_IsOnWhereThereIsATarget_UnlessItIsSwitchedOff() throws {
    let list = "other_scrape_endpoints = ['http://a:1/']\n"
    #expect(try read("").configuration.targets.isEmpty)
    #expect(try read(list).configuration.targets.isEmpty)
    #expect(try read(list + "poll_other_scrape_endpoints = true\n").configuration.targets.count == 1)
    #expect(try read(list + "[[target]]\nurl = 'http://b:1/'\n").configuration.targets.count == 2)
    #expect(
        try read("poll_other_scrape_endpoints = false\n[[target]]\nurl = 'http://b:1/'\n").configuration.targets.isEmpty
    )
}

@Test func aTarget_TakesWhatItDoesNotSayFromItsSection() throws {
    let (configuration, problems) = try read(
        """
        poll_interval = "30s"
        client_timeout = 1.5
        allow_invalid_certs = true
        follow_redirects = true
        body_bytes_max = 2048
        [[target]]
        url = "https://a/"
        [[target]]
        url = "https://b/"
        name = "b"
        interval = 60
        timeout = "250ms"
        allow_invalid_certs = false
        ca_file = "/ca.pem"
        labels = { site = "north" }
        headers = { X-Tenant = "a" }
        basic_auth = { username = "u", password = "p" }
        [[target]]
        url = "https://c/"
        bearer_token_file = "/token"
        [[target]]
        url = "https://d/"
        basic_auth = { username = "u", password_file = "/p" }
        """)
    #expect(problems.isEmpty && configuration.followsRedirects && configuration.bodyBytesMax == 2048)
    let targets = configuration.targets
    #expect(targets.map(\.interval) == [.seconds(30), .seconds(60), .seconds(30), .seconds(30)])
    #expect(
        targets.map(\.timeout) == [.milliseconds(1500), .milliseconds(250), .milliseconds(1500), .milliseconds(1500)])
    #expect(targets.map(\.allowsInvalidCertificates) == [true, false, true, true])
    #expect(
        targets.map(\.authorization) == [
            .none, .basic(username: "u", password: .text("p")), .bearer(.file("/token")),
            .basic(username: "u", password: .file("/p")),
        ])
    #expect(targets[1].labels == ["site": "north"] && targets[1].headers == ["X-Tenant": "a"])
    #expect(targets[1].caFile == "/ca.pem" && targets[0].caFile == nil)
}

@Test(arguments: [
    ("[[target]]\nname = 'x'\n", "poll_external.target[0].url", "expected \(PollURL.expected), found nothing"),
    ("[[target]]\nurl = 'ftp://x'\n", "poll_external.target[0].url", "expected \(PollURL.expected), found \"ftp://x\""),
    (
        "other_scrape_endpoints = ['http://a/', 'b']\n", "poll_external.other_scrape_endpoints[1]",
        "expected \(PollURL.expected), found \"b\""
    ),
    ("[[target]]\nurl = 'http://a/'\nname = ''\n", "poll_external.target[0].name", "the app name is empty"),
    (
        "[[target]]\nurl = 'http://a/'\nname = \"a\\nb\"\n", "poll_external.target[0].name",
        "the app name has a control character"
    ),
    (
        "[[target]]\nurl = 'http://a/'\n[[target]]\nurl = 'http://a/'\n", "poll_external.target",
        "2 targets are named 'external_poll: a:80/'"
    ),
    (
        "[[target]]\nurl = 'http://a/'\nname = 'x'\n[[target]]\nurl = 'http://b/'\nname = 'x'\n",
        "poll_external.target",
        "2 targets are named 'x'"
    ),
    (
        "[[target]]\nurl = 'http://a/'\nheaders = { 'X Y' = '1' }\n", "poll_external.target[0].headers.X Y",
        "expected a header name of letters, digits, '-' and '_'"
    ),
    (
        "[[target]]\nurl = 'http://a/'\nheaders = { X = \"a\\r\\nb\" }\n", "poll_external.target[0].headers.X",
        "a header value has no control characters"
    ),
    (
        "[[target]]\nurl = 'http://a/'\nheaders = { X = 1 }\n", "poll_external.target[0].headers",
        "expected a table of strings, found a table"
    ),
    (
        "[[target]]\nurl = 'http://a/'\nbasic_auth = { username = 'u' }\n", "poll_external.target[0].basic_auth",
        "expected username, and either password or password_file"
    ),
    (
        "[[target]]\nurl = 'http://a/'\nbasic_auth = { username = 'u', password = 'p', password_file = 'f' }\n",
        "poll_external.target[0].basic_auth", "expected username, and either password or password_file"
    ),
    (
        "[[target]]\nurl = 'http://a/'\nbearer_token_file = 't'\nbasic_auth = { username = 'u', password = 'p' }\n",
        "poll_external.target[0].bearer_token_file", "basic_auth is set as well: only one can be sent"
    ),
    (
        "[[target]]\nurl = 'http://a/'\nbasic_auth = { username = 'u', password = 'p', passwort = 'x' }\n",
        "poll_external.target[0].basic_auth.passwort", "unknown key, did you mean 'password'?"
    ),
    ("body_bytes_max = 5\n", "poll_external.body_bytes_max", "expected an integer from 1024 to 1073741824, found 5"),
])
func aProblemOfATarget_IsSaidWithItsKey(text: String, key: String, reason: String) throws {
    #expect(try read(text).problems == [ConfigurationProblem(key, reason)])
}
