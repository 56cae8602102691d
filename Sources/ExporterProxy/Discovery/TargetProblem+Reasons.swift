/// All that can be wrong with a list. The sentences of Prometheus are those of 2.42.
extension TargetProblem {
    private static let example = #"[{"targets": ["node1:9100"], "labels": {"job": "node"}}]"#
    private static let dropsAll = "Prometheus would take it as no targets, and drop those that it has"

    private static func refuses(_ says: String) -> String { "Prometheus refuses the whole answer: \(says)" }

    private static func refuses(_ value: TargetValue, into place: String) -> String {
        if value.kind == .special { return "readers of YAML make something else than text of it" }
        return refuses("json: cannot unmarshal \(value.goName) into Go \(place)")
    }

    // MARK: The document

    static func unreadable(_ error: DocumentError, _ format: TargetList.Format, isEmpty: Bool) -> TargetProblem {
        if isEmpty { return nothing("there is nothing in it") }
        let name = format == .json ? "JSON" : "YAML"
        return TargetProblem(
            line: error.line, reason: "it cannot be read as \(name): \(error.reason)",
            consequence: "Prometheus gets no list at all, and keeps the targets that it has", advice: "")
    }

    static func nothing(_ what: String) -> TargetProblem {
        TargetProblem(reason: what, consequence: dropsAll, advice: "write [] where there are no targets")
    }

    static func noList(_ value: TargetValue) -> TargetProblem {
        TargetProblem(
            reason: "a list of groups is expected, found \(value.shown)",
            consequence: refuses(value, into: "value of type []*targetgroup.Group"), advice: "write \(example)")
    }

    // MARK: Groups

    static func noGroup(_ value: TargetValue) -> TargetProblem {
        var advice = "write \(example)"
        if case .text = value.kind { advice = #"write {"targets": ["\#(value.short)"]}"# }
        return TargetProblem(
            reason: "a group is expected, found \(value.shown)",
            consequence: value.kind == .nothing
                ? refuses("nil target group item found")
                : refuses(value, into: "value of type struct { Targets []string; Labels model.LabelSet }"),
            advice: advice)
    }

    static func unknownKey(_ key: String) -> TargetProblem {
        let shown = EscapedText.short(key.utf8)
        let meant = nearestName(to: String(key.prefix(80)), in: ["targets", "labels"]).map { "write '\($0)'" }
        return TargetProblem(
            reason: "unknown key '\(shown)': a group has targets and labels",
            consequence: refuses("json: unknown field \"\(shown)\""),
            advice: meant ?? "put it below labels, or leave it out")
    }

    /// The key is in JSON, where the last one counts.
    static func twice(_ key: String) -> TargetProblem {
        TargetProblem(
            .doubtful, reason: "the key '\(EscapedText.short(key.utf8))' comes twice",
            consequence: "Prometheus takes the last one", advice: "leave out one of them")
    }

    // MARK: Targets

    private static let emptyAdvice = "write [] where there are none"

    static let noTargets = TargetProblem(
        reason: "the group has no targets", consequence: "Prometheus would take it as a group without any",
        advice: #"add "targets": ["node1:9100"], or leave out the group"#)

    static let nullTargets = TargetProblem(
        reason: "the targets are null", consequence: "Prometheus would take it as a group without any",
        advice: emptyAdvice)

    static func targetsOfOtherType(_ value: TargetValue) -> TargetProblem {
        let text = if case .text = value.kind { value.short } else { "node1:9100" }
        return TargetProblem(
            reason: "targets must be a list, found \(value.shown)",
            consequence: refuses(value, into: "struct field .targets of type []string"),
            advice: #"write "targets": ["\#(text)"]"#)
    }

    static let emptyTarget = TargetProblem(
        reason: "a target is empty", consequence: "Prometheus says \"no address\" and does not scrape it",
        advice: "write host:port, or leave it out")

    static func targetOfOtherType(_ value: TargetValue) -> TargetProblem {
        var advice = "write host:port in quotes, such as \"node1:9100\""
        if value.kind == .number, value.short.utf8.allSatisfy({ $0 &- 48 < 10 }) {
            advice = "a port alone is no target: write \"node1:\(value.short)\", with the name of the host"
        }
        return TargetProblem(
            reason: "a target must be a string, found \(value.shown)",
            consequence: refuses(value, into: "struct field .targets of type string"), advice: advice)
    }

    static func target(_ doubt: TargetAddress.Doubt) -> TargetProblem {
        TargetProblem(
            .doubtful, reason: doubt.reason, consequence: doubt.consequence, advice: doubt.advice)
    }

    // MARK: Labels

    static func labelsOfOtherType(_ value: TargetValue) -> TargetProblem {
        TargetProblem(
            reason: "labels must be a mapping of names to strings, found \(value.shown)",
            consequence: refuses(
                value, into: "struct field .labels of type map[model.LabelName]model.LabelValue"),
            advice: #"write "labels": {"job": "node"}"#)
    }

    static func labelName(_ name: String) -> TargetProblem {
        let shown = EscapedText.short(name.utf8)
        return TargetProblem(
            reason: "'\(shown)' is no label name ([a-zA-Z_][a-zA-Z0-9_]*)",
            consequence: refuses("\"\(shown)\" is not a valid label name"),
            advice: "write '\(EscapedText.short(mended(name).utf8))'")
    }

    private static func mended(_ name: String) -> String {
        let letters = name.unicodeScalars.map { scalar in
            let isLetter = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isLetter ? Character(scalar) : "_"
        }
        let text = String(letters)
        return text.first?.isNumber ?? true ? "_" + text : text
    }

    static func labelNameOfOtherType(_ name: String) -> TargetProblem {
        TargetProblem(
            reason: "the label name \(name) is no text in YAML",
            consequence: "readers of YAML make true, false or another name of it",
            advice: "put it in quotes: \"\(name)\"")
    }

    static func labelOfOtherType(_ name: String, _ value: TargetValue) -> TargetProblem {
        let isScalar = value.written != nil
        return TargetProblem(
            reason: "the value of label '\(EscapedText.short(name.utf8))' must be a string, found \(value.shown)",
            consequence: refuses(value, into: "struct field .labels of type model.LabelValue"),
            advice: isScalar ? "put it in quotes: \"\(value.short)\"" : "write one text; a label has one value")
    }

    static func scheme(_ text: String) -> TargetProblem {
        TargetProblem(
            .doubtful, reason: "__scheme__ is '\(EscapedText.short(text.utf8))'",
            consequence: "Prometheus scrapes by http and https only", advice: "write http or https")
    }
}
