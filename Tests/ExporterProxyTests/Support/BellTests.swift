import Testing

@testable import ExporterProxy

@Test func aBell_EndsTheWait_WhetherItRingsBeforeOrAfter() async {
    let before = Bell()
    before.ring()
    before.ring()
    await before.wait()
    let after = Bell()
    await withTaskGroup(of: Void.self) { group in
        group.addTask { await after.wait() }
        group.addTask { after.ring() }
    }
}

@Test func aBell_CancelsWhatRunsUnderIt() async {
    let bell = Bell()
    await withTaskGroup(of: Void.self) { group in
        group.addTask { await bell.cancels { try? await Task.sleep(for: .seconds(3600)) } }
        group.addTask { bell.ring() }
    }
}

@Test func whatRunsUnderABell_MayEndFirst() async {
    await Bell().cancels {}
}
