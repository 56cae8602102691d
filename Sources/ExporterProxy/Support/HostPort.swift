/// A TCP or UDP address as configuration writes it: `127.0.0.1:6554`, `[::1]:6554`, `localhost:6554`, `:6555`.
package struct HostPort: Equatable, Hashable, Sendable, CustomStringConvertible {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `nil` where `text` is no address. An empty host means every address of this machine.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.count), digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let port = Int(digits), port <= 65_535
        else { return nil }
        guard let host = Self.host(text[..<colon]) else { return nil }
        self.init(host: host, port: port)
    }

    private static func host(_ text: Substring) -> String? {
        if text.isEmpty { return "0.0.0.0" }
        if text.hasPrefix("[") {
            guard text.hasSuffix("]"), text.count > 2 else { return nil }
            let inner = text.dropFirst().dropLast()
            return inner.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." || $0 == "%" } ? String(inner) : nil
        }
        let allowed = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
        return allowed ? String(text) : nil
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension ConfigurationSection {
    package func address(_ key: String, _ standard: HostPort) -> HostPort {
        value(
            key, standard, shown: "\"\(standard)\"",
            expected: "an address such as \"127.0.0.1:6554\", \"[::1]:6554\" or \"localhost:6554\""
        ) { value in value.asString.flatMap(HostPort.init) }
    }
}
