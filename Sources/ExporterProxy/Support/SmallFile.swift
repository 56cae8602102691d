import Glibc

/// Reads a file that holds a secret or a setting.
package enum SmallFile {
    /// Throws ``SystemError``, also where the file is larger than `bytesMax`.
    package static func read(_ path: String, bytesMax: Int = 64 * 1024) throws(SystemError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("read \(path)") }
        defer { close(descriptor) }
        return try read(descriptor, named: path, bytesMax: bytesMax)
    }

    /// Reads what is left of an open file.
    package static func read(_ descriptor: Int32, named path: String, bytesMax: Int) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16 * 1024)
        while bytes.count <= bytesMax {
            let got = Glibc.read(descriptor, &part, part.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw SystemError("read \(path)") }
            if got == 0 { return bytes }
            bytes += part.prefix(got)
        }
        throw SystemError("read \(path)", code: EFBIG)
    }

    /// The first line, without white space around it: how a file holds a password or a token.
    package static func secret(_ path: String) throws(SystemError) -> String {
        let text = String(decoding: try read(path), as: UTF8.self)
        return String(text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).first ?? "").trimmed
    }
}
