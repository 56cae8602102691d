import Glibc

/// Which groups somebody wants to see, and in which order.
package struct GroupSearch: Equatable, Sendable {
    package enum Order: String, CaseIterable, Sendable {
        case name
        /// Those first that were pushed longest ago, and before them those that never were.
        case age
        /// The largest first.
        case size
    }

    /// Each of its first ``wordsMax`` words has to be in the labels or in the name of a family, in upper or lower case.
    package var text: String
    package var order: Order
    package var isReversed: Bool

    package init(text: String = "", order: Order = .name, isReversed: Bool = false) {
        self.text = text
        self.order = order
        self.isReversed = isReversed
    }

    /// What a search looks at.
    struct Brief {
        var key: GroupingKey
        /// On the monotonic clock.
        var pushedAt: Int64?
        var bytes: Int
        /// Only where somebody asks for text.
        var families: [String]
    }

    /// Each word is looked for in each group.
    static let wordsMax = 16

    /// Those that differ.
    private var words: [String] {
        var words: [String] = []
        for word in EscapedText.visible(text).lowercased().split(separator: " ").lazy.map(String.init)
        where !words.contains(word) {
            words.append(word)
            if words.count == Self.wordsMax { break }
        }
        return words
    }

    var isForText: Bool { !words.isEmpty }

    func find(in briefs: [Brief]) -> [GroupingKey] {
        let words = words
        let found = briefs.filter { words.isEmpty || Self.has($0, words) }.map { (brief: $0, name: $0.key.text) }
        let sorted = found.sorted { a, b in
            let (a, b) = isReversed ? (b, a) : (a, b)
            switch order {
            case .age where a.brief.pushedAt != b.brief.pushedAt:
                return a.brief.pushedAt ?? .min < b.brief.pushedAt ?? .min
            case .size where a.brief.bytes != b.brief.bytes: return a.brief.bytes > b.brief.bytes
            default: return a.name < b.name
            }
        }
        return sorted.map(\.brief.key)
    }

    /// No text that is visible has a NUL in it.
    private static func has(_ brief: Brief, _ words: [String]) -> Bool {
        let texts = ([EscapedText.visible(brief.key.text)] + brief.families).joined(separator: "\n").lowercased()
        return texts.withCString { texts in words.allSatisfy { strstr(texts, $0) != nil } }
    }
}

extension PushedGroups {
    func briefs(withFamilies: Bool) -> [GroupSearch.Brief] {
        slots.compactMap { group in
            group.map { group in
                GroupSearch.Brief(
                    key: group.key, pushedAt: group.lastPush?.monotonic, bytes: group.text.body.readableBytes,
                    families: withFamilies ? group.families.map(\.name) : [])
            }
        }
    }
}
