import Testing

@testable import Exposition

/// Texts that are like an earlier one but for their values.
@Suite struct GroupedFormTests {
    private static let old = """
        # HELP a b
        # TYPE a histogram
        a_bucket{le="1",z="1",b="2"} 1
        a_bucket{z="1", le="+Inf"} 1
        a_sum{} -2.5
        b{c="d"} NaN
        # TYPE e gauge
        # TYPE f gauge
        f{job="mine"}\t1

        """

    private static let labels = GroupedText.Labels(
        group: [Label("job", "a\"b"), Label("zone", "é")], fallback: "instance", mark: "clearmode")

    private static func grouped(_ text: [UInt8]) -> (form: GroupedForm?, text: GroupedText)? {
        withExactCopy(text) { bytes in
            CanonicalText.index(bytes, limits: .none).map { index in
                let grouped = GroupedText(bytes, index, labels)
                return (GroupedForm(bytes, index, grouped), grouped)
            }
        }
    }

    /// The lines of `new` by way of what is known of an earlier text; `nil` where it is not of its form.
    private static func again(_ new: [UInt8], _ form: GroupedForm, _ old: GroupedText) -> [UInt8]? {
        withExactCopy(new) { new in
            guard let count = form.bytes(of: new) else { return nil }
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
            defer { memory.deallocate() }
            let isWritten = withExactCopy(old.bytes) {
                form.write(new, like: $0, at: old.families.map(\.lines), to: memory) != nil
            }
            return isWritten ? Array(memory) : nil
        }
    }

    private static func replaced(_ part: String, _ new: String) throws -> [UInt8] {
        let place = try #require(old.firstRange(of: part))
        var text = old
        text.replaceSubrange(place, with: new)
        return Array(text.utf8)
    }

    @Test(arguments: [
        ("NaN", "1"), ("NaN", "NaN"), ("NaN", "-1e-9"), ("NaN", "0.00000000000000000000000000000000001"),
        ("\t1", "\t1234567890123456"), ("\"2\"} 1", "\"2\"} 12345678"), ("\"2\"} 1", "\"2\"} 123456789012345"),
        ("\"2\"} 1", "\"2\"} 1234567890123456"), ("-2.5", "2.5"), ("-2.5", "-1"),
    ])
    func movedValue_IsWrittenWithTheLabelsOfTheGroup(_ old: String, new: String) throws {
        let before = try #require(Self.grouped(Array(Self.old.utf8)))
        let text = try Self.replaced(old, new)
        let again = Self.again(text, try #require(before.form), before.text)
        #expect(again == Self.grouped(text)?.text.bytes)
        #expect(again != nil)
    }

    @Test(arguments: [
        ("# HELP a b", "# HELP a c"), ("# HELP a b", "# HELP a bb"), ("# HELP a b\n", ""), ("histogram", "summary"),
        ("# TYPE e gauge\n", ""), ("# TYPE e gauge\n", "# TYPE e gauge\ne 1\n"), ("a_sum", "a_sun"),
        ("a_sum{}", "a_sum"),
        ("c=\"d\"", "c=\"e\""), ("c=\"d\"", "c=\"\""), ("c=\"d\"", "c=\"d\","), ("c=\"d\"", "c=\"dd\""),
        ("\t1", " 1"), ("\t1", "\t 1"), ("\t1\n", "\t1\nf 2\n"), ("\t1\n", ""), ("\t1\n", "\t1\n\n"), ("\t1\n", "\t1"),
        ("\t1\n", "\t\n"), ("\t1\n", "\t"), ("NaN", "x"), ("NaN", ""), ("NaN", "1e400"), ("NaN", "1 "), ("NaN", "1\r"),
        ("NaN", "1 5"), ("\"2\"} 1", "\"2\"} -1"), ("le=\"1\"", "le=\"1.0\""),
        ("b{c=\"d\"} NaN\n", ""),
    ])
    func otherChange_IsRefused(_ old: String, new: String) throws {
        let before = try #require(Self.grouped(Array(Self.old.utf8)))
        #expect(Self.again(try Self.replaced(old, new), try #require(before.form), before.text) == nil)
    }

    @Test(arguments: [
        ("a 1\n", true), ("", true), ("# TYPE a gauge\n", true), ("a 1 5\n", false), ("a{job=\"x\"} 1\na 2\n", false),
        ("a{__b=\"c\"} 1\n", false),
    ])
    func textWhoseValuesAreNotAllThatHasToBeSeen_HasNoForm(text: String, hasForm: Bool) throws {
        #expect((try #require(Self.grouped(Array(text.utf8))).form != nil) == hasForm)
    }

    @Test func whateverIsTaken_IsTheSameAsReadWhole() {
        var (moved, kept) = (0, 0)
        for seed in 0..<3000 as Range<UInt64> {
            var generator = BodyGenerator(seed: seed)
            let old = generator.body()
            guard let before = Self.grouped(old), let form = before.form else { continue }
            for round in 0..<6 {
                let new = round < 3 ? generator.moved(old) : generator.changed(generator.moved(old))
                guard let again = Self.again(new, form, before.text) else { continue }
                if new == old { kept += 1 } else { moved += 1 }
                let whole = Self.grouped(new)
                let text = "seed \(seed), round \(round): \(String(decoding: new, as: UTF8.self).debugDescription)"
                #expect(whole?.text.bytes == again, "\(text)")
                #expect(whole?.text.series == before.text.series, "\(text)")
                #expect(whole?.text.families.map(\.samples) == before.text.families.map(\.samples), "\(text)")
            }
        }
        #expect(moved > 1000, "\(moved) moved, \(kept) the same")
    }
}
