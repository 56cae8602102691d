import Testing

@testable import ExporterProxy

@Test(arguments: [
    ("http://127.0.0.1:9100/metrics", "127.0.0.1:9100", "/metrics"), ("http://h", "h:80", ""),
    ("https://h", "h:443", ""),
    ("https://h:8443/a/b?c=d#e", "h:8443", "/a/b?c=d"), ("http://[::1]:9100/metrics", "[::1]:9100", "/metrics"),
    ("http://[::1]/metrics", "[::1]:80", "/metrics"), ("http://h?x=1", "h:80", "?x=1"),
    ("http://my-host.example/", "my-host.example:80", "/"),
])
func pollURL_HasItsHostAndPath(text: String, hostPort: String, path: String) throws {
    let url = try #require(PollURL(text))
    #expect(url.text == text && url.hostPort == hostPort && url.pathAndQuery == path)
}

@Test(arguments: [
    "", "not a url", "ftp://h/", "http:/h", "http://", "http:///x", "http://:80/", "http://h:0/", "http://h:99999/",
    "http://h:x/",
    "http://user:password@h/", "http://h /", "http://h/\u{1f600}", "http://h/a b", "//h/x", "h:80", "http://h:/",
    "http://" + String(repeating: "h", count: 5000),
])
func pollURL_IsRefused_WhenItIsNoURLOfAnExporter(text: String) {
    #expect(PollURL(text) == nil)
}
