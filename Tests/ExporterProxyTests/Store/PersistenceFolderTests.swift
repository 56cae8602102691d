import Foundation
import Testing

@testable import ExporterProxy

struct PersistenceFolderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test(arguments: ["a", "a/b/c", "a/"])
    func aFolderThatIsMissing_IsMadeForThisUserOnly(name: String) throws {
        let mask = umask(0)
        defer { umask(mask) }
        let made = try PersistenceFolder.open(folder.file(name), logger: .silent)
        #expect(made.path == folder.file(name))
        #expect(mode(made.path) == 0o700 && mode(made.file) == 0o600 && mode(folder.file("a")) == 0o700)
    }

    @Test func aFolderThatIsThere_StaysAsItIs() throws {
        chmod(folder.path, 0o755)
        _ = try PersistenceFolder.open(folder.path, logger: .silent)
        #expect(mode(folder.path) == 0o755)
    }

    @Test func aSecondProcess_IsRefused_UntilTheFirstHasEnded() async throws {
        let path = folder.path
        let error = try await DiskBench(path).run { _ in
            await #expect(throws: PersistenceError.inUse(path)) { try await DiskBench(path).open() }
        }
        #expect(error?.description == "cannot use the state in \(path): another process has it open")
        try await DiskBench(path).look()
    }

    /// Such as a shell of SQLite that somebody has left open.
    @Test func aFileThatSomebodyReads_IsLeftToHim() async throws {
        try await DiskBench(folder.path).fill(["a"], snapshots: 0)
        let reader = try Database(folder.file("state.sqlite"), creates: false)
        try reader.execute("BEGIN; SELECT * FROM part")
        let bench = DiskBench(folder.path)
        let error = await #expect(throws: PersistenceError.self) { try await bench.open() }
        #expect(
            error?.description.contains("state.sqlite: database is locked (SQLite error 5)") == true,
            "\(error?.description ?? "")")
        #expect(try bench.files().allSatisfy { !$0.contains("damaged") })
        try reader.execute("COMMIT")
        withExtendedLifetime(reader) {}
    }

    @Test func withoutAPath_NothingIsWritten() async throws {
        let bench = DiskBench("")
        let persistence = try await Persistence.open(
            .init(),
            parts: .init(
                store: bench.store, reserved: .init(), keeper: nil, registry: bench.registry, logger: bench.log.logger,
                time: bench.time.source))
        #expect(persistence == nil && bench.log.all == ["info: nothing is kept on disk, store.path is not set"])
        #expect(bench.registry.exposition().isEmpty)
    }

    // MARK: Without rights

    /// Nobody, root neither, makes a folder in a file.
    private func unusable() throws -> String { try folder.write("x", to: "file") + "/state" }

    @Test func aFolderThatCannotBeMade_IsSaidWithTheRemedy() throws {
        let path = try unusable()
        let error = #expect(throws: PersistenceError.self) { try PersistenceFolder.open(path, logger: .silent) }
        #expect(
            error?.description == "cannot make the folder \(path): Not a directory "
                + "(set store.path to another folder, or to \"\" to keep nothing on disk)")
    }

    @Test(arguments: [
        (["XDG_STATE_HOME": "/x", "HOME": "/h"], "/x/exporter-proxy"),
        (["XDG_STATE_HOME": "", "HOME": "/h"], "/h/.local/state/exporter-proxy"),
        (["XDG_STATE_HOME": "relative", "HOME": "/h"], "/h/.local/state/exporter-proxy"),
        (["HOME": "/h"], "/h/.local/state/exporter-proxy"),
    ])
    func theStandardFolder_GivesWayToTheUsersOwn(variables: [String: String], own: String) throws {
        let path = try unusable()
        let log = LogMessages()
        let environment = { (name: String) -> String? in
            variables[name].map { $0.hasPrefix("/") ? folder.path + $0 : $0 }
        }
        let opened = try PersistenceFolder.open(path, standard: path, environment: environment, logger: log.logger)
        #expect(opened.path == folder.path + own)
        #expect(log.all == ["notice: the standard state folder cannot be written, using another one"])
        // What somebody has named is meant as it is.
        #expect(throws: PersistenceError.self) {
            try PersistenceFolder.open(path, environment: environment, logger: log.logger)
        }
    }

    @Test func whereTheUserHasNoFolderEither_BothAreSaid() throws {
        let path = try unusable()
        #expect(throws: PersistenceError.folder(SystemError("make the folder \(path)", code: ENOTDIR))) {
            try PersistenceFolder.open(path, standard: path, environment: { _ in nil }, logger: .silent)
        }
        let error = #expect(throws: PersistenceError.self) {
            try PersistenceFolder.open(path, standard: path, environment: { _ in path }, logger: .silent)
        }
        let text = error?.description ?? ""
        #expect(text.contains("\(path): Not a directory, and cannot make the folder \(path)/exporter-proxy"), "\(text)")
    }
}
