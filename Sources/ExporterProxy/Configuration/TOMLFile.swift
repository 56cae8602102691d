import CTOML

/// A configuration file as a tree of values, with the line of each key.
package struct TOMLFile: Equatable {
    package var values: [String: ConfigurationValue]
    /// By key path, as problems name it: `receiver.format`, `poll_external.target[0].url`.
    package var lines: [String: Int]

    /// Throws ``TOMLFileError`` where `text` is not TOML.
    package init(_ text: String) throws(TOMLFileError) {
        let builder = Builder()
        var problem = CTOMLProblem()
        var text = text
        let isTOML = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                guard let base = characters.baseAddress else { return true }
                return ctoml_read(
                    base, characters.count, Builder.visit, Unmanaged.passUnretained(builder).toOpaque(), &problem)
            }
        }
        guard isTOML else { throw TOMLFileError(problem) }
        values = builder.root
        lines = builder.lines
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

    /// What bare text means where TOML is expected: an array or a table in TOML's notation, else the text itself.
    package static func value(fromText text: String) -> ConfigurationValue {
        guard text.hasPrefix("[") || text.hasPrefix("{"), let file = try? TOMLFile("value = \(text)"),
            let found = file.values["value"]
        else { return .text(text) }
        return found
    }
}

package struct TOMLFileError: Error, Equatable {
    package var line: Int
    package var column: Int
    package var reason: String

    fileprivate init(_ problem: CTOMLProblem) {
        line = Int(problem.line)
        column = Int(problem.column)
        reason = withUnsafeBytes(of: problem.reason) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

extension TOMLFile {
    /// Puts the tree together again from what the reader visits.
    fileprivate final class Builder {
        private enum Level {
            case table([String: ConfigurationValue])
            case array([ConfigurationValue])
        }

        private var levels: [(path: String, key: String, content: Level)] = []
        private(set) var root: [String: ConfigurationValue] = [:]
        private(set) var lines: [String: Int] = [:]

        static let visit: CTOMLVisitor = { context, item in
            guard let context else { return }
            Unmanaged<Builder>.fromOpaque(context).takeUnretainedValue().visit(item.pointee)
        }

        private func visit(_ item: CTOMLItem) {
            switch item.kind {
            case .tableBegin: begin(item, .table([:]))
            case .arrayBegin: begin(item, .array([]))
            case .tableEnd, .arrayEnd: end()
            case .string: add(.string(Self.text(item.text, item.text_length)), item)
            case .integer: add(.integer(Int(item.integer)), item)
            case .double: add(.double(item.number), item)
            case .boolean: add(.boolean(item.boolean), item)
            case .other: add(.other(Self.text(item.text, item.text_length)), item)
            }
        }

        private func begin(_ item: CTOMLItem, _ content: Level) {
            let key = Self.text(item.key, item.key_length)
            levels.append((path: note(item, key), key: key, content: content))
        }

        private func end() {
            guard let level = levels.popLast() else { return }
            switch level.content {
            case .table(let entries):
                if levels.isEmpty { root = entries } else { put(.table(entries), level.key) }
            case .array(let entries): put(.array(entries), level.key)
            }
        }

        private func add(_ value: ConfigurationValue, _ item: CTOMLItem) {
            let key = Self.text(item.key, item.key_length)
            _ = note(item, key)
            put(value, key)
        }

        private func put(_ value: ConfigurationValue, _ key: String) {
            guard let last = levels.indices.last else { return }
            let content = levels[last].content
            // So that `content` is the only holder of what it holds, and nothing is copied.
            levels[last].content = .array([])
            switch consume content {
            case .table(var entries):
                entries[key] = value
                levels[last].content = .table(entries)
            case .array(var entries):
                entries.append(value)
                levels[last].content = .array(entries)
            }
        }

        /// Answers the path of what is being visited, and remembers its line.
        private func note(_ item: CTOMLItem, _ key: String) -> String {
            guard let around = levels.last else { return "" }
            let path: String
            switch around.content {
            case .table: path = around.path.isEmpty ? key : "\(around.path).\(key)"
            case .array(let entries): path = "\(around.path)[\(entries.count)]"
            }
            if item.line > 0 { lines[path] = Int(item.line) }
            return path
        }

        private static func text(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
            String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
        }
    }
}
