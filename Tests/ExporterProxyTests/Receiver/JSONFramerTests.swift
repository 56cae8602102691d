import Testing

@testable import ExporterProxy

@Test(arguments: [
    #"{"a":"x"}"#, #"{}"#, #"{"a":["x","y"],"b":"z"}"#, #"{"a":"}]\"}"}"#, #"{"a":"\\"}"#, #"{"a":"\\\""}"#,
    "{\"é\":\"😀\"}",
    "{ \n}", #"{"a":"\u007d"}"#,
])
func jsonFramer_FindsTheEnd_HoweverTheDocumentComes(document: String) {
    let bytes = [UInt8](document)
    for (head, tail) in bytes.cuts where !tail.isEmpty {
        var framer = JSONFramer()
        #expect(head.withExactBytes { framer.scan($0) } == .incomplete)
        #expect((bytes + [UInt8]("{\"next")).withExactBytes { framer.scan($0) } == .whole(bytes: bytes.count))
    }
    var framer = JSONFramer()
    for count in 0..<bytes.count { #expect(bytes[..<count].asArray.withExactBytes { framer.scan($0) } == .incomplete) }
    #expect(bytes.withExactBytes { framer.scan($0) } == .whole(bytes: bytes.count))
}

@Test func jsonFramer_StopsAtTheFirstBracketThatIsTooDeep() {
    let deep = [UInt8](String(repeating: "[", count: 10_000))
    var framer = JSONFramer()
    #expect(deep.withExactBytes { framer.scan($0) } == .tooDeep(offset: JSONFramer.depthMax))
    var other = JSONFramer()
    let most = [UInt8](
        String(repeating: "[", count: JSONFramer.depthMax) + String(repeating: "]", count: JSONFramer.depthMax))
    #expect(most.withExactBytes { other.scan($0) } == .whole(bytes: most.count))
}

@Test func jsonFramer_IgnoresBracketsInStrings() {
    var framer = JSONFramer()
    let bytes = [UInt8]("{\"" + String(repeating: "[{", count: 1000) + "\":\"x\"}")
    #expect(bytes.withExactBytes { framer.scan($0) } == .whole(bytes: bytes.count))
}

extension ArraySlice<UInt8> {
    fileprivate var asArray: [UInt8] { Array(self) }
}
