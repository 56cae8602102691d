/// The URL of an exporter: http or https, with a host.
package struct PollURL: Equatable, Sendable {
    package static let expected = "a URL such as \"http://127.0.0.1:9100/metrics\""

    package let text: String
    /// With the standard port where the URL has none.
    package let hostPort: String
    package let pathAndQuery: String

    package var isSecure: Bool { text.hasPrefix("https://") }

    /// Of a target that has not been given its own yet.
    static let placeholder = PollURL(text: "http://localhost/", hostPort: "localhost:80", pathAndQuery: "/")

    private init(text: String, hostPort: String, pathAndQuery: String) {
        self.text = text
        self.hostPort = hostPort
        self.pathAndQuery = pathAndQuery
    }

    package init?(_ text: String) {
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else { return nil }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), text.utf8.count <= 4096 else { return nil }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        guard !authority.contains("@") else { return nil }
        let hasPort = authority.last != "]" && authority.contains(":")
        let withPort = hasPort ? String(authority) : "\(authority):\(isSecure ? 443 : 80)"
        guard !authority.isEmpty, !authority.hasPrefix(":"), let address = HostPort(withPort), address.port > 0 else {
            return nil
        }
        self.text = text
        hostPort = address.description
        pathAndQuery = String(rest[end...].prefix { $0 != "#" })
    }
}
