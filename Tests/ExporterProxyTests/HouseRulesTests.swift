import Foundation
import Testing

/// What would be said twice in review, said once.
struct HouseRulesTests {
    /// From the ground up; rooms of one entry are siblings, and `pipes` may use each other.
    static let floors = [
        ["Support"], ["Telemetry", "Net", "HTTP", "Security"], ["Store"], ["Scrape"],
        ["Receiver", "Poll", "Push", "Events", "Discovery", "Tunnel"],
        ["Web"], ["Configuration"], ["Command"],
    ]
    /// Telemetry, Net and HTTP are one room as far as names go: HTTP counts with Telemetry's instruments.
    static let pipes: Set = ["Telemetry", "Net", "HTTP", "Security"]

    static func files() throws -> [(path: String, text: String)] {
        try Repository.swiftFiles(under: Repository.sources)
    }

    /// Without comments and the text of string literals.
    static func code(_ text: String) -> String {
        text.replacing(/"""[\s\S]*?"""/, with: "\"\"").split(separator: "\n", omittingEmptySubsequences: false).map {
            line in
            let bare = line.replacing(/"(?:[^"\\]|\\.)*"/, with: "\"\"")
            return bare.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init)
                ?? ""
        }.joined(separator: "\n")
    }

    @Test func everyRoom_HasItsFloor() throws {
        let rooms = Set(try Self.files().compactMap { $0.path.split(separator: "/").first.map(String.init) })
        #expect(rooms.subtracting(Self.floors.joined()).isEmpty, "rooms without a floor")
    }

    @Test func rooms_NameOnlyLowerFloors() throws {
        var floor: [String: Int] = [:]
        for (number, rooms) in Self.floors.enumerated() { for room in rooms { floor[room] = number } }
        var owner: [String: String] = [:]
        var files: [(room: String, path: String, words: Set<Substring>)] = []
        /// Names that are also a type within another one, and the rooms of these.
        var nested: [String: Set<String>] = [:]
        for (path, text) in try Self.files() {
            let room = String(path.prefix { $0 != "/" })
            for match in text.matches(
                of: /(?m)^(?:public |package |final |indirect )*(?:struct|class|enum|actor|protocol|typealias) (\w+)/)
            {
                owner[String(match.1)] = room
            }
            for match in text.matches(of: /(?m)^ +[a-z ]*(?:struct|class|enum|actor|protocol|typealias) (\w+)/) {
                nested[String(match.1), default: []].insert(room)
            }
            let words = Self.code(text).split { !$0.isLetter && !$0.isNumber && $0 != "_" }
            files.append((room, path, Set(words)))
        }
        #expect(owner.count > 50)
        for file in files {
            for (type, home) in owner where home != file.room && file.words.contains(Substring(type)) {
                let homes = [home] + nested[type, default: []].sorted()
                let isBelow = homes.contains { $0 == file.room || (floor[$0] ?? 0) < (floor[file.room] ?? 0) }
                let isPipe = Self.pipes.contains(home) && Self.pipes.contains(file.room)
                #expect(isBelow || isPipe, "\(file.path) names \(type) of \(home)")
            }
        }
    }

    @Test(arguments: [
        ("try!", #"\btry!"#), ("as!", #"\bas!"#), ("a loose Task", #"\bTask\s*(?:\.detached\s*)?(?:\([^)]*\)\s*)?\{"#),
        ("all of Foundation", #"(?m)^\s*import Foundation\b"#), ("a fatalError", #"\bfatalError\("#),
        ("nonisolated(unsafe)", #"nonisolated\(unsafe\)"#), ("@unchecked Sendable", #"@unchecked\s+Sendable"#),
        ("an unfinished thought", #"\b(?:TODO|FIXME|XXX)\b"#),
    ])
    func sources_DoWithout(what: String, pattern: String) throws {
        let expression = try Regex(pattern)
        for (path, text) in try Self.files() {
            let found = what == "an unfinished thought" ? text : Self.code(text)
            #expect(found.firstMatch(of: expression) == nil, "\(path) has \(what)")
        }
    }

    @Test func package_IsBuiltWithItsChecks() throws {
        let manifest = try Repository.text(of: "Package.swift")
        #expect(!manifest.contains("-Ounchecked") && !manifest.contains("unsafeFlags"))
        #expect(manifest.contains("treatAllWarnings(as: .error)"))
    }

    @Test func guests_KeepToTheirRooms() throws {
        let rooms: [String: Set<String>] = [
            "CTOML": ["Configuration"], "ArgumentParser": ["Command"],
            "AsyncHTTPClient": ["Poll", "Discovery", "Command"],
            "NIOHTTP1": ["HTTP", "Poll", "Discovery"], "NIOSSL": ["Net", "HTTP", "Poll", "Tunnel"],
            "CCapnp": ["Receiver"],
            "CZlib": ["Store", "HTTP"], "CSnappy": ["HTTP"], "CZstd": ["HTTP"], "CSQLite": ["Store"],
            "CCrypt": ["Security"], "CSodium": ["Security", "HTTP"], "CYAML": ["Support"], "CRE2": ["Push"],
            "Subprocess": ["Discovery"], "SystemPackage": ["Discovery"],
            "CLinux": ["Net", "Receiver", "Support"], "HyperDHT": ["Tunnel", "Command"],
            "Exposition": ["Store", "Web", "Command", "Poll", "Push", "Events", "Discovery"],
        ]
        for (path, text) in try Self.files() {
            let room = String(path.prefix { $0 != "/" })
            for match in text.matches(of: /(?m)^import (\w+)/) {
                guard let allowed = rooms[String(match.1)] else { continue }
                #expect(allowed.contains(room), "\(path) imports \(match.1)")
            }
        }
    }

    @Test func lines_AreAtMost120ColumnsWide() throws {
        for (path, text) in try Self.files() {
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                #expect(line.count <= 120, "\(path):\(index + 1)")
            }
        }
    }

    @Test func unsafeBytes_AreScannedOnlyWhereTheBoundIsSaid() throws {
        for (path, text) in try Self.files() where Self.code(text).contains(/loadUnaligned|storeBytes/) {
            #expect(text.contains("A byte scanner: reads only"), "\(path)")
        }
    }
}
