import Testing

@testable import ExporterProxy

struct JSONWordTests {
    enum Sought: CaseIterable {
        case marks, controls, beyondASCII

        func has(_ byte: UInt8) -> Bool {
            switch self {
            case .marks: byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
            case .controls: byte < 0x20
            case .beyondASCII: byte >= 0x80
            }
        }

        func hits(_ word: JSONWord) -> UInt64 {
            switch self {
            case .marks: word.marks
            case .controls: word.controls
            case .beyondASCII: word.beyondASCII
            }
        }
    }

    /// Beside all bytes that could make a false hit.
    @Test(arguments: Sought.allCases)
    func first_IsFound_WhateverStandsBesideIt(sought: Sought) {
        for byte in UInt8.min ... .max {
            for neighbour in UInt8.min ... .max {
                var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 19)
                (bytes[12], bytes[13]) = (byte, neighbour)
                let first = bytes.prefix(16).firstIndex(where: sought.has)
                let found = bytes.withUnsafeBytes { JSONWord.skip($0, from: 0) { word, _ in sought.hits(word) } }
                #expect(found == first ?? 16, "\(byte) \(neighbour)")
            }
        }
    }

    /// What is looked for stands at the end.
    @Test(arguments: [(0, 0), (7, 0), (8, 7), (9, 8), (15, 8), (16, 15)])
    func bytesBehindTheLastWhole8_AreLeft(count: Int, found: Int) {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: max(0, count - 1)) + (count > 0 ? [0x0A] : [])
        let skipped = bytes.withUnsafeBytes { JSONWord.skip($0, from: 0) { word, _ in word.marks | word.controls } }
        #expect(skipped == found)
        bytes.withUnsafeBytes { bytes in
            let end = JSONWord.skip(bytes, from: bytes.count) { word, _ in word.controls }
            #expect(end == bytes.count)
        }
    }
}
