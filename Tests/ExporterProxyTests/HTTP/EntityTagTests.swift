import NIOHTTP1
import NIOPosix
import Testing

@testable import ExporterProxy

/// As `hashlib.blake2b(…, digest_size=16)` of Python has them.
@Test(arguments: [
    ("", "\"cae66941d9efbd404e4d88758ea67670\""), ("[]", "\"7ebb3c7c2a87b1a2f8a7ed729ecb040d\""),
    ("abc", "\"cf4ab791c62b8d2b2109c90275287816\""),
])
func entityTag_IsTheSameForTheSameBytes(text: String, tag: String) {
    #expect(EntityTag(of: [UInt8](text.utf8)).text == tag)
}

private let tag = EntityTag(of: [UInt8]("abc".utf8))

@Test(
    arguments: [
        ([], false), ([""], false), (["*"], true), ([" *"], true), ([tag.text], true), (["W/" + tag.text], true),
        (["\"a\", " + tag.text], true), (["\"a\"," + tag.text + ",\"b\""], true), (["\"a\"", tag.text], true),
        (["\"a,b\" ,, W/" + tag.text], true), (["\"a\", *"], true), (["\"\", " + tag.text + " "], true),
        (["\"a\""], false), ([String(tag.text.dropLast())], false), ([String(tag.text.dropFirst())], false),
        ([tag.text.uppercased()], false), (["w/" + tag.text], false), (["\"" + tag.text], false),
        (["a, " + tag.text], false), (["\"*\""], false), (["\"a" + tag.text], false), (["W/W/" + tag.text], false),
    ] as [([String], Bool)])
func entityTag_IsFoundInIfNoneMatch(values: [String], isFound: Bool) {
    #expect(tag.matches(ifNoneMatch: values) == isFound)
}

private func answer(
    _ status: HTTPResponseStatus, _ headers: [(String, String)] = [("If-None-Match", tag.text)]
) -> HTTPResponse {
    var response = HTTPResponse.text(status, "abc", headers: [("Age", "3")])
    response.tag(tag)
    return response.conditional(on: HTTPRequest(method: .GET, uri: "/", headers: HTTPHeaders(headers)))
}

@Test func anAnswer_Is304_OnlyForWhoHasIt() {
    let held = answer(.ok)
    #expect(held.status == .notModified && held.body.isEmpty && held.bodyBytes == 0)
    #expect(held.headers.map(\.name) == ["Age", "ETag"])
    for other in [answer(.ok, []), answer(.ok, [("If-None-Match", "\"a\"")]), answer(.internalServerError)] {
        #expect(other.status != .notModified && other.body.map(\.text) == ["abc"] && other.bodyBytes == 3)
    }
    let untagged = HTTPResponse.text(.ok, "abc")
    let request = HTTPRequest(method: .GET, uri: "/", headers: ["If-None-Match": "*"])
    #expect(untagged.conditional(on: request).status == .ok)
}

@Test func anAnswerThatComesLater_Is304AsWell() throws {
    var response = HTTPResponse.text(.ok, "abc")
    response.tag(tag)
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    let request = HTTPRequest(method: .GET, uri: "/", headers: ["if-none-match": "\"x\", \(tag.text)"])
    guard case .later(let future) = HTTPReply.later(loop.makeSucceededFuture(response)).conditional(on: request) else {
        Issue.record("it is later still")
        return
    }
    #expect(try future.wait().status == .notModified)
}

@Test func a304_SaysNoLength_AndTheConnectionGoesOn() async throws {
    try await withHTTP { house in
        let socket = try house.connect()
        let mark = EntityTag(of: [UInt8]("tagged\n".utf8)).text
        try socket.send("GET /tagged HTTP/1.1\r\nHost: h\r\n\r\n")
        let whole = try #require(HTTPWireResponse(from: socket))
        #expect(whole.body == "tagged\n" && whole.headers["etag"] == mark && whole.headers["content-length"] == "7")
        try socket.send("GET /tagged HTTP/1.1\r\nHost: h\r\nIf-None-Match: \(mark)\r\n\r\n")
        let short = try #require(HTTPWireResponse(from: socket))
        #expect(short.status == "HTTP/1.1 304 Not Modified" && short.headers["content-length"] == nil)
        #expect(short.headers["etag"] == mark && short.headers["content-type"] == nil)
        try socket.send("GET /now/a HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(HTTPWireResponse(from: socket)?.body == "now a\n")
    }
}
