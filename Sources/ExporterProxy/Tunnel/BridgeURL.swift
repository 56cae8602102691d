/// Where a bridge is that is called over TLS: `https://bridge.example`, `https://bridge.example:6555`. With `http` it
/// is called as it is, for a network that is trusted, or through something at hand that does TLS: who the bridge is,
/// and what is said, is protected by its key either way.
package struct BridgeURL: Equatable, Sendable, CustomStringConvertible {
    static let expected = "a URL such as \"https://bridge.example:6555\", without a path"

    package let isSecure: Bool
    package let address: HostPort

    /// `nil` where `text` is no such URL: it has a scheme, a host and perhaps a port, and nothing else.
    package init?(_ text: String) {
        let (rest, isSecure, port): (Substring, Bool, Int)
        if text.hasPrefix("https://") {
            (rest, isSecure, port) = (text.dropFirst("https://".count), true, 443)
        } else if text.hasPrefix("http://") {
            (rest, isSecure, port) = (text.dropFirst("http://".count), false, 80)
        } else {
            return nil
        }
        let place = rest.hasSuffix("/") ? rest.dropLast() : rest
        guard !place.isEmpty, place.first != ":" else { return nil }
        let hasPort = place.hasSuffix("]") ? false : place.contains(":")
        guard let address = HostPort(hasPort ? String(place) : "\(place):\(port)"), address.port > 0 else { return nil }
        (self.isSecure, self.address) = (isSecure, address)
    }

    /// As a request names it.
    var host: String {
        let (name, text) = (address.host.contains(":") ? "[\(address.host)]" : address.host, "\(address)")
        return address.port == (isSecure ? 443 : 80) ? name : text
    }

    package var description: String { "\(isSecure ? "https" : "http")://\(address)" }
}
