import Testing

@testable import Exposition

struct SeriesNumberTests {
    private static func numbers(_ text: String) throws -> [UInt64] {
        try Array(text.utf8).withUnsafeBytes { bytes in
            try #require(CanonicalText.index(bytes, limits: .none)).shape.series
        }
    }

    @Test(arguments: [
        "", "a=\"b\"", "a=\"b\",c=\"\"", "a=\"b\" , c = \"d\",", "a=\"\\\"}\\\\\",b=\"\\n\"", "le=\"1.0\"",
        "quantile=\"0.50\"",
        "le=\"x\"", "a=\"é日😀\"",
    ])
    func number_IsThatOfTheIndex(labels: String) throws {
        let number = SeriesNumber(name: "m").number(labels: labels)
        #expect(try Self.numbers("m{\(labels)} 1\n") == [number])
    }

    @Test(arguments: [
        ("le=\"1\",a=\"b\"", "a=\"b\""), ("a=\"b\",le=\"+Inf\",z=\"1\"", "a=\"b\",z=\"1\""), ("lea=\"1\"", "lea=\"1\""),
    ])
    func label_CanBeLeftOut(labels: String, left: String) {
        let name = SeriesNumber(name: "m")
        #expect(name.number(labels: labels, without: "le") == name.number(labels: left))
    }

    @Test func names_MakeOtherNumbers() {
        #expect(SeriesNumber(name: "m").number(labels: "") != SeriesNumber(name: "n").number(labels: ""))
    }

    /// No text makes it read behind its end.
    @Test(arguments: ["a", "a=", "a=\"", "a=\"\\", "a=\"b\\\"", "=\"b\"", "{", ",", "a b=\"c\"", "\"", "a=b"])
    func whatIsNoLabels_IsRead(labels: String) {
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: labels.utf8.count, alignment: 1)
        defer { block.deallocate() }
        block.copyBytes(from: labels.utf8)
        var pairs = LabelPairs(UnsafeRawBufferPointer(block))
        var count = 0
        while pairs.next() != nil { count += 1 }
        #expect(count <= 1)
    }
}
