import Testing

@testable import ExporterProxy

private let hash = KeyedHash()
private func digest(_ parts: String...) -> KeyedHash.Digest { hash.digest(parts.map { Array($0.utf8) }) }
private let grant = Grant(name: "user 'a'", roles: [.push], jobs: nil)

@Test func aDigest_IsOfItsParts_AndOfItsProcess() {
    #expect(digest("a", "b") == digest("a", "b"))
    #expect(digest("ab", "c") != digest("a", "bc"))
    #expect(digest("a", "") != digest("a") && digest("", "a") != digest("a") && digest() != digest(""))
    #expect(KeyedHash().digest([[1]]) != hash.digest([[1]]))
    #expect(KeyedHash.isEqual(digest("a"), digest("a")) && !KeyedHash.isEqual(digest("a"), digest("b")))
}

@Test func aRightPassword_IsKnownWhileItIsUsed() {
    var cache = VerdictCache()
    let time = ManualTime()
    cache.note(.known(grant), of: digest("a"), at: time.source())
    for _ in 0..<3 {
        time.advance(by: VerdictCache.knownTime - .seconds(1))
        #expect(cache.verdict(digest("a"), at: time.source()) == .known(grant))
    }
    #expect(cache.verdict(digest("b"), at: time.source()) == nil)
    time.advance(by: VerdictCache.knownTime)
    #expect(cache.verdict(digest("a"), at: time.source()) == nil)
}

@Test func aWrongPassword_IsKnownForAMoment() {
    var cache = VerdictCache()
    let time = ManualTime()
    cache.note(.unknown, of: digest("a"), at: time.source())
    time.advance(by: .milliseconds(4999))
    #expect(cache.verdict(digest("a"), at: time.source()) == .unknown)
    time.advance(by: .milliseconds(1))
    #expect(cache.verdict(digest("a"), at: time.source()) == nil)
    cache.note(.known(grant), of: digest("a"), at: time.source())
    #expect(cache.verdict(digest("a"), at: time.source()) == .known(grant))
}

@Test func aFloodOfWrongPasswords_TakesNoRoomOfRightOnes_AndHasABound() {
    var cache = VerdictCache()
    let time = ManualTime()
    cache.note(.known(grant), of: digest("right"), at: time.source())
    for number in 0..<3000 {
        time.advance(by: .milliseconds(1))
        cache.note(.unknown, of: digest("wrong \(number)"), at: time.source())
    }
    #expect(cache.count == VerdictCache.entriesMax + 1)
    #expect(cache.verdict(digest("right"), at: time.source()) == .known(grant))
    #expect(cache.verdict(digest("wrong 2999"), at: time.source()) == .unknown)
    #expect(cache.verdict(digest("wrong 1999"), at: time.source()) == nil)
}
