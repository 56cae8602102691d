import Exposition
import FoundationEssentials
import TestSupport
import Testing

/// Messages byte by byte (protobuf.dev, "Encoding").
private enum Message {
    static func varint(_ number: UInt64) -> [UInt8] {
        var (bytes, rest): ([UInt8], UInt64) = ([], number)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    static func field(_ number: UInt64, _ value: UInt64) -> [UInt8] { varint(number << 3) + varint(value) }
    static func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes
    }
    static func field(_ number: UInt64, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
    static func double(_ number: UInt64, _ value: Double) -> [UInt8] {
        varint(number << 3 | 1) + (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    }

    static func delimited(_ bytes: [UInt8]) -> [UInt8] { varint(UInt64(bytes.count)) + bytes }
    static func label(_ name: String, _ value: String) -> [UInt8] { field(1, field(1, name) + field(2, value)) }
    static func gauge(_ name: String, _ metrics: [UInt8]...) -> [UInt8] {
        delimited(field(1, name) + field(3, 1) + metrics.flatMap { field(4, $0) })
    }
    /// A histogram with nothing in it but these bytes.
    static func histogram(_ bytes: [UInt8]) -> [UInt8] {
        delimited(field(1, "h") + field(3, 4) + field(4, field(7, bytes)))
    }
}

private let one = Message.field(2, Message.double(1, 1.0))

private func read(
    _ bytes: [UInt8], _ change: (inout ExpositionLimits) -> Void = { _ in }
) throws(ProtobufError) -> [MetricFamily] {
    var limits = ExpositionLimits.none
    change(&limits)
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { block.deallocate() }
    block.copyBytes(from: bytes)
    return try ProtobufParser.parse(UnsafeRawBufferPointer(block), limits: limits)
}

private func text(_ bytes: [UInt8]) throws -> String {
    String(decoding: TextWriter.write(try read(bytes)), as: UTF8.self)
}

private func error(_ bytes: [UInt8], _ change: (inout ExpositionLimits) -> Void = { _ in }) -> ProtobufError? {
    do { _ = try read(bytes, change) } catch { return error }
    return nil
}

/// What Google's encoder makes of one family of each type, with every field that the schema has.
private let everything = [UInt8](
    hex:
        """
        5f0a07635f746f74616c120861202262220a5c631800223b0a0a0a01611205c3a9220a5c0a050a016212001a2609000000000000f83f1215
        0a060a017412017511000000000000e03f1a0208011a0408051007220b1a0909000000000000f07f400a0167180122121209090000000000
        00008030fbd095ffbc31221e0a060a0178120179120909000000000000f87f30ffffffffffffffffff012a056279746573450a0173180222
        3e223c08ffffffffffffffffff011100000000000004401a1209000000000000e03f11000000000000f03f1a1209000000000000f03f1100
        0000000000f87f120a01751803220b2a090900000000000008406c0a01681200180422470a060a017a1201313a3d08031100000000000011
        401a160801117b14ae47e17a743f1a0911000000000000f03f1a0b080211000000000000f03f1a0b0802110000000080842e41221a3a1808
        0211000000000000f03f1a0b080211000000000000f07f2f0a0166180522283a2611000000000000f03f1a121100000000006af840210000
        00000000e03f210000000000000440580a016e180422513a4f0807110000000000002240280631fca9f1d24d62503f38014a040801100252
        0202016204080010036a030204057210000000000000f83f00000000000004407a020809820109110000000000000040
        """)

struct ProtobufParserTests {
    @Test func everyType_BecomesTextOfItsOwn() throws {
        #expect(
            try text(everything) == #"""
                # HELP c_total a "b"\n\\c
                # TYPE c_total counter
                c_total{a="é\"\n\\",b=""} 1.5
                c_total +Inf
                # TYPE g gauge
                g -0 1700000000123
                g{x="y"} NaN
                # TYPE s summary
                s{quantile="0.5"} 1
                s{quantile="1"} NaN
                s_sum 2.5
                s_count 1.8446744073709552e+19
                # TYPE u untyped
                u 3
                # HELP h\#u{20}
                # TYPE h histogram
                h_bucket{z="1",le="0.005"} 1
                h_bucket{z="1",le="1"} 2
                h_bucket{z="1",le="1e+06"} 2
                h_bucket{z="1",le="+Inf"} 3
                h_sum{z="1"} 4.25
                h_count{z="1"} 3
                h_bucket{le="+Inf"} 2
                h_sum 1
                h_count 2
                # TYPE f histogram
                f_bucket{le="100000"} 0.5
                f_bucket{le="+Inf"} 2.5
                f_sum 1
                f_count 2.5
                # TYPE n histogram
                n_bucket{le="+Inf"} 7
                n_sum 9
                n_count 7

                """#)
        let families = try read(everything)
        #expect(
            families.map(\.type) == [.counter, .gauge, .summary, .untyped, .histogram, .gaugehistogram, .histogram])
        #expect(families[1].unit == "bytes")
        #expect(families[1].samples.map { $0.timestamp?.seconds } == [1_700_000_000, -1])
    }

    @Test func everyType_IsTextThatTheScanTakes() throws {
        let families = try read(everything)
        #expect(TextWriter.write(families).withUnsafeBytes { CanonicalText.index($0, limits: .none) } != nil)
    }

    @Test(
        arguments: [
            ("nothing at all", [], ""),
            ("no metrics", Message.gauge("a"), "# TYPE a gauge\n"),
            (
                "no type: a counter", Message.delimited(Message.field(1, "a") + Message.field(4, Message.field(3, []))),
                "# TYPE a counter\na 0\n"
            ),
            (
                "the type behind the metrics",
                Message.delimited(Message.field(4, one) + Message.field(3, 1) + Message.field(1, "a")),
                "# TYPE a gauge\na 1\n"
            ),
            (
                "fields that nobody knows",
                Message.delimited(
                    Message.field(99, "x") + Message.field(1, "a") + Message.field(3, 1) + Message.field(98, 1)
                        + Message.field(4, Message.double(97, 1.0) + one + [0x8D, 0x06, 1, 2, 3, 4])),
                "# TYPE a gauge\na 1\n"
            ),
            (
                "values of other types", Message.gauge("a", Message.field(3, Message.double(1, 5.0)) + one),
                "# TYPE a gauge\na 1\n"
            ),
            (
                "a value in two parts",
                Message.delimited(
                    Message.field(1, "h") + Message.field(3, 4)
                        + Message.field(
                            4, Message.field(7, Message.field(1, 2)) + Message.field(7, Message.double(2, 3.0)))),
                "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n"
            ),
            ("a name with colons", Message.gauge(":a:", one), "# TYPE :a: gauge\n:a: 1\n"),
            (
                "an empty bucket", Message.histogram(Message.field(3, [])),
                "# TYPE h histogram\nh_bucket{le=\"0\"} 0\nh_bucket{le=\"+Inf\"} 0\nh_sum 0\nh_count 0\n"
            ),
            (
                "an endless count", Message.histogram(Message.field(1, .max) + Message.double(4, 0.0)),
                "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1.8446744073709552e+19\nh_sum 0\n"
                    + "h_count 1.8446744073709552e+19\n"
            ),
            (
                "a family without samples that had some", Message.gauge("a", one) + Message.gauge("a"),
                "# TYPE a gauge\n"
            ),
        ] as [(String, [UInt8], String)])
    func message_IsRead(what: String, bytes: [UInt8], wanted: String) throws {
        #expect(try text(bytes) == wanted, "\(what)")
    }

    @Test func laterFamily_TakesThePlaceOfTheEarlier() throws {
        let first = Message.gauge("a", Message.label("x", "1") + one, Message.label("x", "2") + one)
        let later = Message.gauge("a", Message.label("x", "3") + one)
        #expect(
            try text(first + Message.gauge("b", one) + later)
                == "# TYPE a gauge\na{x=\"3\"} 1\n# TYPE b gauge\nb 1\n")
    }

    @Test(
        arguments: [
            ("a length without a message", [5], .truncated, "", 0),
            ("a length that never ends", [0xFF], .truncated, "", 0),
            ("the largest length", Message.varint(.max), .truncated, "", 0),
            ("a length of 65 bits", [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2], .varint, "", 0),
            ("a length of eleven bytes", [UInt8](repeating: 0x80, count: 10) + [0], .varint, "", 0),
            ("an empty message", [0], .noName, "", 1),
            ("field 0", [2, 0, 0], .fieldNumber, "", 1),
            ("field 2^29", Message.delimited(Message.varint(1 << 32) + [0]), .fieldNumber, "", 1),
            ("a group", [1, 0x0B], .wireType(3), "", 1),
            ("wire type 7", [1, 0x0F], .wireType(7), "", 1),
            ("half a number", [3, 0x09, 0, 0], .truncated, "", 2),
            ("half a small number", [3, 0x0D, 0, 0], .truncated, "", 2),
            ("a field longer than its message", [3, 0x0A, 2, 0x61, 0x62], .truncated, "", 2),
            ("a name as a number", [2, 0x08, 1], .otherWireType(0, expected: 2), "name", 1),
            (
                "a type as a name", Message.delimited(Message.field(1, "a") + Message.field(3, "b")),
                .otherWireType(2, expected: 0), "type", 4
            ),
            (
                "an unknown type", Message.delimited(Message.field(1, "a") + Message.field(3, 6)), .unknownType(6),
                "type", 4
            ),
            (
                "a type beyond all", Message.delimited(Message.field(1, "a") + Message.field(3, .max)),
                .unknownType(.max), "type", 4
            ),
            ("a name that is none", Message.gauge("a b"), .metricName("a b"), "name", 1),
            ("a name that begins with a digit", Message.gauge("1"), .metricName("1"), "name", 1),
            ("a name with bytes of Latin 1", Message.delimited(Message.field(1, [0x61, 0xE9])), .notUTF8, "name", 4),
            (
                "a help with half a character", Message.delimited(Message.field(1, "a") + Message.field(2, [0xC3])),
                .notUTF8, "help", 6
            ),
            ("no value", Message.gauge("a", []), .noValue(.gauge), "metric[0]", 6),
            (
                "a value of another type", Message.gauge("a", one, Message.field(3, [])), .noValue(.gauge), "metric[1]",
                19
            ),
            (
                "a value as an integer", Message.gauge("a", Message.field(2, Message.field(1, 1))),
                .otherWireType(0, expected: 1), "metric[0].gauge.value", 10
            ),
            (
                "a time as a float", Message.gauge("a", one + Message.double(6, 1.0)), .otherWireType(1, expected: 0),
                "metric[0].timestamp_ms", 19
            ),
            (
                "no name of a label", Message.gauge("a", one + Message.field(1, [])), .labelName(""),
                "metric[0].label[0].name", 21
            ),
            (
                "a name with a blank", Message.gauge("a", Message.label("b", "") + Message.label("a ", "") + one),
                .labelName("a "), "metric[0].label[1].name", 17
            ),
            (
                "the metric's name", Message.gauge("a", Message.label("__name__", "b") + one), .labelName("__name__"),
                "metric[0].label[0].name", 10
            ),
            (
                "a label twice", Message.gauge("a", Message.label("b", "1") + Message.label("b", "2") + one),
                .repeatedLabel("b"), "metric[0].label[1].name", 6
            ),
            (
                "a label value that is not UTF-8",
                Message.gauge("a", Message.field(1, Message.field(1, "b") + Message.field(2, [0x61, 0xFF])) + one),
                .notUTF8,
                "metric[0].label[0].value", 16
            ),
            (
                "le of a histogram",
                Message.delimited(
                    Message.field(1, "h") + Message.field(3, 4)
                        + Message.field(4, Message.label("le", "") + Message.field(7, []))),
                .repeatedLabel("le"), "metric[0].label[0].name", 6
            ),
            (
                "quantile of a summary",
                Message.delimited(
                    Message.field(1, "s") + Message.field(3, 2)
                        + Message.field(4, Message.label("quantile", "") + Message.field(4, []))),
                .repeatedLabel("quantile"), "metric[0].label[0].name", 6
            ),
            (
                "a bucket as a number", Message.histogram(Message.field(3, []) + Message.double(3, 1.0)),
                .otherWireType(1, expected: 2), "metric[0].histogram.bucket[1]", 12
            ),
            (
                "a bound as an integer", Message.histogram(Message.field(3, Message.field(2, 1))),
                .otherWireType(0, expected: 1), "metric[0].histogram.bucket[0].upper_bound", 12
            ),
        ] as [(String, [UInt8], ProtobufError.Problem, String, Int)])
    func body_IsRefused_AndItIsSaidWhere(
        what: String, bytes: [UInt8], problem: ProtobufError.Problem, field: String, offset: Int
    ) {
        let found = error(bytes)
        #expect(found?.problem == problem && found?.message == 1, "\(what)")
        #expect(found?.field == field && found?.offset == offset, "\(what)")
        let good = Message.gauge("good", one)
        let second = error(good + bytes)
        #expect(second?.problem == problem && second?.message == 2 && second?.offset == good.count + offset, "\(what)")
    }

    @Test func error_IsSaidInOneLine() {
        let bytes =
            Message.gauge("good") + Message.gauge("a", Message.label("b", "") + Message.label("\n\u{1B}", "") + one)
        #expect(
            error(bytes)?.description
                == #"message 2, field metric[0].label[1].name, byte 26: "\n\u{1B}" is no label name"#)
        #expect(
            error(Message.gauge(String(repeating: "é", count: 1000)))?.description
                == "message 1, field name, byte 2: \"\(String(repeating: "é", count: 64))\"… is no metric name")
    }
}

struct ProtobufLimitTests {
    @Test(
        arguments: [
            ("families", Message.gauge("a") + Message.gauge("b"), \.families, 2, 1),
            ("samples", Message.gauge("a", one, one), \.series, 2, 1),
            (
                "samples that are overwritten", Message.gauge("a", one) + Message.gauge("a", one), \.series, 2, 1
            ),
            ("samples of a histogram", Message.histogram(Message.field(3, [])), \.series, 4, 3),
            (
                "buckets", Message.histogram(Message.field(3, []) + Message.field(3, [])), \.series, 5, 1
            ),
            (
                "labels", Message.gauge("a", Message.label("b", "") + Message.label("c", "") + one), \.labels, 2, 1
            ),
            ("bytes of a name", Message.gauge("abc", one), \.nameBytes, 3, 2),
            (
                "bytes of a label name", Message.gauge("a", Message.label("abc", "") + one), \.nameBytes, 3, 2
            ),
            (
                "bytes of a value as written", Message.gauge("a", Message.label("b", "c\n") + one),
                \.valueBytes, 3, 2
            ),
            ("bytes of text", Message.gauge("a", Message.label("b", "c") + one), \.bytes, 64, 9),
        ] as [(String, [UInt8], WritableKeyPath<ExpositionLimits, Int> & Sendable, Int, Int)]
    )
    func limit_IsWhatMayJustBe(
        what: String, bytes: [UInt8], limit: WritableKeyPath<ExpositionLimits, Int> & Sendable, enough: Int,
        tooLittle: Int
    ) {
        #expect(error(bytes) { $0[keyPath: limit] = enough } == nil, "\(what)")
        #expect(error(bytes) { $0[keyPath: limit] = tooLittle }?.isOverLimit == true, "\(what)")
    }

    /// One long label set, and tens of thousands of buckets of two bytes: gigabytes of text of a small body.
    @Test func smallBody_DoesNotBecomeALargeText() {
        let labels = (0..<60).flatMap { Message.label("l\($0)", String(repeating: "x", count: 4000)) }
        let buckets = (0..<49_000).flatMap { _ in Message.field(3, []) }
        let body = Message.delimited(
            Message.field(1, "h") + Message.field(3, 4) + Message.field(4, labels + Message.field(7, buckets)))
        #expect(error(body) { $0 = ExpositionLimits() }?.problem == .tooMuch("bytes of text", limit: 8 * 1024 * 1024))
    }
}

struct ProtobufRobustnessTests {
    /// Between two messages a body may end; anywhere else it must not.
    @Test func cutBody_IsRefused() throws {
        var borders: Set<Int> = []
        var rest = everything[...]
        while let length = rest.first {
            borders.insert(rest.startIndex)
            rest = rest.dropFirst(Int(length) + 1)
        }
        #expect(borders.count == 7)
        for count in 1..<everything.count where !borders.contains(count) {
            let found = error(Array(everything[..<count]))
            #expect(found?.problem == .truncated && (found?.offset ?? .max) < count, "\(count) bytes")
        }
    }

    /// Whatever a few wrong bytes make of it: no trap, and what is taken can be written and read.
    @Test(arguments: 0..<200)
    func damagedBody_IsReadOrRefused(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            var body = everything
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: body[place] = UInt8.random(in: 0...255, using: &random)
                case 1: body[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 2: body.removeSubrange(place..<min(body.count, place + 3))
                default: body.insert(contentsOf: [0xFF, 0xFF, 0xFF, 0x7F], at: place)
                }
            }
            check(body, "seed \(seed)")
        }
    }

    /// Every byte once as 0, as 0xFF, and with each bit turned.
    @Test func damageOfOneByte_IsReadOrRefused() {
        for place in everything.indices {
            for byte in [0, 0xFF] + (0..<8).map({ everything[place] ^ (1 << $0) }) {
                var body = everything
                body[place] = byte
                check(body, "byte \(place) is \(byte)")
            }
        }
    }

    private func check(_ body: [UInt8], _ what: String) {
        do throws(ProtobufError) {
            let text = TextWriter.write(try read(body))
            #expect(String(validating: text, as: UTF8.self) != nil, "\(what)")
        } catch {
            #expect(error.offset <= body.count && error.message >= 1 && !error.description.contains("\n"), "\(what)")
        }
    }
}

/// What Pushgateway's own tests push.
@Suite(.needsConformanceCases) struct ProtobufConformanceTests {
    @Test(
        arguments: [
            (
                "push-protobuf",
                "# TYPE some_metric untyped\nsome_metric 1.234\n# TYPE another_metric untyped\nanother_metric 3.14\n"
            ),
            ("push-protobuf-duplicate-family", "# TYPE g gauge\ng{x=\"2\"} 2\n"),
            ("push-protobuf-truncated", nil),
        ] as [(String, String?)])
    func pushgatewaysBody_IsJudgedAsThere(id: String, wanted: String?) throws {
        let cases = try ConformanceCases.load("pushgateway-http.json")["cases"].array
        let step = cases.first { $0["id"].string == id }?["steps"].array.first
        let body = try #require(step?["body_b64"].string.flatMap { Data(base64Encoded: $0) })
        if let wanted { #expect(try text(Array(body)) == wanted) } else { #expect(error(Array(body))?.message == 2) }
    }
}

extension [UInt8] {
    /// White space is for the reader.
    fileprivate init(hex text: String) {
        let digits = text.compactMap(\.hexDigitValue)
        self = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
