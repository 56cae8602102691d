import Foundation
import NIOHTTP1
import Testing

@testable import ExporterProxy

func basic(_ text: String) -> String { "Basic " + Data(text.utf8).base64EncodedString() }

private func read(_ headers: HTTPHeaders) -> Credential? {
    Credential(of: HTTPRequest(method: .GET, uri: "/", headers: headers))
}

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Test(
    arguments: [
        (basic("a:b"), .basic(user: bytes("a"), password: bytes("b"))),
        (basic("a:b:c:"), .basic(user: bytes("a"), password: bytes("b:c:"))),
        (basic(":"), .basic(user: [], password: [])), (basic("a:"), .basic(user: bytes("a"), password: [])),
        (basic("ü:ß"), .basic(user: bytes("ü"), password: bytes("ß"))),
        ("basic " + Data("a:b".utf8).base64EncodedString(), .basic(user: bytes("a"), password: bytes("b"))),
        ("BASIC  YTpi ", .basic(user: bytes("a"), password: bytes("b"))),
        // Without its padding.
        ("Basic YTpiYw", .basic(user: bytes("a"), password: bytes("bc"))),
        // As clients of Gravel send it: the word itself, and what it stands for where that is text.
        ("Basic supersecrets", .word([bytes("supersecrets")])),
        ("Basic super-secrets", .word([bytes("super-secrets")])),
        ("Basic c2VjcmV0", .word([bytes("c2VjcmV0"), bytes("secret")])), ("Basic =", .word([bytes("=")])),
        ("Basic YQBiOmM=", .word([bytes("YQBiOmM=")])),
        ("Bearer abc", .bearer(bytes("abc"))), ("bearer abc=", .bearer(bytes("abc="))),
        ("", .malformed), (" ", .malformed), ("Basic", .malformed), ("Basic ", .malformed), ("Bearer  ", .malformed),
        ("Digest a", .malformed), ("YTpi", .malformed), ("Basic\u{0} x", .malformed),
        ("Bearer " + String(repeating: "a", count: 5000), .malformed),
    ] as [(String, Credential)])
func anAuthorizationHeader_IsRead(header: String, credential: Credential) {
    #expect(read(["Authorization": header]) == credential)
}

@Test func noHeader_IsNoCredential_AndTwoAreNone() {
    #expect(read([:]) == nil)
    #expect(read(["authorization": "Bearer a", "Authorization": "Bearer a"]) == .malformed)
}

@Test func randomHeaders_AreReadOrMalformed() {
    var random = SeededGenerator(seed: 4)
    for _ in 0..<5000 {
        let word = random.text(Int.random(in: 0..<30, using: &random))
        for header in [word, "Basic \(word)", "Bearer \(word)", basic(word)] {
            let credential = read(["Authorization": header])
            if case .basic(let user, let password) = credential {
                #expect(!user.contains(0x3A) && !user.contains(0) && !password.contains(0))
            }
            #expect(credential != nil)
        }
    }
}
