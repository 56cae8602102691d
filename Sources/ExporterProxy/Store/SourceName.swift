/// What a source may be called.
package enum SourceName {
    /// A name appears in `/apps`, in a path and in logs: longer ones are a mistake.
    package static let bytesMax = 255

    /// Why a name is refused, or `nil`.
    package static func problem(_ name: String) -> SourceNameError? {
        if name.isEmpty { return .empty }
        if name.utf8.count > bytesMax { return .tooLong(bytes: name.utf8.count) }
        if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
            return .controlCharacter
        }
        // They would be taken for a step in a path.
        if name == "." || name == ".." { return .reserved(name) }
        return nil
    }
}

package enum SourceNameError: Error, Equatable, CustomStringConvertible {
    case empty
    case tooLong(bytes: Int)
    case controlCharacter
    case reserved(String)

    /// The value of the `reason` label.
    package var reason: String {
        switch self {
        case .empty: "name_empty"
        case .tooLong: "name_too_long"
        case .controlCharacter: "name_control_character"
        case .reserved: "name_reserved"
        }
    }

    package var description: String {
        switch self {
        case .empty: "the app name is empty"
        case .tooLong(let bytes): "the app name has \(bytes) bytes, at most \(SourceName.bytesMax) are allowed"
        case .controlCharacter: "the app name has a control character"
        case .reserved(let name): "the app name '\(EscapedText.visible(name))' is reserved"
        }
    }
}

/// Names that configuration or another door owns, so that nobody can push over them.
package struct ReservedNames: Equatable, Sendable {
    package var names: Set<String>
    package var prefixes: [String]

    package init(names: Set<String> = [], prefixes: [String] = []) {
        self.names = names
        self.prefixes = prefixes
    }

    package func contains(_ name: String) -> Bool {
        names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }
}
