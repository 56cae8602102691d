import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import ExporterProxy

private let token = "0123456789abcdef"

/// Three users of one role each, one with jobs, one of the file alone, and a token.
private func house(_ more: String = "") throws -> Gatehouse {
    try Gatehouse(
        """
        basic_auth_file = "FOLDER/users"
        basic_auth_roles = ["push", "scrape"]
        \(more)
        [[user]]
        name = "pusher"
        password_hash = "\(Hashes.secret)"
        roles = ["push"]
        [[user]]
        name = "scraper"
        password_hash = "\(Hashes.secret)"
        roles = ["scrape"]
        [[user]]
        name = "admin"
        roles = ["admin"]
        [[user]]
        name = "ci"
        password_hash = "\(Hashes.secret)"
        roles = ["push", "scrape"]
        jobs = ["ci-*", "nightly"]
        [[token]]
        file = "FOLDER/token"
        roles = ["push", "admin"]
        jobs = ["*"]
        """, files: ["users": "admin:\(Hashes.secret)\nfromfile:\(Hashes.other)\n", "token": " \(token)\n"])
}

private let rights: [HTTPRight] = [.health, .scrape, .push(job: "x"), .push(job: "ci-1"), .push(job: nil), .admin]

@Test(
    arguments: [
        (nil, [nil, 401, 401, 401, 401, 401]),
        (basic("pusher:secret"), [nil, 403, nil, nil, nil, 403]),
        (basic("scraper:secret"), [nil, nil, 403, 403, 403, 403]),
        (basic("admin:secret"), [nil, 403, 403, 403, 403, nil]),
        (basic("ci:secret"), [nil, nil, 403, nil, 403, 403]),
        (basic("fromfile:other"), [nil, nil, nil, nil, nil, 403]),
        ("Bearer \(token)", [nil, 403, nil, nil, nil, nil]),
        (basic("pusher:wrong"), [nil, 401, 401, 401, 401, 401]),
        (basic("nobody:secret"), [nil, 401, 401, 401, 401, 401]),
        (basic("fromfile:secret"), [nil, 401, 401, 401, 401, 401]),
        (basic("admin:other"), [nil, 401, 401, 401, 401, 401]),
        ("Bearer \(token)0", [nil, 401, 401, 401, 401, 401]),
        ("Bearer " + token.dropLast(), [nil, 401, 401, 401, 401, 401]),
        (basic(":" + token), [nil, 401, 401, 401, 401, 401]),
        ("Basic \(token)", [nil, 401, 401, 401, 401, 401]),
        ("Token \(token)", [nil, 401, 401, 401, 401, 401]),
    ] as [(String?, [UInt?])])
func everyRight_IsHeldAgainstTheRoles(authorization: String?, statuses: [UInt?]) async throws {
    let house = try house()
    for (right, status) in zip(rights, statuses) {
        #expect(try await house.status(right, authorization) == status, "\(right)")
    }
}

@Test(
    arguments: [
        ("", [nil, 401, 401, 401]), ("open_health = false", [401, 401, 401, 401]),
        ("protect = ['push']", [nil, nil, 401, nil]), ("protect = ['push', 'admin']", [nil, nil, 401, 401]),
        ("protect = ['scrape']\nopen_health = false", [401, 401, nil, nil]), ("protect = []", [nil, nil, nil, nil]),
    ] as [(String, [UInt?])])
func whatIsNotProtected_IsOpen(more: String, statuses: [UInt?]) async throws {
    let house = try house(more)
    for (right, status) in zip([.health, .scrape, .push(job: "x"), .admin] as [HTTPRight], statuses) {
        #expect(try await house.status(right) == status, "\(right)")
    }
    // What asks who it is in its own way.
    #expect(try await house.status(.open) == nil)
    #expect(try await house.status(.open, basic("pusher:wrong")) == nil)
    // Who is known may ask whether all is well, whatever else he may.
    #expect(try await house.status(.health, basic("pusher:secret")) == nil)
}

@Test func withoutUsers_EverythingIsOpen_AndNothingIsCounted() async throws {
    let house = try Gatehouse("")
    for right in rights { #expect(try await house.status(right, "Basic x") == nil) }
    #expect(AccessOutcome.allCases.allSatisfy { house.count($0) == 0 })
}

@Test func anEmptyFileOfUsers_LetsNobodyIn() async throws {
    let house = try Gatehouse("basic_auth_file = 'FOLDER/users'", files: ["users": ""])
    #expect(try await house.status(.scrape) == 401)
    #expect(try await house.status(.scrape, basic("a:b")) == 401)
    #expect(house.tried.isEmpty)
}

@Test func aRefusal_SaysWhatIsMissing_AndNotWhoExists() async throws {
    let house = try house()
    let nobody = try #require(try await house.ask(.scrape))
    #expect(nobody.text == "401 this needs a user name and a password, or a token\n")
    #expect(
        nobody.values("WWW-Authenticate") == [
            "Basic realm=\"exporter-proxy\", charset=\"UTF-8\"", "Bearer realm=\"exporter-proxy\"",
        ])
    let wrong = try #require(try await house.ask(.scrape, basic("pusher:wrong")))
    let unknown = try #require(try await house.ask(.scrape, basic("nobody:wrong")))
    #expect(
        wrong.text == unknown.text && wrong.text.contains("is wrong") && wrong.headers.count == unknown.headers.count)
    #expect(try await house.ask(.scrape, "Digest x")?.text.contains("neither 'Basic' nor 'Bearer'") == true)
    #expect(
        try await house.ask(.scrape, basic("pusher:secret"))?.text == "403 user 'pusher' has not the role 'scrape'\n")
    #expect(
        try await house.ask(.push(job: "a\nb"), basic("ci:secret"))?.text
            == "403 user 'ci' may not push to the job 'a\\nb'\n")
    #expect(try await house.ask(.push(job: nil), basic("ci:secret"))?.text.contains("the path names none") == true)
    #expect(try await house.ask(.scrape, "Bearer \(token)")?.text == "403 token 'token' has not the role 'scrape'\n")
}

@Test func theChallenge_IsOfWhatIsTaken() async throws {
    let tokens = try Gatehouse(
        "[[token]]\nfile = 'FOLDER/t'\nname = 'one'\nroles = ['push']\n", files: ["t": token])
    #expect(try await tokens.ask(.scrape)?.values("WWW-Authenticate") == ["Bearer realm=\"exporter-proxy\""])
    #expect(try await tokens.ask(.scrape)?.text == "401 this needs a token\n")
    #expect(try await tokens.ask(.scrape, "Bearer \(token)")?.text == "403 token 'one' has not the role 'scrape'\n")
    #expect(try await tokens.status(.scrape, basic("a:b")) == 401)
    let users = try Gatehouse("basic_auth_file = 'FOLDER/u'", files: ["u": Hashes.secret])
    #expect(try await users.ask(.scrape)?.values("WWW-Authenticate").count == 1)
    #expect(try await users.ask(.scrape)?.text == "401 this needs a user name and a password\n")
}

@Test func everyOutcome_IsCounted() async throws {
    let house = try house("protect = ['push', 'scrape']")
    _ = try await house.ask(.admin)
    _ = try await house.ask(.scrape)
    _ = try await house.ask(.scrape, "x")
    _ = try await house.ask(.scrape, basic("pusher:secret"))
    _ = try await house.ask(.push(job: "a"), basic("pusher:secret"))
    _ = try await house.ask(.push(job: "a"), basic("pusher:wrong"))
    #expect(
        AccessOutcome.allCases.map { house.count($0) } == [1, 1, 1, 1, 1, 1, 0, 0, 0])
}

// MARK: Gravel

@Test(
    arguments: [
        (basic("anybody:secret"), nil), (basic(":secret"), nil), (basic("x:other"), nil), ("Basic secret", nil),
        ("Basic " + Data("secret".utf8).base64EncodedString(), nil), ("Basic other", nil), (basic("x:pa:ss:word"), nil),
        ("Basic wrong", 401), (basic("secret:"), 401), (basic("x:wrong"), 401), ("Bearer secret", 401),
    ] as [(String, UInt?)])
func hashesWithoutNames_AreAllTried_UnderAnyName(authorization: String, status: UInt?) async throws {
    let house = try Gatehouse(
        "basic_auth_file = 'FOLDER/u'",
        files: ["u": [Hashes.secret, Hashes.other, Hashes.withColons].joined(separator: "\n")])
    #expect(try await house.status(.push(job: "x"), authorization) == status)
}

// MARK: Equal work

@Test(arguments: ["cheap:secret", "cheap:wrong", "dear:secret", "dear:wrong", "nobody:secret", ":", "cheap:"])
func everyLogin_CostsTheSame(login: String) async throws {
    let house = try Gatehouse(
        "basic_auth_file = 'FOLDER/u'",
        files: ["u": "cheap:\(Hashes.secret)\nmiddle:\(Hashes.secretAt5)\ndear:\(Hashes.secretAt6)\n\(Hashes.umlaut)"])
    _ = try await house.ask(.scrape, basic(login))
    // As much as the dearest, and the one without a name, of cost 4.
    let work = house.tried.map { 1 << $0 }.reduce(0, +)
    #expect(work == 64 + 16)
    #expect(house.tried.last == 4)
}

@Test func aPassword_IsHashedOnce_WhileItIsUsed() async throws {
    let house = try house()
    for _ in 0..<5 { #expect(try await house.status(.push(job: "x"), basic("pusher:secret")) == nil) }
    #expect(try await house.status(.scrape, basic("pusher:secret")) == 403)
    #expect(house.tried == [4])
    for _ in 0..<5 { #expect(try await house.status(.push(job: "x"), basic("pusher:wrong")) == 401) }
    #expect(house.tried == [4, 4])
    // A name and a password that are the same text together are others.
    #expect(try await house.status(.push(job: "x"), basic("pushe:rsecret")) == 401)
    #expect(try await house.status(.push(job: "x"), basic("pushers:ecret")) == 401)
    #expect(house.tried == [4, 4, 4, 4])
    house.time.advance(by: .seconds(6))
    #expect(try await house.status(.push(job: "x"), basic("pusher:wrong")) == 401)
    #expect(try await house.status(.push(job: "x"), basic("pusher:secret")) == nil)
    #expect(house.tried.count == 5)
    house.time.advance(by: VerdictCache.knownTime)
    #expect(try await house.status(.push(job: "x"), basic("pusher:secret")) == nil)
    #expect(house.tried.count == 6)
}

// MARK: The bound of checks

/// A verifier whose hashes take until the test opens it.
private final class Sluice: Sendable {
    private let gate = DispatchSemaphore(value: 0)
    private let begun = NIOLockedValueBox(0)

    var count: Int { begun.withLockedValue { $0 } }

    var verify: PasswordVerifier {
        { password, _ in
            self.begun.withLockedValue { $0 += 1 }
            self.gate.wait()
            self.gate.signal()
            return password == Array("secret".utf8)
        }
    }

    func open() { gate.signal() }
}

/// Asks without waiting for the answer.
private func begin(
    _ house: Gatehouse, _ authorization: String, _ right: HTTPRight = .scrape
) -> EventLoopFuture<HTTPResponse?>? {
    let request = HTTPRequest(method: .GET, uri: "/", headers: ["Authorization": authorization])
    guard case .later(let future) = house.access.gate(request, right, MultiThreadedEventLoopGroup.singleton.any())
    else {
        return nil
    }
    return future
}

@Test func tooManyPasswords_AreNotChecked_AndNobodyWaitsForLong() async throws {
    let sluice = Sluice()
    let house = try Gatehouse(
        "[[user]]\nname = 'a'\npassword_hash = '\(Hashes.secret)'\nroles = ['scrape']\n", threads: 2,
        verify: sluice.verify)
    let waiting = (0..<PasswordChecks.waitingMax).map { begin(house, basic("a:wrong \($0)")) }
    // The same once more is no other check.
    let same = begin(house, basic("a:wrong 0"))
    let busy = try #require(try await begin(house, basic("a:secret"))?.get())
    #expect(busy.status == .serviceUnavailable && busy.values("Retry-After") == ["1"])
    #expect(house.count(.busy) == 1)
    sluice.open()
    for future in waiting + [same] { #expect(try await future?.get()?.status == .unauthorized) }
    #expect(sluice.count == PasswordChecks.waitingMax)
    #expect(try await house.status(.scrape, basic("a:secret")) == nil)
}

@Test func whoComesWithWhatIsBeingChecked_WaitsForIt_AndHasHisOwnRights() async throws {
    let sluice = Sluice()
    let house = try Gatehouse(
        "[[user]]\nname = 'a'\npassword_hash = '\(Hashes.secret)'\nroles = ['scrape']\n", verify: sluice.verify)
    let first = begin(house, basic("a:secret"))
    let second = begin(house, basic("a:secret"), .admin)
    sluice.open()
    #expect(try await first?.get() == nil && first != nil)
    #expect(try await second?.get()?.status == .forbidden)
    #expect(sluice.count == 1)
}

@Test func whoIsStruckOffTheListWhileHisPasswordIsChecked_IsNotLetIn() async throws {
    let sluice = Sluice()
    let house = try Gatehouse("basic_auth_file = 'FOLDER/u'", files: ["u": "a:\(Hashes.secret)"], verify: sluice.verify)
    let asked = begin(house, basic("a:secret"))
    _ = try house.folder.write("b:\(Hashes.secret)", to: "u")
    try house.reload("basic_auth_file = 'FOLDER/u'")
    sluice.open()
    #expect(try await asked?.get()?.status == .unauthorized)
}

@Test func checks_EndWithTheThreads() async throws {
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    let checks = PasswordChecks(threads: threads, verify: Bcrypt.verify, time: ManualTime().source)
    try await threads.shutdownGracefully()
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    #expect(try await checks.check(KeyedHash().digest([]), [], on: loop).get() == .busy)
}

// MARK: Changes of files

@Test func aChangedFile_HoldsASecondLater() async throws {
    let house = try Gatehouse(
        "basic_auth_file = 'FOLDER/u'\n[[token]]\nfile = 'FOLDER/t'\nroles = ['scrape']\n",
        files: ["u": "a:\(Hashes.secret)", "t": token])
    #expect(try await house.status(.scrape, basic("a:secret")) == nil)
    #expect(try await house.status(.scrape, "Bearer \(token)") == nil)
    _ = try house.folder.write("a:\(Hashes.other)\n", to: "u")
    _ = try house.folder.write(token + "x", to: "t")
    house.time.advance(by: .milliseconds(999))
    #expect(try await house.status(.scrape, basic("a:secret")) == nil)
    house.time.advance(by: .milliseconds(1))
    #expect(try await house.status(.scrape, basic("a:secret")) == 401)
    #expect(try await house.status(.scrape, "Bearer \(token)") == 401)
    #expect(try await house.status(.scrape, basic("a:other")) == nil)
    #expect(try await house.status(.scrape, "Bearer \(token)x") == nil)
    #expect(house.log.count("users and tokens read again") == 1)
    // Nothing has changed, so what is known stays known.
    let tried = house.tried.count
    house.time.advance(by: .seconds(1))
    #expect(try await house.status(.scrape, basic("a:other")) == nil)
    #expect(house.tried.count == tried && house.log.count("read again") == 1)
}

@Test func aBadNewVersion_LeavesTheOldOne_AndIsSaidOnce() async throws {
    let house = try Gatehouse("basic_auth_file = 'FOLDER/u'", files: ["u": "a:\(Hashes.secret)"])
    func look() async throws -> UInt? {
        house.time.advance(by: .seconds(1))
        return try await house.status(.scrape, basic("a:secret"))
    }
    _ = try house.folder.write("a:plain\n", to: "u")
    for _ in 0..<3 { #expect(try await look() == nil) }
    #expect(house.log.count("users and tokens not read again") == 1 && house.log.count("u:1: expected a bcrypt") == 1)
    try FileManager.default.removeItem(atPath: house.folder.file("u"))
    for _ in 0..<3 { #expect(try await look() == nil) }
    #expect(house.log.count("not read again") == 2 && house.log.count("No such file") == 1)
    #expect(house.registry.value("exporter_proxy_auth_file_failures_total") == 2)
    _ = try house.folder.write("b:\(Hashes.secret)\n", to: "u")
    #expect(try await look() == 401)
    #expect(house.log.count("users and tokens read again") == 1)
}

private let threeFiles = """
    basic_auth_file = 'FOLDER/u'
    config_file = 'FOLDER/w.yml'
    [[token]]
    file = 'FOLDER/t'
    roles = ['scrape']
    """

private func houseOfThreeFiles() throws -> Gatehouse {
    try Gatehouse(
        threeFiles,
        files: [
            "u": "a:\(Hashes.secret)\nb:\(Hashes.secret)\n", "w.yml": "basic_auth_users:\n  c: \(Hashes.secret)\n",
            "t": token,
        ])
}

@Test(arguments: [("t", "short"), ("w.yml", "basic_auth_users: []")])
func whoIsStruckOff_IsOut_WhateverIsWrongWithAnotherFile(file: String, text: String) async throws {
    let house = try houseOfThreeFiles()
    _ = try house.folder.write(text, to: file)
    house.time.advance(by: .seconds(1))
    #expect(try await house.status(.scrape, basic("a:secret")) == nil)
    _ = try house.folder.write("b:\(Hashes.secret)\n", to: "u")
    house.time.advance(by: .seconds(1))
    #expect(try await house.status(.scrape, basic("a:secret")) == 401)
    for login in [basic("b:secret"), basic("c:secret"), "Bearer \(token)"] {
        #expect(try await house.status(.scrape, login) == nil, "what was right holds")
    }
    #expect(
        house.log.count("users and tokens not read again") == 1 && house.log.count("users and tokens read again") == 1)
    #expect(house.registry.value("exporter_proxy_auth_files_failing") == 1)
}

@Test func aTokenWhoseFileIsGone_IsGone_AndComesBackWithIt() async throws {
    let house = try Gatehouse("[[token]]\nfile = 'FOLDER/t'\nroles = ['scrape']\n", files: ["t": token])
    func look() async throws -> UInt? {
        house.time.advance(by: .seconds(1))
        return try await house.status(.scrape, "Bearer \(token)")
    }
    #expect(try await look() == nil)
    try FileManager.default.removeItem(atPath: house.folder.file("t"))
    for _ in 0..<3 { #expect(try await look() == 401) }
    #expect(house.log.count("No such file") == 1)
    #expect(house.registry.value("exporter_proxy_auth_files_failing") == 1)
    _ = try house.folder.write(token, to: "t")
    #expect(try await look() == nil)
    #expect(house.registry.value("exporter_proxy_auth_files_failing") == 0)
}

@Test func aProblemThatStays_IsSaidEveryHour() async throws {
    let house = try houseOfThreeFiles()
    func look(after seconds: Int) async throws -> Int {
        house.time.advance(by: .seconds(seconds))
        _ = try await house.status()
        return house.log.count("users and tokens not read again")
    }
    _ = try house.folder.write("a:plain\n", to: "u")
    #expect(try await look(after: 1) == 1)
    #expect(try await look(after: 3599) == 1)
    #expect(try await look(after: 1) == 2)
    #expect(house.registry.value("exporter_proxy_auth_file_failures_total") == 1)
    // Another problem is said at once.
    _ = try house.folder.write("short", to: "t")
    #expect(try await look(after: 1) == 3)
    #expect(house.registry.value("exporter_proxy_auth_file_failures_total") == 2)
    #expect(house.registry.value("exporter_proxy_auth_files_failing") == 2)
}

@Test func aUserMayMoveToAnotherFile_AndAConflictKeepsNoOtherFileOut() async throws {
    let house = try houseOfThreeFiles()
    _ = try house.folder.write("a:\(Hashes.secret)\n", to: "u")
    _ = try house.folder.write("basic_auth_users:\n  b: \(Hashes.secret)\n", to: "w.yml")
    house.time.advance(by: .seconds(1))
    #expect(try await house.status(.admin, basic("b:secret")) == nil)
    #expect(try await house.status(.admin, basic("c:secret")) == 401)
    #expect(house.registry.value("exporter_proxy_auth_files_failing") == 0)
    _ = try house.folder.write("basic_auth_users:\n  a: \(Hashes.other)\n", to: "w.yml")
    _ = try house.folder.write(token + "x", to: "t")
    house.time.advance(by: .seconds(1))
    #expect(try await house.status(.scrape, "Bearer \(token)x") == nil)
    #expect(try await house.status(.admin, basic("b:secret")) == nil && house.log.count("has a password already") == 1)
    #expect(house.registry.value("exporter_proxy_auth_files_failing") == 1)
}

@Test func aWebConfigFileThatLosesItsUsers_DoesNotOpenTheDoor() async throws {
    let house = try Gatehouse(
        "config_file = 'FOLDER/w.yml'", files: ["w.yml": "basic_auth_users:\n  a: \(Hashes.secret)\n"])
    #expect(try await house.status(.admin, basic("a:secret")) == nil)
    _ = try house.folder.write("", to: "w.yml")
    for _ in 0..<2 {
        house.time.advance(by: .seconds(1))
        #expect(try await house.status(.scrape) == 401)
    }
    #expect(house.log.count("not read again") == 1)
    try house.reload("config_file = 'FOLDER/w.yml'")
    #expect(try await house.status(.scrape) == nil)
}

@Test func aReload_ThatCannotBe_ChangesNothing() async throws {
    let house = try Gatehouse("basic_auth_file = 'FOLDER/u'", files: ["u": "a:\(Hashes.secret)", "bad": "a:b"])
    #expect(throws: AccessProblems.self) { try house.reload("basic_auth_file = 'FOLDER/bad'") }
    #expect(throws: AccessProblems(["cannot read \(house.folder.file("none")): No such file or directory"])) {
        try house.reload("basic_auth_file = 'FOLDER/none'")
    }
    #expect(try await house.status(.scrape, basic("a:secret")) == nil)
    try house.reload("")
    #expect(try await house.status(.scrape) == nil)
}

// MARK: web.config_file

@Test func theWebConfigFile_HasUsersHeadersAndARateLimit() async throws {
    let house = try Gatehouse(
        "config_file = 'FOLDER/w.yml'",
        files: [
            "w.yml":
                """
            basic_auth_users:
              a: \(Hashes.secret)
            http_server_config:
              headers: {X-Frame-Options: deny}
            rate_limit: {interval: 1s, burst: 3}
            """
        ])
    #expect(house.access.responseHeaders.map(\.value) == ["deny"] && house.access.tls == nil)
    #expect(try await house.status(.admin, basic("a:secret")) == nil)
    #expect(try await house.status(.health) == nil)
    #expect(try await house.status(.scrape) == 401)
    let refused = try #require(try await house.ask(.health))
    #expect(refused.status == .tooManyRequests && refused.values("Retry-After") == ["1"])
    #expect(house.count(.rateLimited) == 1)
    house.time.advance(by: .seconds(1))
    #expect(try await house.status(.health) == nil)
}

// MARK: Browsers

@Test(
    arguments: [
        ([], nil), ([("Origin", "http://proxy:6555")], nil), ([("Origin", "https://PROXY:6555")], nil),
        ([("Origin", "http://evil.example")], 403), ([("Origin", "null")], 403), ([("Origin", "")], 403),
        ([("Sec-Fetch-Site", "same-origin"), ("Origin", "https://outer.example")], nil),
        ([("Sec-Fetch-Site", "none")], nil), ([("Sec-Fetch-Site", "cross-site")], 403),
        ([("Sec-Fetch-Site", "same-site"), ("Origin", "http://proxy:6555")], 403),
    ] as [([(String, String)], UInt?)])
func aPageOfAnotherSite_ChangesNothing(headers: [(String, String)], status: UInt?) async throws {
    let house = try Gatehouse("")
    for (method, right) in [(.POST, .push(job: "x")), (.PUT, .admin), (.DELETE, .push(job: nil))]
        as [(HTTPMethod, HTTPRight)]
    {
        let answer = try await house.ask(right, method: method, headers: headers + [("Host", "proxy:6555")])
        #expect(answer?.status.code == status, "\(method)")
    }
    // To read is no change.
    #expect(try await house.ask(.scrape, headers: headers) == nil)
    #expect(try await house.ask(.admin, headers: headers) == nil)
}

// MARK: Words

@Test func refusedLogins_AreSaidOncePerPeerAndMinute_WithoutSecrets() async throws {
    let house = try house()
    _ = try await house.ask(.scrape, peer: "192.0.2.9")
    #expect(house.log.all.isEmpty)
    for number in 0..<5 { _ = try await house.ask(.scrape, basic("pusher:wrong \(number)")) }
    _ = try await house.ask(.scrape, basic("pusher:secret"), peer: "192.0.2.2")
    #expect(house.log.count("login refused") == 2)
    #expect(house.log.all.first?.contains("outcome=wrong peer=192.0.2.1") == true)
    #expect(house.log.count("user 'pusher' has not the role 'scrape'") == 1)
    for number in 0..<100 { _ = try await house.ask(.scrape, "x", peer: "192.0.2.\(number + 10)") }
    #expect(house.log.count("login refused") == RefusedPeers.peersMax)
    house.time.advance(by: .seconds(60))
    _ = try await house.ask(.scrape, "x")
    #expect(house.log.count("unsaid=82") == 1)
    #expect(house.log.count("wrong 1") == 0 && house.log.count("secret") == 0)
}

@Test(
    arguments: [
        ("", "0.0.0.0", 3), ("", "127.0.0.1", 0), ("", "127.1.2.3", 0), ("", "::1", 0), ("", "localhost", 0),
        ("", "::", 3), ("", "proxy.example", 3), ("protect = ['push', 'admin']", "0.0.0.0", 1),
        ("protect = []", "::", 3),
    ] as [(String, String, Int)])
func whatIsOpenToANetwork_IsSaid(more: String, host: String, count: Int) throws {
    let address = HostPort(host: host, port: 6555)
    let house = more.isEmpty ? try Gatehouse("") : try house(more)
    #expect(house.access.openRights(listening: address).count == count)
    house.access.warnOfOpenRights(listening: address)
    #expect(house.log.count("whoever reaches the port needs no login") == (count > 0 ? 1 : 0))
}

@Test func aUserWithoutAPassword_IsNamed_AndIsNoObstacle() async throws {
    let house = try Gatehouse(
        "basic_auth_file = 'FOLDER/u'\n[[user]]\nname = 'gone'\nroles = ['admin']\n", files: ["u": "a:\(Hashes.secret)"]
    )
    #expect(house.log.count("user 'gone' has no password, and so cannot log in") == 1)
    #expect(try await house.status(.admin, basic("gone:secret")) == 401)
    #expect(try await house.status(.admin, basic("a:secret")) == nil)
}

// MARK: Configuration

@Test(arguments: [
    ("basic_auth_roles = ['read']", "web.basic_auth_roles", "expected an array of"),
    ("protect = 'push,reed'", "web.protect", "expected an array of"),
    ("[[user]]\nroles = ['push']", "web.user[0].name", "is missing"),
    ("[[user]]\nname = 'a:b'\nroles = ['push']", "web.user[0].name", "expected a user name of 1 to 255 bytes"),
    ("[[user]]\nname = 'a'", "web.user[0].roles", "is missing: expected an array of"),
    ("[[user]]\nname = 'a'\nroles = ['push']\npassword_hash = 'x'", "web.user[0].password_hash", "expected a bcrypt"),
    ("[[user]]\nname = 'a'\nroles = []\njobs = 'x'", "web.user[0].jobs", "expected an array of patterns"),
    ("[[user]]\nname = 'a'\nroles = []\n[[user]]\nname = 'a'\nroles = []", "web.user", "2 users are named 'a'"),
    ("[[user]]\nname = 'a'\nroles = []\nrole = 1", "web.user[0].role", "unknown key, did you mean 'roles'?"),
    ("[[token]]\nroles = []", "web.token[0].file", "is missing"),
    ("[[token]]\nfile = 't'", "web.token[0].roles", "is missing: expected an array of"),
])
func aProblemOfTheConfiguration_IsSaidWithItsKey(toml: String, key: String, reason: String) throws {
    let error = try #require(throws: Gatehouse.BadConfiguration.self) { try Gatehouse(toml) }
    #expect(error.problems.count == 1 && error.problems[0].keyPath == key, "\(error.problems)")
    #expect(error.problems[0].reason.hasPrefix(reason), "\(error.problems)")
}

@Test(arguments: [
    ("[[token]]\nfile = 'FOLDER/f'\nroles = []", "short", "f: the token has 5 bytes, expected at least 16"),
    ("[[token]]\nfile = 'FOLDER/f'\nroles = []", "0123456789 abcdef", "f: the token has white space in it"),
    (
        "[[token]]\nfile = 'FOLDER/f'\nroles = []", String(repeating: "a", count: 2049),
        "f: the token has 2049 bytes, expected at most 2048"
    ),
    (
        "[[token]]\nfile = 'FOLDER/f'\nroles = []\n[[token]]\nfile = 'FOLDER/f'\nroles = []", token,
        "f: another token is the same"
    ),
    ("basic_auth_file = 'FOLDER/f'", "a:\(Hashes.secret)\na:\(Hashes.other)\n", "f:2: user 'a' has a password already"),
    (
        "basic_auth_file = 'FOLDER/f'\n[[user]]\nname = 'a'\nroles = []\npassword_hash = '\(Hashes.secret)'",
        "a:\(Hashes.other)\n", "f:1: user 'a' has a password already"
    ),
    ("config_file = 'FOLDER/f'", "nothing: 1\n", "f:1: nothing: unknown key"),
    (
        "config_file = 'FOLDER/f'\n[[user]]\nname = 'a'\nroles = []\npassword_hash = '\(Hashes.secret)'",
        "basic_auth_users:\n  a: \(Hashes.secret)\n", "f: basic_auth_users: user 'a' has a password already"
    ),
])
func aProblemOfAFile_IsSaidWithItsPath(toml: String, file: String, problem: String) throws {
    let error = try #require(throws: AccessProblems.self) { try Gatehouse(toml, files: ["f": file]) }
    #expect(error.lines.count == 1 && error.lines[0].split(separator: "/").last?.hasPrefix(problem) == true, "\(error)")
}

@Test func twoSpellingsOfAName_AreTwoUsers() async throws {
    let house = try Gatehouse(
        "basic_auth_file = 'FOLDER/u'", files: ["u": "e\u{301}:\(Hashes.secret)\n\u{e9}:\(Hashes.other)\n"])
    #expect(try await house.status(.scrape, basic("e\u{301}:secret")) == nil)
    #expect(try await house.status(.scrape, basic("\u{e9}:secret")) == 401)
    #expect(try await house.status(.scrape, basic("\u{e9}:other")) == nil)
}
