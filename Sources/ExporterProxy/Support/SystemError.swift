import Glibc

/// A system call that failed, said as people say it: `cannot bind 127.0.0.1:6555: Address already in use`.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// What could not be done, with its object: `bind 127.0.0.1:6555`.
    package var action: String
    package var code: Int32

    /// Takes `errno` as it stands, so it must be made right after the call.
    package init(_ action: String, code: Int32 = errno) {
        self.action = action
        self.code = code
    }

    package var description: String { "cannot \(action): \(Self.sentence(code))" }

    package static func sentence(_ code: Int32) -> String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }
}
