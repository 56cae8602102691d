import Testing

@testable import ExporterProxy

/// Hashes of cost 4 that crypt(3) made, by their passwords.
enum Hashes {
    static let secret = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
    static let withColons = "$2b$04$abcdefghijklmnopqrstuunh10qKcoDsaz2Tw/Z/b0G1b9MWIXb/C"
    static let umlaut = "$2b$04$abcdefghijklmnopqrstuuRhDXUrUbXusClhcNZhPc4Hn3AtA6Rhy"
    static let long = "$2b$04$abcdefghijklmnopqrstuuBzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe"
    static let other = "$2b$04$abcdefghijklmnopqrstuu0HtfOlPbTiymk5tcV.3TsFPDd3SYZqu"
    /// "secret" too, at twice and four times the work.
    static let secretAt5 = "$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"
    static let secretAt6 = "$2y$06$abcdefghijklmnopqrstuuxLa0AkDDSrQ9VwNnETzOsObiucpMYgC"
}

@Test(arguments: [
    ("secret", Hashes.secret, true), ("Secret", Hashes.secret, false), ("", Hashes.secret, false),
    ("secret", Hashes.other, false), ("pa:ss:word", Hashes.withColons, true), ("über", Hashes.umlaut, true),
    ("secret", Hashes.secretAt5, true), ("secret", Hashes.secretAt6, true), ("secre", Hashes.secretAt6, false),
    // bcrypt reads 72 bytes, whatever follows: crypt(3) alone would refuse more than 511.
    (String(repeating: "a", count: 72), Hashes.long, true), (String(repeating: "a", count: 71), Hashes.long, false),
    (String(repeating: "a", count: 600), Hashes.long, true),
    // Published with the algorithm.
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", true),
    ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", true),
    ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", true),
    ("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", true),
    // The last character of a salt has four bits that do not count, and crypt(3) writes them as zeros.
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCCCE5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", true),
])
func aPassword_FitsItsHashOnly(password: String, hash: String, fits: Bool) throws {
    #expect(Bcrypt.verify(Array(password.utf8), try BcryptHash(hash)) == fits)
}

@Test func aPasswordWithANUL_FitsNothing() throws {
    #expect(!Bcrypt.verify(Array("secret".utf8) + [0], try BcryptHash(Hashes.secret)))
    #expect(!Bcrypt.verify(Array("secret\0x".utf8), try BcryptHash(Hashes.secret)))
}

@Test(
    arguments: [
        ("", .notBcrypt), ("secret", .notBcrypt), ("$apr1$x$y", .notBcrypt), ("{SHA}x", .notBcrypt),
        ("$2x$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", .notBcrypt),
        ("$2b$04$", .malformed), (String(Hashes.secret.dropLast()), .malformed), (Hashes.secret + "a", .malformed),
        ("$2b$4$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrWx", .malformed),
        ("$2b$+4$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", .malformed),
        ("$2b$-4$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", .malformed),
        ("$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIr!", .malformed),
        ("$2b$04!abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", .malformed),
        ("$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIé", .malformed),
        ("$2b$03$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", .cost(3)),
        ("$2b$16$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", .cost(16)),
        ("$2b$99$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", .cost(99)),
    ] as [(String, BcryptHashError)])
func aHashThatCannotBeChecked_IsRefused(text: String, error: BcryptHashError) {
    #expect(throws: error) { try BcryptHash(text) }
}

@Test(arguments: [4, 9, 10, 15])
func nobodysHash_IsAHashOfItsCost(cost: Int) throws {
    let hash = BcryptHash.nobodys(cost: cost)
    #expect(try BcryptHash(hash.text) == hash && hash.cost == cost)
    #expect(BcryptHash.nobodys(cost: cost) != hash)
}
