import Testing

@testable import ExporterProxy

@Test(arguments: [
    ("fromat", "format"),
    ("recieve_on_tcp_socket", "receive_on_tcp_socket"),
    ("banana", nil),
])
func nearestName_IsTheKnownKeyThatWasMeant(word: String, expected: String?) {
    #expect(nearestName(to: word, in: ["format", "receive_on_tcp_socket", "reply"]) == expected)
}
