import TestSupport
import Testing

/// A request, and what has to be answered.
struct PushStep: Sendable {
    var request: HTTPRequest
    var statuses: [Int]
    var answerHas: String?

    init(_ request: HTTPRequest, statuses: [Int], answerHas: String? = nil) {
        self.request = request
        self.statuses = statuses
        self.answerHas = answerHas
    }

    func play(against door: any PushDoor, _ name: String) throws {
        let answer = try door.send(request)
        #expect(statuses.contains(answer.status), "\(name): \(request): \(answer.status) \(answer.text.prefix(500))")
        if let answerHas {
            #expect(answer.text.contains(answerHas), "\(name): \(request): \(answer.text.prefix(2000))")
        }
    }
}

/// Requests in order, and what the scrape after them has and lacks.
struct PushSequence: Sendable, CustomTestStringConvertible {
    var name: String
    var steps: [PushStep]
    var has: [String]
    var lacks: [String]
    /// Keys of the proxy.
    var settings: [String: String]
    var testDescription: String { name }

    init(
        _ name: String, _ steps: PushStep..., has: [String] = [], lacks: [String] = [], settings: [String: String] = [:]
    ) {
        (self.name, self.steps, self.has, self.lacks, self.settings) = (name, steps, has, lacks, settings)
    }

    /// Against a proxy that has just begun. Labels without a value are not looked at.
    func play(more: String = "") async throws {
        try await withProxy(settings, more: more) { proxy in
            for step in steps { try step.play(against: proxy, name) }
            try await Self.expect(proxy.scrape(keepsEmptyLabels: false), has: has, lacks: lacks, name)
        }
    }

    static func expect(_ page: ScrapedPage, has: [String], lacks: [String], _ name: String) async throws {
        for line in has { #expect(try page.has(line), "\(name): \(line) in\n\(page.text)") }
        for part in lacks + ["clearmode"] { #expect(page.lacks(part), "\(name): \(part) in\n\(page.text)") }
        #expect(page.repeated == [], "\(name): \(page.text)")
        #expect(try await refusalOfPromtool(of: Array(page.text.utf8)) == nil, "\(name): \(page.text)")
    }
}

/// The line of a request, for the tables: without a path it is to `/metrics`.
func post(_ body: String, _ path: String = "/metrics", _ headers: String..., status: Int = 200) -> PushStep {
    PushStep(HTTPRequest("POST \(path)", body, headers: headers), statuses: [status])
}

func put(_ body: String, _ path: String, _ headers: String..., status: Int = 200) -> PushStep {
    PushStep(HTTPRequest("PUT \(path)", body, headers: headers), statuses: [status])
}

func delete(_ path: String, status: Int = 202) -> PushStep {
    PushStep(HTTPRequest("DELETE \(path)"), statuses: [status])
}
