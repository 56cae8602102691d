import Exposition

/// Goes through packets.
typealias EventScanner = JSONScanner<EventRefusal>

extension EventRefusal: JSONFailure {}

extension EventScanner {
    mutating func number() throws(EventRefusal) -> Double {
        let start = i
        if let word = try numberText() { return word }
        let text = UnsafeRawBufferPointer(rebasing: bytes[start..<i])
        guard let number = FloatText.value(of: text) else { throw .malformed(offset: start, "a number is too large") }
        return number
    }
}
