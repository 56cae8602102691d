import Exposition
import NIOCore
import NIOPosix

/// Where jobs and functions push to: Pushgateway's paths, and Gravel's.
package struct PushRoutes: Sendable {
    private let gateway: PushGateway
    private let settings: PushSettings
    private let instruments: PushInstruments
    private let threads: NIOThreadPool
    private let time: TimeSource

    package init(
        gateway: PushGateway, settings: PushSettings, instruments: PushInstruments, threads: NIOThreadPool,
        time: @escaping TimeSource
    ) {
        self.gateway = gateway
        self.settings = settings
        self.instruments = instruments
        self.threads = threads
        self.time = time
    }

    package var all: [HTTPRoute] {
        [
            HTTPRoute(
                .exactly("/metrics"), methods: [.POST, .PUT], right: HTTPRoute.always(.push(job: nil)),
                bodyLimit: bodyLimit,
                handle: { request, _, loop in push(request, GroupingKey([]), .aggregating, loop) }),
            HTTPRoute(
                .below("/metrics/"), methods: [.POST, .PUT, .DELETE], right: { _, rest in .push(job: job(in: rest)) },
                bodyLimit: bodyLimit, handle: { request, rest, loop in answer(request, rest, loop) }),
        ]
    }

    private var bodyLimit: @Sendable () -> HTTPBodyLimit {
        { [settings] in HTTPBodyLimit(bytes: settings.current.push.bodyBytesMax, key: "push.max_body_bytes") }
    }

    private func path(_ rest: String, _ values: PushSettings.Values) -> PushPath {
        PushPath(rest, takesAnyLabel: values.push.rules.personality == .aggregate, limits: values.limits)
    }

    private func job(in rest: String) -> String? {
        if let job = PushPath.plainJob(rest) { return job }
        guard case .key(let key) = path(rest, settings.current) else { return nil }
        return key.job
    }

    // MARK: Requests

    private func answer(_ request: HTTPRequest, _ rest: String, _ loop: any EventLoop) -> HTTPReply {
        let values = settings.current
        guard values.push.isEnabled else { return .now(Self.switchedOff) }
        switch path(rest, values) {
        case .unknown:
            return .now(.refusal(.notFound, "404 the path of a push is /metrics/job/<job>{/<label>/<value>}"))
        case .moved(let path):
            instruments.count("moved")
            return .now(.refusal(.movedPermanently, "301 see \(path)", headers: [("Location", path)]))
        case .invalid(let reason):
            instruments.count("path")
            return .now(.refusal(.badRequest, "400 \(reason)"))
        case .key(let key):
            if request.method == .DELETE { return delete(key, loop) }
            return push(request, key, manner(of: request, values), loop)
        }
    }

    private static let switchedOff = HTTPResponse.refusal(
        .notFound, "404 pushing is switched off: push.enabled = false")

    private func manner(of request: HTTPRequest, _ values: PushSettings.Values) -> PushRequest.Manner {
        if request.queryValue("reset") == "1", request.method == .PUT { return .replacing(.everything) }
        guard values.push.rules.personality == .replace else { return .aggregating }
        return .replacing(request.method == .PUT ? .group : .families)
    }

    private func delete(_ key: GroupingKey, _ loop: any EventLoop) -> HTTPReply {
        let answer = loop.makePromise(of: HTTPResponse.self)
        gateway.submit(.delete(key)) { [instruments] result in
            instruments.count("deleted")
            switch result {
            case .success: answer.succeed(HTTPResponse(.accepted))
            case .failure(let error): answer.succeed(Self.unavailable(error))
            }
        }
        return .later(answer.futureResult)
    }

    private func push(
        _ request: HTTPRequest, _ key: GroupingKey, _ manner: PushRequest.Manner, _ loop: any EventLoop
    ) -> HTTPReply {
        let values = settings.current
        guard values.push.isEnabled else { return .now(Self.switchedOff) }
        let now = time()
        let said = Self.said(request, key, manner)
        guard case .success(let said) = said else {
            guard case .failure(let refusal) = said else { return .now(Self.switchedOff) }
            return .now(refuse(refusal))
        }
        let body = PushBody(
            contentEncoding: Self.contentEncoding(request),
            contentType: request.headers.first(name: "content-type") ?? "", bytes: request.body)
        if body.isReadAtOnce { return take(body, said, values, now, loop) }
        let answer = loop.makePromise(of: HTTPResponse.self)
        threads.submit { state in
            guard case .active = state else { return answer.succeed(Self.unavailable(.ended)) }
            submit(read(body, said, values, now), began: now) { answer.succeed($0) }
        }
        return .later(answer.futureResult)
    }

    private static func contentEncoding(_ request: HTTPRequest) -> String {
        guard request.headers.contains(name: "content-encoding") else { return "" }
        return request.headers["content-encoding"].joined(separator: ",")
    }

    /// What stands in the query and the head.
    private static func said(
        _ request: HTTPRequest, _ key: GroupingKey, _ manner: PushRequest.Manner
    ) -> Result<PushRequest, PushRefusal> {
        var said = PushRequest(group: key, manner: manner)
        if let text = request.queryValue("clearmode") ?? request.headers.first(name: "clearmode") {
            guard let word = ClearWord(text) else { return .failure(.clearMode(text, line: "")) }
            said.clearMode = word
        }
        if let text = request.headers.first(name: "push-expires-after") {
            guard let duration = DurationText.parse(text), duration > .zero else { return .failure(.timeIsNotNumber) }
            said.expiresAfter = duration
        }
        said.idempotencyKey = request.headers.first(name: "idempotency-key")
        return .success(said)
    }

    // MARK: Pushes

    /// What a body has come to.
    private struct Reading: Sendable {
        /// To be kept and applied.
        var record: PushRecord?
        /// Goes before what becomes of the record.
        var refusal: HTTPResponse?
    }

    /// Answers on the loop where nothing has to be waited for.
    private func take(
        _ body: PushBody, _ said: PushRequest, _ values: PushSettings.Values, _ now: Moment, _ loop: any EventLoop
    ) -> HTTPReply {
        let reading = read(body, said, values, now)
        if let record = reading.record, let outcome = gateway.submitAtOnce(record) {
            return .now(response(reading, .success(outcome), began: now))
        }
        let answer = loop.makePromise(of: HTTPResponse.self)
        submit(reading, began: now) { answer.succeed($0) }
        return .later(answer.futureResult)
    }

    /// May take long where the body is large.
    private func read(
        _ body: PushBody, _ said: PushRequest, _ values: PushSettings.Values, _ now: Moment
    ) -> Reading {
        let text: ByteBuffer
        do throws(PushBody.Failure) {
            text = try body.text(limits: values.limits)
        } catch {
            instruments.count(error.reason)
            return Reading(refusal: .refusal(.init(statusCode: error.status), error.text))
        }
        instruments.bytes.increment(by: text.readableBytes)
        do throws(PushRefusal) {
            let reader = PushParser(rules: values.push.rules, limits: values.limits)
            // What aggregates is never like the last one.
            let example = said.manner == .aggregating ? nil : gateway.example(of: said.group)
            return Reading(record: .push(try reader.read(text, said, at: now, like: example)))
        } catch {
            let record = error.isNoted ? PushRecord.failure(said.group, at: now) : nil
            return Reading(record: record, refusal: refuse(error))
        }
    }

    private func submit(_ reading: Reading, began: Moment, _ answer: @escaping @Sendable (HTTPResponse) -> Void) {
        guard let record = reading.record else { return answer(reading.refusal ?? Self.switchedOff) }
        gateway.submit(record) { answer(response(reading, $0, began: began)) }
    }

    private func response(
        _ reading: Reading, _ result: Result<PushOutcome, JournalError>, began: Moment
    ) -> HTTPResponse {
        if let refusal = reading.refusal { return refusal }
        instruments.duration.observe(time().elapsed(since: began).seconds)
        switch result {
        case .success(.refused(let conflicts)):
            instruments.count(conflicts.first?.kind.rawValue ?? "refused")
            let lines = conflicts.map(\.description).joined(separator: "\n")
            return .refusal(.badRequest, "400 nothing was stored:\n\(lines)")
        case .success:
            instruments.stored.increment()
            return HTTPResponse(.ok)
        case .failure(let error):
            instruments.count("not_kept")
            return Self.unavailable(error)
        }
    }

    private func refuse(_ refusal: PushRefusal) -> HTTPResponse {
        instruments.count(refusal.reason)
        if case .tooManyBytesWithGroup = refusal { return .refusal(.payloadTooLarge, refusal.text) }
        if case .overLimit(let limit) = refusal, limit == .tooManyBytes {
            return .refusal(.payloadTooLarge, refusal.text.replacing("400 ", with: "413 ", maxReplacements: 1))
        }
        return .refusal(.badRequest, refusal.text)
    }

    private static func unavailable(_ error: JournalError) -> HTTPResponse {
        if error == .tooLarge { return .refusal(.payloadTooLarge, "413 nothing was stored: \(error)") }
        return .refusal(
            .serviceUnavailable, "503 nothing was stored: \(error)", headers: [("Retry-After", "1")])
    }
}
