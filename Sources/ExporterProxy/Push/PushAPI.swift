import Exposition
import NIOCore
import Synchronization

/// Pushgateway's API beside the pushes themselves: what is stored, and how it is got rid of.
package struct PushAPI: Sendable {
    private let gateway: PushGateway
    private let queue: HTTPQueue
    private let admin: AdminSwitch
    private let status: @Sendable () -> String

    /// - Parameters:
    ///   - queue: for what looks at all groups.
    ///   - admin: whether wipe and delete by selector are to be had.
    ///   - status: the JSON object that `/api/v1/status` has as its data.
    package init(
        gateway: PushGateway, admin: AdminSwitch, queue: HTTPQueue, status: @escaping @Sendable () -> String
    ) {
        self.gateway = gateway
        self.admin = admin
        self.queue = queue
        self.status = status
    }

    package var all: [HTTPRoute] {
        let adminRight: HTTPRoute.Right = { _, _ in .admin }
        return [
            HTTPRoute(.exactly("/api/v1/status")) { _, _, _ in .now(Self.success(status())) },
            HTTPRoute(.exactly("/api/v1/metrics")) { _, _, loop in groups(loop) },
            HTTPRoute(.exactly("/api/v1/metrics"), methods: [.DELETE], right: adminRight) { request, _, loop in
                delete(request, loop)
            },
            HTTPRoute(.exactly("/api/v1/admin/wipe"), methods: [.PUT, .POST], right: adminRight) { _, _, loop in
                wipe(loop)
            },
        ]
    }

    /// Browsers of other sites may read it, as with Pushgateway; none may write.
    private static let crossOrigin = (name: "Access-Control-Allow-Origin", value: "*")

    private static func success(_ data: String) -> HTTPResponse {
        .text(
            .ok, "{\"status\":\"success\",\"data\":\(data)}\n", type: HTTPResponse.json, headers: [crossOrigin])
    }

    private func groups(_ loop: any EventLoop) -> HTTPReply {
        queue.reply(to: "/api/v1/metrics", on: loop) { Self.success(PushListing.json(gateway.groups())) }
    }

    private static let switchedOff = HTTPResponse.refusal(
        .notFound, "404 switched off: web.enable_admin_api = false")

    private func wipe(_ loop: any EventLoop) -> HTTPReply {
        guard admin.isOn else { return .now(Self.switchedOff) }
        return .later(
            submit(.wipe, loop).map { result in
                switch result {
                case .success: HTTPResponse(.accepted)
                case .failure(let error): Self.notDeleted(error, after: PushSelection.Counts())
                }
            })
    }

    private func submit(
        _ record: PushRecord, _ loop: any EventLoop
    ) -> EventLoopFuture<Result<PushOutcome, JournalError>> {
        let promise = loop.makePromise(of: Result<PushOutcome, JournalError>.self)
        gateway.submit(record) { promise.succeed($0) }
        return promise.futureResult
    }

    private static func notDeleted(_ error: JournalError, after done: PushSelection.Counts) -> HTTPResponse {
        let what = done.series == 0 ? "nothing was deleted" : "only \(done.series) series were deleted"
        return .refusal(.serviceUnavailable, "503 \(what): \(error)", headers: [("Retry-After", "1")])
    }

    // MARK: Deletion

    private func delete(_ request: HTTPRequest, _ loop: any EventLoop) -> HTTPReply {
        guard admin.isOn else { return .now(Self.switchedOff) }
        let ageText = request.queryValue("older_than")
        let age = ageText.flatMap(DurationText.parse)
        guard ageText == nil || age != nil else {
            return .now(.refusal(.badRequest, "400 older_than must be a duration, such as 1h"))
        }
        let selectors = request.query.filter { $0.name == "match[]" || $0.name == "match" }.map(\.value)
        guard age != nil || !selectors.isEmpty else {
            return .now(
                .refusal(.badRequest, "400 match[] or older_than must say what is to go; for all, there is wipe"))
        }
        let isDry = request.queryValue("dry_run") == "1" || request.queryValue("dry_run") == "true"
        guard let found = queue.run(on: loop, { try select(selectors, age) }) else { return .now(HTTPQueue.full) }
        let answer = found.flatMap { selection -> EventLoopFuture<HTTPResponse> in
            guard isDry else { return delete(selection.parts()[...], after: .init(), loop) }
            return loop.makeSucceededFuture(
                Self.answer(.init(series: selection.series, groups: selection.groupsLeftEmpty), isDry: true))
        }
        return .later(
            answer.flatMapErrorThrowing { error in
                guard let problem = error as? SelectorProblem else { throw error }
                return .refusal(.badRequest, "400 \(problem.text)")
            })
    }

    /// One part after the other: each is a record of its own.
    private func delete(
        _ parts: ArraySlice<PushSelection>, after done: PushSelection.Counts, _ loop: any EventLoop
    ) -> EventLoopFuture<HTTPResponse> {
        guard let part = parts.first else { return loop.makeSucceededFuture(Self.answer(done, isDry: false)) }
        return submit(.deleteSelected(part), loop).flatMap { result in
            var done = done
            switch result {
            case .success(.removed(let series, let groups)):
                done.series += series
                done.groups += groups
            case .success: break
            case .failure(let error): return loop.makeSucceededFuture(Self.notDeleted(error, after: done))
            }
            return delete(parts.dropFirst(), after: done, loop)
        }
    }

    private static func answer(_ counts: PushSelection.Counts, isDry: Bool) -> HTTPResponse {
        success("{\"series\":\(counts.series),\"groups\":\(counts.groups),\"dry_run\":\(isDry)}")
    }

    private struct SelectorProblem: Error { var text: String }

    private func select(_ texts: [String], _ age: Duration?) throws -> PushSelection {
        let selectors = try texts.map { text in
            do throws(SeriesSelector.Problem) {
                return try SeriesSelector(text)
            } catch {
                throw SelectorProblem(text: "match[]=\(EscapedText.visible(text)): \(error)")
            }
        }
        guard !selectors.isEmpty else { return gateway.select(olderThan: age, where: nil) }
        return gateway.select(olderThan: age) { name, labels in
            selectors.contains { $0.matches(name: name, labels) }
        }
    }
}

/// Whether what deletes much is to be had over HTTP: `web.enable_admin_api`.
package final class AdminSwitch: Sendable {
    private let state: Atomic<Bool>

    package init(_ isOn: Bool) { state = Atomic(isOn) }

    package var isOn: Bool {
        get { state.load(ordering: .relaxed) }
        set { state.store(newValue, ordering: .relaxed) }
    }
}
