import Foundation
import Glibc
import Testing

@testable import ExporterProxy

private let own = UnixSocketFile.Access(user: geteuid(), group: getegid(), mode: 0o660)

private func status(_ path: String) throws -> stat {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw SystemError("look at \(path)") }
    return status
}

private func exists(_ path: String) -> Bool { (try? status(path)) != nil }

/// A socket file that nobody listens at any more, as a process leaves it that was killed.
private func leaveDeadSocket(at path: String) throws {
    let kept = path + ".kept"
    try listenAndMove(path, to: kept)
    try FileManager.default.moveItem(atPath: kept, toPath: path)
}

private func listenAndMove(_ path: String, to kept: String) throws {
    let listener = try UnixSocketFile.listen(at: path, own)
    try FileManager.default.moveItem(atPath: path, toPath: kept)
    withExtendedLifetime(listener) {}
}

@Test(arguments: [0o660, 0o600, 0o777, 0o000] as [UInt32])
func aSocketFile_HasItsMode_WhateverTheMask(mode: UInt32) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("s")
    let listener = try UnixSocketFile.listen(at: path, .init(user: geteuid(), group: getegid(), mode: mode))
    #expect(try status(path).st_mode & 0o7777 == mode)
    #expect(listener.isUnix && listener.name == path)
}

@Test(.enabled(if: geteuid() == 0, "only root can give files away"))
func aSocketFile_HasItsOwnerAndGroup() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("s")
    let listener = try UnixSocketFile.listen(at: path, .init(user: 12_345, group: 54_321, mode: 0o660))
    #expect(try status(path).st_uid == 12_345 && status(path).st_gid == 54_321)
    withExtendedLifetime(listener) {}
}

@Test func aSocketFile_IsRemovedWithItsListener() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("s")
    var listener: ListeningSocket? = try UnixSocketFile.listen(at: path, own)
    #expect(exists(path))
    listener?.removeFile()
    #expect(!exists(path))
    listener = nil
    listener = try UnixSocketFile.listen(at: path, own)
    #expect(listener != nil && exists(path))
    listener = nil
    #expect(!exists(path))
}

@Test func aSocketFile_IsNotRemoved_WhenItHasBeenReplaced() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("s")
    var listener: ListeningSocket? = try UnixSocketFile.listen(at: path, own)
    try FileManager.default.moveItem(atPath: path, toPath: folder.file("moved"))
    _ = try folder.write("somebody's", to: "s")
    listener?.removeFile()
    #expect(listener != nil)
    listener = nil
    #expect(exists(path))
}

@Test func aDeadSocket_IsReplaced() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("s")
    try leaveDeadSocket(at: path)
    #expect(exists(path))
    let listener = try UnixSocketFile.listen(at: path, own)
    _ = try UnixSocketFile.connect(to: path)
    withExtendedLifetime(listener) {}
}

@Test func aLiveSocket_IsNeverTaken() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("s")
    let first = try UnixSocketFile.listen(at: path, own)
    #expect(throws: UnixSocketError.inUse(path)) { try UnixSocketFile.listen(at: path, own) }
    #expect(throws: UnixSocketError.inUse(path)) { try UnixSocketFile.listen(at: path, own) }
    _ = try UnixSocketFile.connect(to: path)
    withExtendedLifetime(first) {}
}

@Test func ofManyThatStartAtOnce_OneListens() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("s")
    try leaveDeadSocket(at: path)
    let listeners = try await withThrowingTaskGroup(of: ListeningSocket?.self) { group in
        for _ in 0..<8 { group.addTask { try? await onOwnThread { try UnixSocketFile.listen(at: path, own) } } }
        return try await group.reduce(into: []) { if let listener = $1 { $0.append(listener) } }
    }
    #expect(listeners.count == 1)
    _ = try UnixSocketFile.connect(to: path)
}

@Test func whatIsNoSocket_IsLeftAsItIs() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("precious", to: "file")
    let directory = folder.file("directory")
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    let link = folder.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.file("nowhere"))
    for path in [file, directory, link] {
        #expect(throws: UnixSocketError.notASocket(path)) { try UnixSocketFile.listen(at: path, own) }
        #expect(exists(path))
    }
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "precious")
}

@Test(.enabled(if: geteuid() == 0, "only root can give files away"))
func aSocketOfSomebodyElse_IsLeftAsItIs() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("s")
    try leaveDeadSocket(at: path)
    #expect(chown(path, 12_345, 12_345) == 0)
    #expect(throws: UnixSocketError.foreign(path, owner: 12_345)) { try UnixSocketFile.listen(at: path, own) }
    #expect(exists(path))
    let listener = try UnixSocketFile.listen(at: path, .init(user: 12_345, group: 0, mode: 0o600))
    withExtendedLifetime(listener) {}
}

@Test(arguments: ["", String(repeating: "x", count: 108), "/tmp/a\u{0}b"])
func aPathThatNoSocketCanHave_IsRefused(path: String) {
    #expect(throws: UnixSocketError.unusablePath(path, bytesMax: 107)) { try UnixSocketFile.listen(at: path, own) }
    #expect(throws: UnixSocketError.unusablePath(path, bytesMax: 107)) { try UnixSocketFile.connect(to: path) }
}

@Test func aDirectoryThatIsNotThere_IsNamed() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("absent/s")
    #expect(throws: SystemError("open the directory \(folder.file("absent")) for the socket \(path)", code: ENOENT)) {
        try UnixSocketFile.listen(at: path, own)
    }
}

@Test func aDirectoryThatOthersMayWriteTo_IsNotOurs() throws {
    let folder = try TemporaryFolder()
    chmod(folder.path, 0o700)
    try UnixSocketFile.requireOwnDirectory(folder.path)
    chmod(folder.path, 0o777)
    #expect(throws: UnixSocketError.foreign(folder.path, owner: geteuid())) {
        try UnixSocketFile.requireOwnDirectory(folder.path)
    }
    let link = folder.file("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path)
    #expect(throws: (any Error).self) { try UnixSocketFile.requireOwnDirectory(link) }
}

@Test func aPeer_IsKnownByItsProcessOrItsAddress() throws {
    let folder = try TemporaryFolder()
    let unix = try UnixSocketFile.listen(at: folder.file("s"), own)
    let client = try UnixSocketFile.connect(to: folder.file("s"))
    let accepted = OwnedDescriptor(accept(unix.descriptor.raw, nil, nil))
    #expect(PeerCredentials.describe(accepted.raw, isUnix: true) == "uid=\(geteuid()) pid=\(getpid())")
    withExtendedLifetime(client) {}

    let tcp = try ListeningSocket.tcp(HostPort(host: "127.0.0.1", port: 0))
    let address = try #require(HostPort(tcp.name))
    let other = try ClientSocket.connect(to: address)
    let connection = OwnedDescriptor(accept(tcp.descriptor.raw, nil, nil))
    #expect(PeerCredentials.describe(connection.raw, isUnix: false).hasPrefix("127.0.0.1:"))
    #expect(PeerCredentials.describe(-1, isUnix: false) == "unknown")
    #expect(PeerCredentials.describe(-1, isUnix: true) == "unknown")
    withExtendedLifetime(other) {}
}

@Test func aPort_IsSaid_WhenItIsTaken() throws {
    let first = try ListeningSocket.tcp(HostPort(host: "127.0.0.1", port: 0))
    let address = try #require(HostPort(first.name))
    #expect(address.port > 0 && !first.isUnix)
    #expect(throws: SystemError("listen on \(address)", code: EADDRINUSE)) { try ListeningSocket.tcp(address) }
}

@Test func aNumberedSixAddress_IsListenedOn() throws {
    guard let listener = try? ListeningSocket.tcp(HostPort(host: "::1", port: 0)) else { return }
    #expect(listener.name.hasPrefix("[::1]:") && !listener.name.hasSuffix(":0"))
}

@Test func theBudget_GivesOutNoMoreThanItHas() {
    let budget = DescriptorBudget(2)
    #expect(budget.take() && budget.take() && !budget.take() && !budget.take())
    budget.giveBack()
    #expect(budget.take() && !budget.take())
}

@Test func aSocketFile_TakesAnotherMode_WhileItIsOurs() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("s")
    let listener = try UnixSocketFile.listen(at: path, own)
    try listener.setFileAccess(.init(user: geteuid(), group: getegid(), mode: 0o606))
    #expect(try status(path).st_mode & 0o7777 == 0o606)
    _ = try UnixSocketFile.connect(to: path)
    try FileManager.default.removeItem(atPath: path)
    _ = try folder.write("precious", to: "s")
    let before = try status(path).st_mode
    #expect(throws: UnixSocketError.self) { try listener.setFileAccess(own) }
    #expect(try status(path).st_mode == before)
}

@Test(.enabled(if: geteuid() == 0, "only root can give files away"))
func aSocketFile_TakesAnotherOwner() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("s")
    let listener = try UnixSocketFile.listen(at: path, own)
    try listener.setFileAccess(.init(user: 65_534, group: 65_533, mode: 0o640))
    let now = try status(path)
    #expect(now.st_uid == 65_534 && now.st_gid == 65_533 && now.st_mode & 0o7777 == 0o640)
}
