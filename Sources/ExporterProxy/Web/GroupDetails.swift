/// The families of groups with their samples, as parts of the page to be folded out, until there is no more room.
struct GroupDetails {
    private let samplesMax: Int
    private let now: Moment
    private var room: Int

    init(_ limits: GroupsList.Limits, now: Moment) {
        samplesMax = limits.samplesOfGroup
        room = limits.detailBytes
        self.now = now
    }

    mutating func html(_ group: PushedGroupSummary) -> String {
        if group.families.isEmpty { return "" }
        guard room > 0 else {
            let alone = GroupSearch(text: EscapedText.visible(group.key.text))
            return "<p><small><a href=\"\(alone.href)\">show what is in it</a></small></p>"
        }
        let families = PageText.count(group.families.count, "family", "families")
        return "<details><summary>\(families)</summary>\(content(group))</details>"
    }

    private mutating func content(_ group: PushedGroupSummary) -> String {
        var html = ""
        var shown = 0
        for (number, family) in group.families.enumerated() {
            if room <= 0 {
                html += "<p>and \(PageText.count(group.families.count - number, "more family", "more families"))</p>"
                break
            }
            let samples = samples(family, first: samplesMax - shown)
            shown += samples.count
            let part = head(family) + (samples.isEmpty ? "" : "<ul class=\"samples\">\(samples.joined())</ul>")
            room -= part.utf8.count
            html += part
        }
        let hidden = group.series - shown
        guard shown >= samplesMax || room <= 0, hidden > 0 else { return html }
        return html + "<p>and \(PageText.count(hidden, "more sample", "more samples"))</p>"
    }

    private func head(_ family: PushedGroupSummary.Family) -> String {
        let help = family.help.map { " · \(PageText.isolated($0))" } ?? ""
        return "<h3><span class=\"family\">\(PageText.isolated(family.name))</span>"
            + " <small>\(family.type.rawValue)\(help) · pushed \(AgeText.html(family.lastPush, at: now))</small></h3>"
    }

    /// As many as there is room for.
    private func samples(_ family: PushedGroupSummary.Family, first count: Int) -> [String] {
        var room = room
        var items: [String] = []
        for sample in family.samples(first: count) where room > 0 {
            let labels = sample.labels.map { "\(PageText.isolated($0.name))=\"\(PageText.isolated($0.value))\"" }
            let braces = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
            let item = "<li>\(PageText.isolated(sample.name))\(braces) \(EscapedText.html(sample.value))</li>"
            room -= item.utf8.count
            items.append(item)
        }
        return items
    }
}
