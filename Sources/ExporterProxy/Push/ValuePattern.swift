import CRE2

/// A regular expression over a whole label value, in the language of Prometheus (RE2).
///
/// Whatever the pattern, a match takes time by the length of the value: nobody can make one that does not end.
///
/// Not to be handed to another thread.
final class ValuePattern {
    private let compiled: OpaquePointer

    /// `nil` for what is no pattern.
    init?(_ text: String) {
        var text = text
        guard let compiled = text.withUTF8({ Self.compile(UnsafeRawBufferPointer($0)) }) else { return nil }
        self.compiled = compiled
    }

    deinit { cre2_free(compiled) }

    private static func compile(_ text: UnsafeRawBufferPointer) -> OpaquePointer? {
        cre2_compile(text.assumingMemoryBound(to: CChar.self).baseAddress, text.count)
    }

    func fits(_ value: String) -> Bool {
        var value = value
        return value.withUTF8 { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            return cre2_fits(compiled, bytes.assumingMemoryBound(to: CChar.self).baseAddress, bytes.count)
        }
    }
}
