/// Whether Prometheus can scrape a target as it stands.
///
/// What it cannot may still be meant: relabeling can make another address of it, as is done for blackbox_exporter.
struct TargetAddress {
    /// What is wrong, what Prometheus does, and what to write instead.
    typealias Doubt = (reason: String, consequence: String, advice: String)

    private let text: String
    private let shown: String

    /// - Parameter text: not empty.
    init(_ text: String) {
        self.text = text
        shown = EscapedText.short(text.utf8)
    }

    private static let example = "write host:port, such as \"node1:9100\""

    private var notScraped: String { "Prometheus cannot scrape it, unless relabel_configs set another __address__" }

    /// The first one; `nil` of `host:port`.
    var doubt: Doubt? {
        if let scheme = text.firstRange(of: "://") {
            return url(text[..<scheme.lowerBound], text[scheme.upperBound...])
        }
        if text.utf8.contains(UInt8(ascii: "/")) { return path }
        if let character = text.unicodeScalars.first(where: Self.isForeign) {
            let name = EscapedText.visible(String(character))
            return ("the target '\(shown)' has '\(name)', which is in no host", notScraped, Self.example)
        }
        return text.hasPrefix("[") ? bracketed : plain
    }

    private static func isForeign(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII else { return scalar.properties.isWhitespace }
        return scalar.value <= 0x20 || scalar.value == 0x7F
            || "\"#$%&'()*+,;<=>?@\\^`{|}~!".unicodeScalars.contains(scalar)
    }

    private func refusal(_ advice: String, _ reason: String) -> Doubt {
        let says = "Prometheus says \"\\\"\(shown)\\\" is not a valid hostname\" and does not scrape it"
        return (reason, "\(says), unless relabel_configs set another __address__", advice)
    }

    private func url(_ scheme: Substring, _ rest: Substring) -> Doubt {
        let host = rest.prefix { !"/?#".contains($0) }
        let path = rest.dropFirst(host.count)
        var labels = ["\"__scheme__\": \"\(EscapedText.short(scheme.utf8))\""]
        if path.count > 1 { labels.append("\"__metrics_path__\": \"\(EscapedText.short(path.utf8))\"") }
        let advice = "write \"\(EscapedText.short(host.utf8))\" and the labels {\(labels.joined(separator: ", "))}"
        return refusal(advice, "the target '\(shown)' is a URL, where host:port is expected")
    }

    private var path: Doubt {
        let host = text.prefix { $0 != "/" }
        let advice = "write \"\(EscapedText.short(host.utf8))\", and the path as the label __metrics_path__"
        return refusal(advice, "the target '\(shown)' has a path, where host:port is expected")
    }

    private var plain: Doubt? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count > 2 {
            return (
                "the target '\(shown)' has more than one colon", notScraped,
                "an IPv6 address stands in brackets: \"[::1]:9100\""
            )
        }
        if parts[0].isEmpty {
            return ("the target '\(shown)' has no host", "Prometheus scrapes its own machine", Self.example)
        }
        return parts.count == 2 ? port(parts[1]) : withoutPort
    }

    private var bracketed: Doubt? {
        guard let end = text.firstIndex(of: "]") else {
            return ("the target '\(shown)' has a bracket without its end", notScraped, "such as \"[::1]:9100\"")
        }
        let inner = text[..<end].dropFirst()
        let rest = text[text.index(after: end)...]
        guard inner.contains(":"), inner.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
            return ("the target '\(shown)' has no IPv6 address in its brackets", notScraped, "such as \"[::1]:9100\"")
        }
        if rest.isEmpty { return withoutPort }
        guard rest.first == ":" else {
            return (
                "the target '\(shown)' has more than a port behind its bracket", notScraped, "such as \"[::1]:9100\""
            )
        }
        return port(rest.dropFirst())
    }

    private var withoutPort: Doubt {
        let advice = "write the port too, such as \"\(shown):9100\""
        return (
            "the target '\(shown)' has no port", "Prometheus takes port 80, or 443 where __scheme__ is https", advice
        )
    }

    private func port(_ digits: Substring) -> Doubt? {
        if digits.isEmpty { return withoutPort }
        let isNumber = digits.utf8.allSatisfy { $0 &- 48 < 10 }
        if isNumber, let port = Int(digits), (1...65_535).contains(port) { return nil }
        return ("the port of the target '\(shown)' is not 1 to 65535", notScraped, Self.example)
    }
}
