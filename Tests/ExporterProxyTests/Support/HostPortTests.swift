import Testing

@testable import ExporterProxy

@Test(arguments: [
    ("127.0.0.1:6554", "127.0.0.1", 6554), ("[::1]:6554", "::1", 6554), ("localhost:80", "localhost", 80),
    (":6555", "0.0.0.0", 6555), ("my-host_1.example.:0", "my-host_1.example.", 0), ("[::]:65535", "::", 65_535),
    ("[::ffff:10.0.0.1]:1", "::ffff:10.0.0.1", 1), ("h:00080", "h", 80),
])
func hostPort_IsReadFromWhatPeopleWrite(text: String, host: String, port: Int) {
    #expect(HostPort(text) == HostPort(host: host, port: port))
}

@Test(arguments: [
    "", "localhost", "127.0.0.1", "::1:80", "[::1]", "[::1:80", "::1]:80", "[]:80", "h:", "h:65536", "h:-1", "h:+1",
    "h:1x", "h:000080", "a b:80", "http://h:80", "h:80/", "[g::1]:80", "h:１",
])
func hostPort_IsRefused_WhenItIsNoAddress(text: String) {
    #expect(HostPort(text) == nil)
}

@Test(arguments: ["127.0.0.1:6554", "[::1]:6554", "localhost:80"])
func hostPort_IsWrittenAsItIsRead(text: String) {
    #expect(HostPort(text)?.description == text)
}
