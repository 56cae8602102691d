import Exposition
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import ExporterProxy

/// The page over a table and a push door, without a port.
struct PushedPage {
    let store = SnapshotStore()
    let time = ManualTime()
    let gateway: PushGateway
    let merged: MergedExposition
    let status: PageStatus

    init(storePath: String? = nil, hasAdminAPI: Bool = false) {
        gateway = PushGateway(
            PushLimits(), store: store, instruments: PushInstruments(registry: InstrumentRegistry()),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), time: time.source)
        merged = MergedExposition(
            store: store, threads: .singleton, time: time.source, live: [gateway], tell: { _ in })
        status = PageStatus(
            .init(listening: HostPort(host: "127.0.0.1", port: 6555), hasAdminAPI: hasAdminAPI),
            startedAt: .example, storePath: storePath)
    }

    func push(_ labels: [(String, String)], _ body: String) throws {
        let request = PushRequest(
            group: GroupingKey(labels.map { Label($0.0, $0.1) }), manner: .replacing(.group))
        let reader = PushParser(rules: PushRules(), limits: ExpositionLimits())
        let push = try reader.read(ByteBuffer(string: body), request, at: time.source())
        gateway.submit(.push(push)) { result in
            guard case .success(.stored) = result else {
                _ = Issue.record("\(result)")
                return
            }
        }
    }

    func push(job: String, _ body: String) throws { try push([("job", job)], body) }

    func fail(job: String) {
        gateway.submit(.failure(GroupingKey([Label("job", job)]), at: time.source())) { _ in }
    }

    func list(_ search: GroupSearch = GroupSearch(), _ limits: GroupsList.Limits = .init()) -> GroupsList {
        let sources = AppsList(store, merged.composition(), now: time.source())
        return GroupsList(gateway, search, sources, limits: limits)
    }

    func table(_ search: GroupSearch = GroupSearch(), _ limits: GroupsList.Limits = .init()) -> String {
        GroupsTable(list(search, limits), canWipe: status.current.hasAdminAPI).html
    }

    /// What the router answers.
    func ask(_ uri: String, method: HTTPMethod = .GET) async throws -> HTTPResponse {
        let routes = PageRoutes(
            store: store, merged: merged, gateway: gateway, status: status, queue: HTTPQueue(.singleton),
            time: time.source)
        let request = HTTPRequest(method: method, uri: uri, headers: HTTPHeaders())
        switch HTTPRouter(routes.all).answer(request, on: MultiThreadedEventLoopGroup.singleton.any()) {
        case .now(let response): return response
        case .later(let future): return try await future.get()
        }
    }
}

extension HTTPResponse {
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// The text of the parts that bear this class, in their order, with markup left out.
func texts(ofClass name: String, in html: String) -> [String] {
    html.split(separator: "class=\"\(name)\"").dropFirst().map { part in
        let text = part.drop { $0 != ">" }.dropFirst().split(separator: "</span>", omittingEmptySubsequences: false)[0]
            .replacing(/<[^>]*>/, with: "")
        return String(text)
    }
}
