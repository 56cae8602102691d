/// The name that a mistyped word was probably meant to be: what an unknown key is answered with.
///
/// Counts insertions, deletions, replacements and swaps of neighbours; more than a third of the word is no typing slip.
package func nearestName(to word: String, in names: some Sequence<String>) -> String? {
    let candidates = names.map { (name: $0, distance: editDistance(word, $0)) }
    guard let best = candidates.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
    return best.distance <= max(2, word.count / 3) ? best.name : nil
}

private func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a.utf8)
    let b = Array(b.utf8)
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            let replaced = last[j] + (a[i] == b[j] ? 0 : 1)
            var cost = min(replaced, last[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
            row.append(cost)
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}
