import Foundation
import TestSupport
import Testing

/// Users, tokens and roles, at the program's own routes.
@Suite(.sharesMachine)
struct AccessTests {
    /// Of "secret" and "other", at the least cost; and one of "secret" that takes a tenth of a second.
    private static let secret = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
    private static let other = "$2b$04$abcdefghijklmnopqrstuu0HtfOlPbTiymk5tcV.3TsFPDd3SYZqu"
    private static let dear = "$2b$10$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
    private static let token = "0123456789abcdef"

    private static func basic(_ login: String) -> String {
        "Authorization: Basic " + Data(login.utf8).base64EncodedString()
    }

    /// A configuration with files in a folder of its own.
    private static func access(_ users: String, in folder: TemporaryFolder) throws -> String {
        let passwords = try folder.write("users", users)
        let token = try folder.write("token", token + "\n")
        return """

            [web]
            enable_lifecycle = true
            basic_auth_file = "\(passwords)"
            [[web.user]]
            name = "pusher"
            roles = ["push"]
            jobs = ["ci-*"]
            [[web.user]]
            name = "admin"
            roles = ["admin"]
            [[web.token]]
            file = "\(token)"
            roles = ["scrape"]
            """
    }

    @Test func everyRoute_AsksForItsRole() async throws {
        let folder = try TemporaryFolder()
        let users = "pusher:\(Self.secret)\nadmin:\(Self.secret)\n"
        try await withProxy(more: try Self.access(users, in: folder)) { proxy in
            let pusher = Self.basic("pusher:secret")
            let admin = Self.basic("admin:secret")
            let scraper = "Authorization: Bearer \(Self.token)"
            let rows: [(method: String, path: String, none: Int, pusher: Int, scraper: Int, admin: Int)] = [
                ("GET", "/-/healthy", 200, 200, 200, 200), ("GET", "/-/ready", 200, 200, 200, 200),
                ("GET", "/metrics", 401, 403, 200, 403), ("HEAD", "/metrics", 401, 403, 200, 403),
                ("GET", "/apps", 401, 403, 200, 403), ("GET", "/", 401, 403, 200, 403),
                ("GET", "/apps/none/metrics", 401, 403, 404, 403), ("GET", "/-/metrics", 401, 403, 200, 403),
                ("POST", "/metrics/job/ci-1", 401, 200, 403, 403), ("PUT", "/metrics/job/ci-1", 401, 200, 403, 403),
                ("DELETE", "/metrics/job/ci-1", 401, 202, 403, 403), ("POST", "/metrics/job/x", 401, 403, 403, 403),
                ("DELETE", "/metrics/job/x", 401, 403, 403, 403), ("POST", "/metrics", 401, 403, 403, 403),
                ("PUT", "/metrics/job@base64/eA", 401, 403, 403, 403), ("POST", "/-/reload", 401, 403, 403, 200),
                // Switched off: there is nothing, for whoever could do it.
                ("PUT", "/api/v1/admin/wipe", 401, 403, 403, 404),
            ]
            for row in rows {
                for (header, status) in [
                    (nil, row.none), (pusher, row.pusher), (scraper, row.scraper), (admin, row.admin),
                    (Self.basic("pusher:wrong"), row.none), (Self.basic("nobody:secret"), row.none),
                ] as [(String?, Int)] {
                    let answer = try proxy.get(
                        row.path, method: row.method, headers: [header, "Content-Length: 0"].compactMap(\.self))
                    #expect(answer.status == status, "\(row.method) \(row.path) \(header ?? "")")
                    #expect((answer.header("WWW-Authenticate") == nil) == (status != 401))
                }
            }
            #expect(!proxy.log.contains("secret") && !proxy.log.contains(Self.token))
        }
    }

    /// A second for the look at the file, and what a busy machine takes.
    @Test func whoIsStruckOff_IsOutSoon_AndABadFileChangesNothing() async throws {
        let folder = try TemporaryFolder()
        try await withProxy(more: try Self.access("a:\(Self.secret)\n", in: folder)) { proxy in
            func status(_ login: String) throws -> Int {
                try proxy.get("/metrics", headers: [Self.basic(login)]).status
            }
            #expect(try status("a:secret") == 200)
            _ = try folder.write("users", "a:plain\n")
            try await wait(until: "the mistake is said") {
                try status("a:secret") == 200 && proxy.log.contains("users:1")
            }
            _ = try folder.write("users", "a:\(Self.other)\n")
            try await wait(until: "the password has changed") { try status("a:secret") == 401 }
            #expect(try status("a:other") == 200)
        }
    }

    /// Hashing must not keep out who needs none.
    @Test func aFloodOfLogins_KeepsNobodyOut_WhoNeedsNoHash() async throws {
        let folder = try TemporaryFolder()
        try await withProxy(more: try Self.access("a:\(Self.dear)\n", in: folder)) { proxy in
            let flood = Task.detached {
                var statuses: [Int: Int] = [:]
                let clients = try (0..<150).map { _ in try SocketClient.tcp(proxy.httpPort) }
                for (number, client) in clients.enumerated() {
                    let login = Self.basic("a:wrong \(number)")
                    try client.send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(login)\r\n\r\n")
                }
                for client in clients {
                    guard case .closed(let bytes) = try client.readToEnd() else { continue }
                    statuses[try HTTPAnswer(bytes).status, default: 0] += 1
                }
                return statuses
            }
            var slowest = Duration.zero
            for _ in 0..<100 {
                let begin = ContinuousClock.now
                #expect(try proxy.get("/metrics", headers: ["Authorization: Bearer \(Self.token)"]).status == 200)
                slowest = max(slowest, ContinuousClock.now - begin)
            }
            #expect(slowest < .seconds(1), "a scrape took \(slowest) during the flood")
            let statuses = try await flood.value
            #expect(Set(statuses.keys).isSubset(of: [401, 503]) && statuses[503, default: 0] > 0, "\(statuses)")
        }
    }

    @Test func theFlagsOfGravelAndPrometheus_AreTaken() async throws {
        let folder = try TemporaryFolder()
        let users = try folder.write("users", Self.secret + "\n")
        let web = try folder.write("web.yml", "basic_auth_users:\n  a: \(Self.secret)\n")
        func check(_ arguments: String...) async throws -> (exit: ChildProcess.Exit, output: String, errors: String) {
            try await run(
                ProxyProcess.program, ["check", "-c", "\(Tool.repository)/config.toml"] + arguments, input: [],
                environment: ProxyProcess.environment)
        }
        #expect(try await check("--basic-auth-file", users).exit == .status(0))
        #expect(try await check("--web.config.file=\(web)").exit == .status(0))
        let wrong = try folder.write("wrong", "a:\(Self.secret)\nb:plain\n")
        let refused = try await check("--basic-auth-file", wrong)
        #expect(refused.exit == .status(78))
        #expect(refused.errors.hasPrefix("exporter-proxy: \(wrong):2: expected a bcrypt hash"), "\(refused.errors)")
        let absent = try await check("--web.config.file", folder.path("absent"))
        #expect(absent.exit == .status(78) && absent.errors.contains("cannot read \(folder.path("absent"))"))
        let serve = try await run(
            ProxyProcess.program, ["--basic-auth-file", wrong], input: [], environment: ProxyProcess.environment)
        #expect(serve.exit == .status(78) && serve.errors.contains("\(wrong):2: "), "\(serve.errors)")
    }

    @Test func aFileWithoutNames_AsksOnlyWhoPushes() async throws {
        let folder = try TemporaryFolder()
        let users = try folder.write("users", "\(Self.other)\n\(Self.secret)\n")
        let more = "\n[web]\nbasic_auth_file = \"\(users)\"\nprotect = [\"push\", \"admin\"]\n"
        try await withProxy(more: more) { proxy async throws in
            func push(_ headers: String...) throws -> Int {
                try proxy.get("/metrics/job/x", method: "POST", headers: headers + ["Content-Length: 0"]).status
            }
            #expect(try push() == 401)
            #expect(try push("Authorization: Basic secret") == 200)
            #expect(try push(Self.basic("whoever:other")) == 200)
            #expect(try push(Self.basic("whoever:wrong")) == 401)
            #expect(try proxy.get("/metrics").status == 200)
            #expect(try proxy.ownSample(#"exporter_proxy_auth_requests_total{outcome="admitted"}"#) == 2)
        }
    }

    @Test func aPageOfAnotherSite_CannotPush() async throws {
        try await withProxy { proxy async throws in
            func push(_ origin: String) throws -> Int {
                try proxy.get("/metrics/job/x", method: "POST", headers: [origin, "Content-Length: 0"]).status
            }
            #expect(try push("Origin: http://evil.example") == 403)
            #expect(try push("Origin: http://127.0.0.1") == 200)
            #expect(try push("X-Origin: none") == 200)
        }
    }
}
