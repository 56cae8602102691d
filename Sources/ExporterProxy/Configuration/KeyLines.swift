/// In which line of a TOML file each key stands: the TOML package gives lines for syntax errors only.
///
/// A plain reading of the file: table headers and `key =` at the start of a line. What it misses (keys within inline
/// tables) is found at the line of the table.
package struct KeyLines: Equatable, Sendable {
    private var lines: [String: Int] = [:]

    package init(_ text: String) {
        var table = ""
        var counts: [String: Int] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let content = line.trimmingPrefix(while: \.isWhitespace)
            if content.hasPrefix("[[") {
                let name = Self.key(content.dropFirst(2).prefix { $0 != "]" })
                let number = counts[name, default: 0]
                counts[name] = number + 1
                table = "\(name)[\(number)]"
                lines[table] = index + 1
                lines[name] = lines[name] ?? index + 1
            } else if content.hasPrefix("[") {
                table = Self.key(content.dropFirst().prefix { $0 != "]" })
                lines[table] = lines[table] ?? index + 1
            } else if let equals = content.firstIndex(of: "="), !content.hasPrefix("#") {
                let path = (table.isEmpty ? "" : table + ".") + Self.key(content[..<equals])
                lines[path] = lines[path] ?? index + 1
            }
        }
    }

    private static func key(_ text: Substring) -> String {
        text.split(separator: ".").map { part in
            part.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
        }.joined(separator: ".")
    }

    /// The line of `keyPath`, or of what holds it; `nil` where nothing of it is in the file.
    package func line(of keyPath: String) -> Int? {
        var path = Substring(keyPath)
        while !path.isEmpty {
            if let line = lines[String(path)] { return line }
            guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
            path = path[..<cut]
        }
        return nil
    }
}
