import Glibc

/// Why nothing comes of a path or a file. Each has a sentence for people, with paths as the tree has them.
package enum TreeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// It is not there, or is none of what is served.
    case notFound(String)
    /// It leads out of the tree, or is no path at all.
    case refused(String)
    /// It is there, and the system does not let us have it.
    case unreadable(String)
    /// There is more of it than we take.
    case tooLarge(String)

    package var description: String {
        switch self {
        case .notFound(let text), .refused(let text), .unreadable(let text), .tooLarge(let text): text
        }
    }

    /// - Parameter path: from the root; empty for the root itself.
    init(_ error: SystemError, _ path: String) {
        let shown = path.isEmpty ? "the root of the tree" : "'\(EscapedText.visible(path))'"
        switch error.code {
        case ENOENT, ENOTDIR, ENAMETOOLONG: self = .notFound("\(shown) is not there")
        case EXDEV: self = .refused("\(shown) leads out of the tree by a link")
        case ELOOP: self = .refused("\(shown) is a link that does not end")
        case EISDIR: self = .unreadable("\(shown) is no file")
        case EFBIG: self = .tooLarge("\(shown) is too large")
        default: self = .unreadable("\(shown) cannot be read: \(SystemError.sentence(error.code))")
        }
    }
}
