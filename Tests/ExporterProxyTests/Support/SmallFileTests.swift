import Glibc
import Testing

@testable import ExporterProxy

@Test func smallFile_IsReadWhole() throws {
    let folder = try TemporaryFolder()
    var random = SeededGenerator(seed: 3)
    let bytes = random.bytes(10_000)
    #expect(try SmallFile.read(try folder.write(bytes, to: "a")) == bytes)
    #expect(try SmallFile.read(try folder.write([], to: "b")) == [])
    #expect(try SmallFile.read(try folder.write([1, 2, 3], to: "c"), bytesMax: 3) == [1, 2, 3])
}

@Test func smallFile_IsRefused_WhenItIsTooLargeOrAbsent() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3, 4], to: "a")
    #expect(throws: SystemError("read \(path)", code: EFBIG)) { try SmallFile.read(path, bytesMax: 3) }
    let absent = folder.file("absent")
    #expect(throws: SystemError("read \(absent)", code: ENOENT)) { try SmallFile.read(absent) }
    #expect(throws: SystemError("read \(folder.path)", code: EISDIR)) { try SmallFile.read(folder.path) }
}

@Test(arguments: [
    ("secret\n", "secret"), ("  secret \nmore\n", "secret"), ("s\r\n", "s"), ("", ""), ("\n", ""), ("s", "s"),
])
func secret_IsTheFirstLineWithoutSpace(content: String, secret: String) throws {
    let folder = try TemporaryFolder()
    #expect(try SmallFile.secret(try folder.write(content, to: "a")) == secret)
}

@Test(arguments: ["secret\r\nmore\r\n", "secret\rmore"])
func secret_IsTheFirstLine_WhateverEndsIt(content: String) throws {
    let folder = try TemporaryFolder()
    #expect(try SmallFile.secret(try folder.write(content, to: "a")) == "secret")
}

@Test func systemError_SaysWhatCouldNotBeDone() {
    #expect(
        SystemError("bind 127.0.0.1:1", code: EADDRINUSE).description
            == "cannot bind 127.0.0.1:1: Address already in use")
}

@Test(arguments: [(" a b\t\n", "a b"), ("", ""), (" \n", ""), ("x", "x")])
func trimmed_HasNoWhiteSpaceAtItsEnds(text: String, trimmed: String) {
    #expect(text.trimmed == trimmed)
}
