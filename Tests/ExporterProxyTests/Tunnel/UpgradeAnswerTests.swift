import Testing

@testable import ExporterProxy

private let switched =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: exporter-proxy-tunnel\r\n\r\n"

private func plain(_ status: String, _ body: String, type: String = "text/plain; charset=utf-8") -> String {
    "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// What it makes of an answer that comes in pieces, and then ends.
private func outcome(_ text: String, pieceBytes: Int) -> UpgradeAnswer.Outcome {
    var answer = UpgradeAnswer(to: StreamDoor.name)
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
        let end = min(bytes.count, start + pieceBytes)
        switch answer.received(bytes[start..<end]) {
        case .more: continue
        case .upgraded(let rest): return .upgraded(rest: Array(rest + bytes[end...])[...])
        case .refused(let sentence): return .refused(sentence)
        }
    }
    return .refused(answer.ended())
}

@Test(arguments: [1, 5, 100_000])
func anAnswerWith101_LeavesWhatIsBehindIt(pieceBytes: Int) {
    let cases = [
        switched,
        "HTTP/1.1 101 \r\nUPGRADE: x, Exporter-Proxy-Tunnel\r\nconnection: keep-alive,upgrade\r\nDate: now\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + switched,
    ]
    for text in cases {
        #expect(
            outcome(text + "\r\n\r\nrest", pieceBytes: pieceBytes) == .upgraded(rest: Array("\r\n\r\nrest".utf8)[...]))
    }
}

@Test(arguments: [
    (plain("404 Not Found", "404 no bridge here\n"), "answered 404: no bridge here"),
    (plain("404 Not Found", "404 no bridge here\n\nmore"), "answered 404: no bridge here"),
    (plain("503 Service Unavailable", "503 too many connections\n"), "answered 503: too many connections"),
    (plain("502 Bad Gateway", "<html>", type: "text/html"), "answered 502: Bad Gateway"),
    (plain("404 Not Found", "<html>", type: "text/html"), "answered 404: no bridge there"),
    (plain("404 Not Found", ""), "answered 404: no bridge there"),
    (plain("404 Not Found", "\n"), "answered 404: no bridge there"),
    (plain("403 Forbidden", "go\u{1B}[2J away"), "answered 403: go\\u{1b}[2J away"),
    (
        plain("403 Forbidden", String(repeating: "x", count: 5000)),
        "answered 403: " + String(repeating: "x", count: 200)
    ),
    ("HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 50\r\n\r\ncut", "answered 403: cut"),
    ("HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: -5\r\n\r\ncut", "answered 403: Forbidden"),
    ("HTTP/1.1 403 \r\n\r\n", "answered 403: no reason given"),
    (
        "HTTP/1.1 200 OK\r\n\r\n",
        "answered 200: there is no bridge behind it, or something in front of it lets no upgrade through"
    ),
    ("HTTP/1.1 426 Upgrade Required\r\n\r\n", "answered 426: something in front of it lets no upgrade through"),
    (
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "answered 101 for another protocol"
    ),
    ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: exporter-proxy-tunnel\r\n\r\n", "answered 101 for another protocol"),
    ("SSH-2.0-OpenSSH_9.6\r\n", "answered something that is not HTTP"),
    ("HTTP/2 101 x\r\n\r\n", "answered something that is not HTTP"),
    ("HTTP/1.1 1O1 x\r\n\r\n", "answered something that is not HTTP"),
    ("HTTP/1.1 999 x\r\n\r\n", "answered something that is not HTTP"),
    ("HTTP/1.1\r\n\r\n", "answered something that is not HTTP"), ("\r\n\r\n", "answered something that is not HTTP"),
    ("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 17_000), "answered something that is not HTTP"),
    ("", "ended the connection without an answer"),
    ("HTTP/1.1 101 Swit", "ended the connection within its answer"),
])
func anyOtherAnswer_IsSaidInASentence(text: String, sentence: String) {
    for pieceBytes in [1, 1000, 100_000] {
        #expect(outcome(text, pieceBytes: pieceBytes) == .refused(sentence))
    }
}

@Test(
    arguments: [
        ("https://bridge.example", "https://bridge.example:443", "bridge.example"),
        ("https://bridge.example/", "https://bridge.example:443", "bridge.example"),
        ("https://bridge.example:6555", "https://bridge.example:6555", "bridge.example:6555"),
        ("http://10.0.0.1", "http://10.0.0.1:80", "10.0.0.1"),
        ("http://10.0.0.1:443", "http://10.0.0.1:443", "10.0.0.1:443"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]:443", "[2001:db8::1]"),
        ("https://[2001:db8::1]:1", "https://[2001:db8::1]:1", "[2001:db8::1]:1"),
        ("https://", nil, nil), ("https://:443", nil, nil), ("https://bridge:0", nil, nil),
        ("https://bridge:70000", nil, nil), ("https://bridge:", nil, nil), ("https://bridge/path", nil, nil),
        ("https://user@bridge", nil, nil), ("https://bridge?x", nil, nil), ("https://::1", nil, nil),
        ("ftp://bridge", nil, nil), ("bridge", nil, nil), ("", nil, nil), ("https://a b", nil, nil),
    ] as [(String, String?, String?)])
func urlsOfBridges_HaveASchemeAHostAndAPort(text: String, shown: String?, host: String?) {
    let url = BridgeURL(text)
    #expect(url?.description == shown && url?.host == host)
}
