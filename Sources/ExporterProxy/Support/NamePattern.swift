/// A pattern over a whole name: `*` stands for any text, also none, `?` for one character.
package struct NamePattern: Equatable, Sendable {
    package var text: String

    package init(_ text: String) { self.text = text }

    /// Takes no longer than the product of both lengths, whatever they are.
    package func matches(_ name: String) -> Bool {
        let pattern = Array(text.unicodeScalars)
        let name = Array(name.unicodeScalars)
        var (p, n) = (0, 0)
        // Behind the last star, and the first character that it does not stand for yet.
        var retry: (p: Int, n: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == "*" {
                p += 1
                retry = (p, n)
            } else if p < pattern.count, pattern[p] == "?" || pattern[p] == name[n] {
                p += 1
                n += 1
            } else if let again = retry {
                retry = (again.p, again.n + 1)
                (p, n) = (again.p, again.n + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == "*" }
    }
}
