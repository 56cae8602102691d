import Testing

@testable import ExporterProxy

@Test func hexDigits_AreThese_InBothCases() {
    let digits = (UInt8.min ... .max).filter { HexDigit.value(of: $0) != nil }
    #expect(String(decoding: digits, as: UTF8.self) == "0123456789ABCDEFabcdef")
    #expect("0123456789abcdef".utf8.compactMap(HexDigit.value) == Array(0..<16))
    #expect("ABCDEF".utf8.compactMap(HexDigit.value) == Array(10..<16))
}
