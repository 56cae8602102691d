import Foundation
import Testing

@testable import ExporterProxy

private func store() -> SnapshotStore {
    let store = SnapshotStore()
    _ = store.replace(with: Snapshot("b", "m 1\nn 2\n", at: .example.advanced(by: .seconds(-2))))
    _ = store.replace(
        with: Snapshot(
            "a \"quoted\" \u{1f600}\\", "x 1\n", door: .unix, address: "/run/x.sock",
            at: .example.advanced(by: .seconds(-301))))
    let polled = Snapshot(
        "p", "y 1\n", door: .poll, address: "external_poll: h:1", labels: ["site": "north", "a": "\"b"],
        at: .example)
    _ = store.replace(with: polled)
    store.noteFailure(of: "p", .init(origin: polled.origin, at: .example, reason: "status 500, only 200 counts"))
    store.noteFailure(of: "never", .init(origin: .init(.poll, "external_poll: h:2"), at: .example, reason: "refused"))
    return store
}

private func appsList(_ store: SnapshotStore) -> AppsList {
    let merged = MergedExposition(store: store, threads: .singleton, time: { .example })
    return AppsList(store, merged.composition(), now: .example)
}

private let list = appsList(store())

@Test func appsList_IsInOrderOfName_WithTheStateOfEach() {
    #expect(list.apps.map(\.name) == ["a \"quoted\" \u{1f600}\\", "b", "never", "p"])
    #expect(list.apps.map(\.state) == [.stale, .fresh, .failing, .stale])
}

@Test func appsList_IsJSON_ThatAnotherReaderReads() throws {
    let parsed = try JSONSerialization.jsonObject(with: Data(list.json.utf8)) as? [String: Any]
    let json = try #require(parsed)
    #expect(json["time"] as? String == "2026-11-21T02:55:35.156Z")
    let apps = try #require(json["apps"] as? [[String: Any]])
    #expect(apps.map { $0["name"] as? String } == ["a \"quoted\" \u{1f600}\\", "b", "never", "p"])
    #expect(apps.map { $0["state"] as? String } == ["stale", "fresh", "failing", "stale"])
    #expect(apps.map { $0["door"] as? String } == ["unix", "tcp", "poll", "poll"])
    #expect(apps.map { $0["bytes"] as? Int } == [4, 8, 0, 4])
    #expect(apps.map { $0["lines"] as? Int } == [1, 2, 0, 1])
    #expect(apps.map { $0["age_seconds"] as? Double } == [301, 2, nil, 0])
    #expect(apps[1]["last_update"] as? String == "2026-11-21T02:55:33.156Z")
    #expect(apps[2]["last_update"] is NSNull)
    #expect(apps[3]["labels"] as? [String: String] == ["site": "north", "a": "\"b"])
    #expect(apps[3]["failure"] as? String == "status 500, only 200 counts")
    #expect(apps[0]["failure"] == nil && apps[0]["labels"] == nil)
}

@Test func appsList_IsJSON_WhenItIsEmpty() throws {
    let empty = appsList(SnapshotStore())
    let json = try JSONSerialization.jsonObject(with: Data(empty.json.utf8)) as? [String: Any]
    #expect((json?["apps"] as? [Any])?.isEmpty == true)
}

@Test func appsList_SaysInTheTable_WhatIsStaleAndWhatNeverCame() {
    #expect(list.table.contains("| 2026-11-21 02:50:34.156571713 UTC (stale) | /run/x.sock"))
    #expect(list.table.contains("| never (refused) "))
    #expect(list.table.contains("| 2026-11-21 02:55:33.156571713 UTC         | 127.0.0.1:6554"))
}
