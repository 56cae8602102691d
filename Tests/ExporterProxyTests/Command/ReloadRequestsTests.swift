import NIOCore
import NIOEmbedded
import Testing

@testable import ExporterProxy

private func requests(open: Bool = true) -> ReloadRequests { ReloadRequests(web(open)) }

private func web(_ isOpen: Bool) -> Routes.Configuration {
    Routes.Configuration(
        reading: ConfigurationSection("web", ["enable_lifecycle": .boolean(isOpen)], ConfigurationProblems()))
}

@Test func aRequest_IsRefused_WhileReloadingOverHTTPIsOff() throws {
    let loop = EmbeddedEventLoop()
    let requests = requests(open: false)
    #expect(try requests.add(on: loop).wait() == .switchedOff)
    requests.update(web(true))
    let future = requests.add(on: loop)
    for promise in requests.takeAll() { promise.succeed(.done(needRestart: [])) }
    #expect(try future.wait() == .done(needRestart: []))
    requests.update(web(false))
    #expect(try requests.add(on: loop).wait() == .switchedOff)
}

@Test func oneReload_AnswersAllWhoWaited() async throws {
    let loop = NIOAsyncTestingEventLoop()
    let requests = requests()
    let futures = (0..<3).map { _ in requests.add(on: loop) }
    requests.add()
    var calls = requests.calls.makeAsyncIterator()
    _ = await calls.next()
    let waiting = requests.takeAll()
    #expect(waiting.count == 3 && requests.takeAll().isEmpty)
    for promise in waiting { promise.succeed(.failed(["no"])) }
    for future in futures { #expect(try await future.get() == .failed(["no"])) }
    await loop.shutdownGracefully()
}

@Test func tooManyRequests_AreRefused_AndNobodyWaitsForAnEndedOne() throws {
    let loop = EmbeddedEventLoop()
    let requests = requests()
    let futures = (0..<ReloadRequests.waitingMax).map { _ in requests.add(on: loop) }
    #expect(try requests.add(on: loop).wait() == .failed(["too many reloads are waiting"]))
    requests.end()
    for future in futures { #expect(try future.wait() == .isStopping) }
    #expect(try requests.add(on: loop).wait() == .isStopping)
}
