import Testing

@testable import ExporterProxy

private func appsList(_ store: SnapshotStore) -> AppsList {
    let merged = MergedExposition(store: store, threads: .singleton, time: { .example })
    return AppsList(store, merged.composition(), now: .example)
}

@Test func sourcesTable_ShowsEachAppAsText() {
    let store = SnapshotStore()
    _ = store.replace(with: Snapshot("<script>alert('x')</script>&\"/", "m 1\n", address: "<b>"))
    store.noteFailure(of: "f", .init(origin: .init(.poll, "h:1"), at: .example, reason: "<i>why</i>"))
    let html = SourcesTable.html(appsList(store))
    #expect(!html.contains("<script") && !html.contains("<b>") && !html.contains("<i>"))
    #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;/</a>"))
    #expect(html.contains("href=\"/apps/%3Cscript%3Ealert%28%27x%27%29%3C%2Fscript%3E%26%22%2F/metrics\""))
    #expect(html.contains("<small>&lt;i&gt;why&lt;/i&gt;</small>"))
    #expect(html.contains("<h2>2 sources</h2>"))
}

@Test func sourcesTable_SaysSo_WhenNobodyHasSentAnything() {
    let html = SourcesTable.html(appsList(SnapshotStore()))
    #expect(html == "<h2>0 sources</h2>\n<p>Nobody has sent anything yet.</p>")
}

/// It has a table of its own.
@Test func sourcesTable_LeavesOutWhatWasPushedOverHTTP() {
    let store = SnapshotStore()
    _ = store.replace(with: Snapshot("push: {job=\"j\"}", "m 1\n", door: .push, address: "/metrics/job/j"))
    _ = store.replace(with: Snapshot("a", "n 1\n"))
    let html = SourcesTable.html(appsList(store))
    #expect(html.contains("<h2>1 source</h2>") && !html.contains("push:"))
}
