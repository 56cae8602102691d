import Exposition
import NIOCore
import NIOPosix
import Synchronization

/// Pushgateway's API beside the pushes themselves: what is stored, and how it is got rid of.
package struct PushAPI: Sendable {
    private let gateway: PushGateway
    private let threads: NIOThreadPool
    private let admin: AdminSwitch
    private let status: @Sendable () -> String

    /// - Parameters:
    ///   - admin: whether wipe and delete by selector are to be had.
    ///   - status: the JSON object that `/api/v1/status` has as its data.
    package init(
        gateway: PushGateway, admin: AdminSwitch, threads: NIOThreadPool, status: @escaping @Sendable () -> String
    ) {
        self.gateway = gateway
        self.admin = admin
        self.threads = threads
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
        .later(threads.runIfActive(eventLoop: loop) { Self.success(PushListing.json(gateway.groups())) })
    }

    private static let switchedOff = HTTPResponse.refusal(
        .notFound, "404 switched off: web.enable_admin_api = false")

    private func wipe(_ loop: any EventLoop) -> HTTPReply {
        guard admin.isOn else { return .now(Self.switchedOff) }
        return submit(.wipe, loop) { _ in HTTPResponse(.accepted) }
    }

    private func submit(
        _ record: PushRecord, _ loop: any EventLoop, _ answer: @escaping @Sendable (PushOutcome) -> HTTPResponse
    ) -> HTTPReply {
        let promise = loop.makePromise(of: HTTPResponse.self)
        gateway.submit(record) { result in
            switch result {
            case .success(let outcome): promise.succeed(answer(outcome))
            case .failure(let error):
                promise.succeed(
                    .refusal(.serviceUnavailable, "503 nothing was deleted: \(error)", headers: [("Retry-After", "1")]))
            }
        }
        return .later(promise.futureResult)
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
        let found = threads.runIfActive(eventLoop: loop) { try select(selectors, age) }
        let answer = found.flatMap { selection -> EventLoopFuture<HTTPResponse> in
            let counts = Self.counts(series: selection.series, groups: selection.groupsLeftEmpty, isDry: isDry)
            guard !isDry, case .later(let done) = submit(.deleteSelected(selection), loop, Self.deleted) else {
                return loop.makeSucceededFuture(counts)
            }
            return done
        }
        return .later(
            answer.flatMapErrorThrowing { error in
                guard let problem = error as? SelectorProblem else { throw error }
                return .refusal(.badRequest, "400 \(problem.text)")
            })
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

    @Sendable private static func deleted(_ outcome: PushOutcome) -> HTTPResponse {
        guard case .removed(let series, let groups) = outcome else { return counts(series: 0, groups: 0, isDry: false) }
        return counts(series: series, groups: groups, isDry: false)
    }

    private static func counts(series: Int, groups: Int, isDry: Bool) -> HTTPResponse {
        success("{\"series\":\(series),\"groups\":\(groups),\"dry_run\":\(isDry)}")
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
