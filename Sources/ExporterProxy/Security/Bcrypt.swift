import CCrypt
import CSodium

/// Checks a password against a hash. Takes as long as the hash's cost says, so never on an event loop.
package typealias PasswordVerifier = @Sendable (_ password: [UInt8], _ hash: BcryptHash) -> Bool

package enum Bcrypt {
    /// What bcrypt reads of a password; what follows does not count.
    private static let passwordBytesMax = 72
    private static let hashCharacters = 31

    /// By crypt(3). A password with a NUL matches nothing.
    package static func verify(_ password: [UInt8], _ hash: BcryptHash) -> Bool {
        guard !password.contains(0) else { return false }
        let size = MemoryLayout<crypt_data>.size
        let data = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: MemoryLayout<crypt_data>.alignment)
        data.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        defer {
            sodium_memzero(data, size)
            data.deallocate()
        }
        let phrase = password.prefix(passwordBytesMax).map { CChar(bitPattern: $0) } + [0]
        guard let made = crypt_rn(phrase, hash.text, data, Int32(size)) else { return false }
        // Not the whole: crypt(3) writes the last character of the salt in its own way.
        return isEqual(String(cString: made).utf8.suffix(hashCharacters), hash.text.utf8.suffix(hashCharacters))
    }

    private static func isEqual(_ a: Substring.UTF8View, _ b: Substring.UTF8View) -> Bool {
        let (a, b) = (Array(a), Array(b))
        return a.count == b.count && sodium_memcmp(a, b, a.count) == 0
    }
}
