import TestSupport
import Testing

@testable import HyperDHT

struct ApplicationProtocolTests {
    @Test(.needsConformanceCases) func scrapes_AreTheReferences() throws {
        let vectors = try Vectors.load()["metrics"]
        let request = vectors["request"].list[0]
        #expect(try ScrapeProtocol.Request().bytes == request["hex"].bytes)
        #expect(try ScrapeProtocol.Request(bytes: request["hex"].bytes).isUnderstood)
        #expect(vectors["reply"].list.count == 2)
        for entry in vectors["reply"].list {
            let reply =
                try entry["success"].bool
                ? ScrapeProtocol.Reply(.success(Array(try entry["metrics"].text.utf8)[...]))
                : ScrapeProtocol.Reply(.failure(.init(try entry["errorMessage"].text)))
            #expect(try reply.bytes == entry["hex"].bytes)
            #expect(try ScrapeProtocol.Reply(bytes: entry["hex"].bytes[...], textBytesMax: 100) == reply)
        }
    }

    @Test(.needsConformanceCases) func registrations_AreTheReferences() throws {
        let vectors = try Vectors.load()["alias"]
        let entry = vectors["request"].list[0]
        let request = AliasProtocol.Request(
            secret: Secret(try entry["secret"].bytes), alias: try entry["alias"].text,
            publicKey: try entry["targetPublicKey"].publicKey, hostname: try entry["hostname"].text,
            service: try entry["service"].text)
        #expect(try request.bytes == entry["hex"].bytes)
        let read = try AliasProtocol.Request(bytes: entry["hex"].bytes)
        #expect(try read.bytes == entry["hex"].bytes && read.isUnderstood)
        #expect(try read.secret.isEqual(to: entry["secret"].bytes))
        #expect(read.alias == "my-alias" && read.hostname == "my-host" && read.service == "my-service")
        #expect(vectors["reply"].list.count == 3)
        for entry in vectors["reply"].list {
            let reply: AliasProtocol.Reply =
                try entry["success"].bool
                ? .registered(isNew: try entry["updated"].bool) : .refused(try entry["errorMessage"].text)
            #expect(try reply.bytes == entry["hex"].bytes)
            #expect(try AliasProtocol.Reply(bytes: entry["hex"].bytes) == reply)
        }
    }

    @Test(arguments: [("0101", true), ("0100", true), ("0102", false), ("0201", false), ("0001", false)])
    func request_IsUnderstoodInItsVersions(hex: String, isUnderstood: Bool) throws {
        #expect(try ScrapeProtocol.Request(bytes: [UInt8](hex: hex)).isUnderstood == isUnderstood)
        let rest = [UInt8](repeating: 0, count: 32) + [1, 0x61] + [UInt8](repeating: 0, count: 32) + [0, 0]
        #expect(try AliasProtocol.Request(bytes: [UInt8](hex: hex) + rest).isUnderstood == isUnderstood)
    }

    @Test func longText_IsRefused() throws {
        let bytes = ScrapeProtocol.Reply(.success([1, 2, 3])).bytes
        #expect(throws: WireError.tooLong(length: 3, max: 2)) {
            try ScrapeProtocol.Reply(bytes: bytes[...], textBytesMax: 2)
        }
    }

    @Test func replyOfAnotherVersion_IsRefused() {
        #expect(throws: WireError.unknownValue(field: "version", value: 1)) {
            try ScrapeProtocol.Reply(bytes: [1, 1, 0], textBytesMax: 2)
        }
        #expect(throws: WireError.unknownValue(field: "version", value: 2)) {
            try AliasProtocol.Reply(bytes: [2, 1, 1, 1])
        }
    }

    @Test func registration_DoesNotShowItsSecret() {
        let secret = Secret([UInt8](repeating: 0x41, count: 32))
        let request = AliasProtocol.Request(
            secret: secret, alias: "a", publicKey: PublicKey(.zero), hostname: "h", service: "s")
        var shown = "\(request) \(String(reflecting: request))"
        dump(request, to: &shown)
        #expect(!shown.contains("AAAA") && !shown.contains("65, 65") && !shown.contains("- 65\n"))
        #expect(shown.contains("a secret of 32 bytes"))
    }

    @Test func damagedMessages_ThrowOrAnswer() {
        let request = AliasProtocol.Request(
            secret: Secret([UInt8](repeating: 1, count: 32)), alias: "alias", publicKey: PublicKey(.zero),
            hostname: "host", service: "service")
        throwsOrAnswers([request.bytes]) { bytes in
            let read = try AliasProtocol.Request(bytes: bytes)
            if try AliasProtocol.Request(bytes: read.bytes).bytes != read.bytes { Issue.record("\(bytes)") }
        }
        let replies = [AliasProtocol.Reply.registered(isNew: true), .registered(isNew: false), .unauthorised].map(
            \.bytes)
        throwsOrAnswers(AliasProtocol.Reply.self, replies)
        throwsOrAnswers([
            ScrapeProtocol.Reply(.success([1, 2, 3])).bytes, ScrapeProtocol.Reply(.failure(.init("no"))).bytes,
        ]) { _ = try ScrapeProtocol.Reply(bytes: $0[...], textBytesMax: 1000) }
    }
}
