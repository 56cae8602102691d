import Glibc

/// Replaces a file so that whoever reads it sees all of the old one or all of the new one, also after a crash.
package enum WholeFile {
    /// Writes `path` with `.tmp` behind it, and renames that. Where it throws, the old file is as it was.
    package static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o644) throws(SystemError) {
        let beside = path + ".tmp"
        do throws(SystemError) {
            try write(bytes, to: beside, mode: mode)
            guard rename(beside, path) == 0 else { throw SystemError("replace \(path)") }
        } catch {
            unlink(beside)
            throw error
        }
        syncFolder(of: path)
    }

    private static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws(SystemError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SystemError("write \(path)") }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("write \(path)") }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw SystemError("write \(path)") }
    }

    /// The file is in place already: where its folder cannot be written out, only a crash would show it.
    private static func syncFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "."
        let descriptor = open(String(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
