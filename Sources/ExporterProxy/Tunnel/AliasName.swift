/// What an alias may be: a part of a line in targets.json, and one segment of the path of a URL.
enum AliasName {
    static let bytesMax = 200
    static let expected = "a name of 1 to 200 bytes, without ':', '/' and characters that cannot be seen"
    static let labelExpected = "a text of at most 200 bytes, without characters that cannot be seen"

    /// Why `text` is no alias, as the second half of a sentence; `nil` where it is one.
    static func fault(of text: String) -> String? {
        switch text {
        case "": return "is empty"
        case ".", "..": return "is '\(text)', which no path keeps"
        case _ where text.utf8.count > bytesMax: return "has \(text.utf8.count) bytes, of which \(bytesMax) are allowed"
        case _ where text.utf8.contains(UInt8(ascii: ":")): return "has a ':'"
        case _ where text.utf8.contains(UInt8(ascii: "/")): return "has a '/'"
        default: return hidden(in: text)
        }
    }

    /// Why `text` is no name of a host or a service.
    static func fault(ofLabel text: String) -> String? {
        if text.utf8.count > bytesMax { return "has \(text.utf8.count) bytes, of which \(bytesMax) are allowed" }
        return hidden(in: text)
    }

    private static func hidden(in text: String) -> String? {
        EscapedText.visible(text).utf8.count == text.utf8.count ? nil : "has a character that cannot be seen"
    }
}
