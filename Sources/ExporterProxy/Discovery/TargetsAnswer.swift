import NIOHTTP1

/// What becomes of a request for `/targets/…`.
package enum TargetsAnswer: Sendable {
    /// `age` is that of the oldest list in it that stands in for what fails; `nil` where none does.
    case list(MergedTargets, age: Duration?)
    /// At least one generator has nothing to give: then nobody gets a part of the list, and takes it for all.
    case failed([GeneratorCache.Answer])
    case notFound(String)
    /// The path is none that could be served.
    case refused(String)
    /// Files cannot be read.
    case unreadable(String)
    case runs([GeneratorCache.Answer], roots: [String])
    /// Nobody has said where targets are.
    case notConfigured
    /// Too many wait, or the proxy is ending.
    case busy
}

extension TargetsAnswer {
    /// Neither with a charset: some readers take nothing but these letters.
    static let type = "application/json"

    func response(to request: HTTPRequest) -> HTTPResponse {
        switch self {
        case .list(let targets, let age): return Self.response(targets, age: age, to: request)
        case .failed(let answers): return Self.failure(answers)
        case .notFound(let path):
            return Self.refusal(.notFound, "404 there is no '\(EscapedText.visible(path))' in the tree of targets")
        case .refused(let reason): return Self.refusal(.badRequest, "400 \(reason)")
        case .unreadable(let reason): return Self.refusal(.internalServerError, "500 \(reason)")
        case .runs(let answers, let roots): return Self.runs(answers, roots)
        case .notConfigured:
            return Self.refusal(.notFound, "404 there is no tree of targets: discovery.root is not set")
        case .busy:
            var response = Self.refusal(.serviceUnavailable, "503 too many requests for targets wait already")
            response.headers.append(("Retry-After", "1"))
            return response
        }
    }

    static func response(_ targets: MergedTargets, age: Duration?, to request: HTTPRequest) -> HTTPResponse {
        var response = HTTPResponse(.ok, headers: [("Content-Type", type)], body: [targets.body])
        response.tag(targets.tag)
        if let age { response.headers.append(("Age", "\(Int(age.seconds))")) }
        return response.conditional(on: request)
    }

    static func refusal(_ status: HTTPResponseStatus, _ sentence: String) -> HTTPResponse {
        .text(status, "{\"error\": \(EscapedText.json(sentence))}\n", type: type)
    }

    /// Names each generator that fails, and why.
    private static func failure(_ answers: [GeneratorCache.Answer]) -> HTTPResponse {
        let failed = answers.compactMap { answer in answer.trouble.map { (answer.generator.name, $0) } }
        let names = failed.prefix(3).map { EscapedText.visible($0.0) }.joined(separator: ", ")
        let more = failed.count > 3 ? " and \(failed.count - 3) more" : ""
        let list = failed.prefix(100).map { name, trouble in
            let text = EscapedText.json(trouble.text)
            return "{\"generator\": \(EscapedText.json(name)), \"reason\": \"\(trouble.reason)\", \"error\": \(text)}"
        }
        let sentence = "500 no list without \(names)\(more): \(failed.first?.1.text ?? "")"
        let body = "{\"error\": \(EscapedText.json(sentence)), \"generators\": [\(list.joined(separator: ", "))]}\n"
        return .text(.internalServerError, body, type: type)
    }

    /// How long each generator took, under the path of its file, as the original has it; and what is wrong with it.
    private static func runs(_ answers: [GeneratorCache.Answer], _ roots: [String]) -> HTTPResponse {
        func member(_ answer: GeneratorCache.Answer, _ value: String) -> String {
            let path = roots[answer.generator.mount] + "/" + answer.generator.file.path
            return "\(EscapedText.json(path)): \(value)"
        }
        let seconds = answers.map { member($0, "\($0.seconds)") }
        let errors = answers.compactMap { answer in
            answer.trouble.map { trouble in
                let details = trouble.details.isEmpty ? trouble.text : trouble.text + "\n" + trouble.details
                return member(answer, EscapedText.json(details))
            }
        }
        let body =
            "{\"generator_run_seconds\": {\(seconds.joined(separator: ", "))}"
            + (errors.isEmpty ? "" : ", \"generator_errors\": {\(errors.joined(separator: ", "))}") + "}\n"
        return .text(errors.isEmpty ? .ok : .internalServerError, body, type: type)
    }
}

extension GeneratorCache.Answer {
    /// Why there is no list, or why it is an old one.
    package var trouble: GeneratorTrouble? {
        switch outcome {
        case .fresh: nil
        case .stale(_, let trouble), .failed(let trouble): trouble
        }
    }

    /// The list that is served, with the time of a stale one.
    var served: (list: ReadyList, staleSince: Moment?)? {
        switch outcome {
        case .fresh(let good): (good.list, nil)
        case .stale(let good, _): (good.list, good.at)
        case .failed: nil
        }
    }
}
