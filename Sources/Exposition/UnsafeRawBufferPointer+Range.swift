extension UnsafeRawBufferPointer {
    /// Whether these bytes are the word.
    func holds(_ word: StaticString, at range: Range<Int>) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { word in
            for (offset, byte) in zip(range, word) where self[offset] != byte { return false }
            return true
        }
    }

    func holds(_ word: [UInt8], at range: Range<Int>) -> Bool {
        guard range.count == word.count else { return false }
        for (offset, byte) in zip(range, word) where self[offset] != byte { return false }
        return true
    }

    /// The bytes of a range, in a form that is copied in one go.
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }
}
