/// Reads what a bridge, or a proxy in front of it, answers to the request for a stream.
///
/// Decides; reads nothing itself. What is kept of the answer is bounded.
struct UpgradeAnswer {
    enum Outcome: Equatable {
        case more
        /// With what has come behind the answer.
        case upgraded(rest: ArraySlice<UInt8>)
        /// What was answered instead, to stand behind the name of who did.
        case refused(String)
    }

    static let headBytesMax = 16 * 1024
    /// Of the body of a refusal: its first line is its reason.
    static let bodyBytesMax = 1024
    private static let reasonLettersMax = 200

    private let name: String
    private var bytes: [UInt8] = []
    /// How far no head ends.
    private var searched = 0

    /// `name` is the protocol that was asked for.
    init(to name: String) { self.name = name }

    mutating func received(_ more: some Sequence<UInt8>) -> Outcome {
        bytes += more
        return read(isWhole: false)
    }

    /// Nothing more comes.
    mutating func ended() -> String {
        if case .refused(let sentence) = read(isWhole: true) { return sentence }
        return bytes.isEmpty ? "ended the connection without an answer" : "ended the connection within its answer"
    }

    private mutating func read(isWhole: Bool) -> Outcome {
        while let end = headEnd() {
            guard let head = Head(bytes[..<end]) else { return Self.notHTTP }
            // What comes before the answer (RFC 9110, 15.2).
            guard 100..<200 ~= head.status, head.status != 101 else { return judge(head, bytes[end...], isWhole) }
            bytes.removeSubrange(..<end)
            searched = 0
        }
        return looksLikeHTTP ? .more : Self.notHTTP
    }

    private static let notHTTP = Outcome.refused("answered something that is not HTTP")

    /// Where the head ends, with the empty line behind it.
    private mutating func headEnd() -> Int? {
        var index = max(3, searched)
        while index < min(bytes.count, Self.headBytesMax) {
            if bytes[index - 3...index].elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]) { return index + 1 }
            index += 1
        }
        searched = index
        return nil
    }

    private var looksLikeHTTP: Bool {
        bytes.count < Self.headBytesMax && zip(bytes, "HTTP/1.".utf8).allSatisfy { $0 == $1 }
    }

    private func judge(_ head: Head, _ rest: ArraySlice<UInt8>, _ isWhole: Bool) -> Outcome {
        guard head.status == 101 else { return refusal(head, rest, isWhole) }
        guard head.lists("connection", "upgrade"), head.lists("upgrade", name) else {
            return .refused("answered 101 for another protocol")
        }
        return .upgraded(rest: rest)
    }

    /// What a proxy like ours says is one line of text.
    private func refusal(_ head: Head, _ rest: ArraySlice<UInt8>, _ isWhole: Bool) -> Outcome {
        let isText = head.value("content-type")?.hasPrefix("text/plain") == true
        let length = min(head.value("content-length").flatMap { Int($0) } ?? 0, Self.bodyBytesMax)
        guard isText, length > 0 else { return .refused("answered \(head.status): \(head.meaning)") }
        if rest.count < length, !isWhole { return .more }
        let line = rest.prefix(length).prefix { $0 != 0x0A && $0 != 0x0D }
        var text = EscapedText.visible(String(decoding: line, as: UTF8.self).trimmed)
        if text.hasPrefix("\(head.status) ") { text = String(text.dropFirst(4)) }
        return .refused(
            "answered \(head.status): \(text.isEmpty ? head.meaning : String(text.prefix(Self.reasonLettersMax)))")
    }
}

extension UpgradeAnswer {
    /// A status line and headers.
    private struct Head {
        let status: Int
        private let reason: String
        private let headers: [(name: String, value: String)]

        init?(_ bytes: ArraySlice<UInt8>) {
            let lines = bytes.split(separator: 0x0A).map { line in
                String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            }
            guard let words = lines.first?.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false),
                words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3,
                let status = Int(words[1]), 100..<600 ~= status
            else { return nil }
            self.status = status
            reason = words.count > 2 ? String(words[2]) : ""
            headers = lines.dropFirst().compactMap { line in
                let sides = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                return sides.count == 2 ? (sides[0].lowercased(), sides[1].trimmed) : nil
            }
        }

        func value(_ name: String) -> String? { headers.first { $0.name == name }?.value }

        func lists(_ name: String, _ word: String) -> Bool {
            headers.contains { header in
                header.name == name && header.value.split(separator: ",").contains { $0.trimmed.lowercased() == word }
            }
        }

        /// Where the answer does not say it.
        var meaning: String {
            switch status {
            case 200..<400: "there is no bridge behind it, or something in front of it lets no upgrade through"
            case 404: "no bridge there"
            case 426: "something in front of it lets no upgrade through"
            default: reason.isEmpty ? "no reason given" : EscapedText.visible(String(reason.prefix(100)))
            }
        }
    }
}
