import Testing

@testable import ExporterProxy

private func address(
    _ hosts: [String], advertise: String? = nil, listening: String = "0.0.0.0:6555", isSecure: Bool = false
) -> String? {
    HostPort(listening).map { listening in
        OwnTargetSettings(
            advertise: advertise.flatMap(HostPort.init), listening: listening, isSecure: isSecure, hostName: "machine"
        ).address(for: hosts).description
    }
}

@Test(arguments: [
    ("h:6555", "h:6555"), ("H-1_x.example.:1", "H-1_x.example.:1"), ("10.0.0.1:65535", "10.0.0.1:65535"),
    ("[::1]:6555", "[::1]:6555"), ("[2001:db8::A]", "[2001:db8::A]:80"), ("h", "h:80"), ("h:080", "h:80"),
    (String(repeating: "x", count: 253) + ":1", String(repeating: "x", count: 253) + ":1"),
])
func aHost_ThatCanBeAsked_IsOurAddress(host: String, expected: String) {
    #expect(address([host]) == expected)
}

@Test(arguments: [
    "", ":", ":80", "h:", "h:0", "h:65536", "h:1x", "h:-1", "h:1:2", "a b", "a/b", "h/", "h?x", "h#x", "u@h", "u:p@h:1",
    "h,i", "h\"", "h\\", "{h}", "<h>", "h\u{e9}", "h:１", "::1", "::1:80", "[::1", "::1]", "[]", "[]:80", "[g]", "[a]",
    "[a]:80", "[fe80::1%25lo]:80", "[::1]x", "[::1]x:80", "h%41", String(repeating: "x", count: 256), "h\0",
    String(repeating: "x", count: 254) + ":1",
])
func aHost_ThatCannotBeAsked_IsIgnored(host: String) {
    #expect(address([host]) == "machine:6555")
    #expect(address([host], listening: "127.0.0.1:1") == "127.0.0.1:1")
}

@Test func ourAddress_IsTheAdvertisedOne_ThenTheHost_ThenTheListener() {
    #expect(address(["h:1"], advertise: "proxy.example:443") == "proxy.example:443")
    #expect(address(["h:1"], advertise: ":443") == "machine:443")
    #expect(address(["h:1"]) == "h:1" && address(["h"], isSecure: true) == "h:443")
    #expect(address([]) == "machine:6555" && address(["h:1", "h:1"]) == "machine:6555")
    #expect(address([], listening: "[::]:1") == "machine:1" && address([], listening: "[::1]:1") == "[::1]:1")
}

@Test func thisMachine_HasAName() {
    #expect(!HostName.current().isEmpty && HostName.current().utf8.allSatisfy { $0 > 0x20 })
}
