import Exposition
import Foundation
import Testing

struct FindingsReportTests {
    private let findings = repair("a 1\né{b=\"c\"} 1\na{b=\"é\"} x\na{b=\"\\n\"} x\n").findings

    @Test func text_ShowsTheLineAndThePlace() {
        let wanted = """
            2:1: no metric name can stand here, or go on like this
                é{b="c"} 1
                ^
                use letters, digits, _ and :, and no digit first

            3:11: the value is not a number
                a{b="é"} x
                         ^
                write a decimal number, +Inf, -Inf or NaN

            4:11: the value is not a number
                a{b="\\n"} x
                write a decimal number, +Inf, -Inf or NaN

            """
        #expect(FindingsReport(findings).text == wanted)
        #expect(FindingsReport([]).text == "" && FindingsReport([]).json == "[]\n")
    }

    @Test func json_SaysTheSame() throws {
        let data = Data(FindingsReport(findings).json.utf8)
        let objects = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        #expect(
            objects.map { $0["line"] as? Int } == [2, 3, 4] && objects.map { $0["column"] as? Int } == [1, 11, 11])
        #expect(objects[2]["text"] as? String == "a{b=\"\\n\"} x" && objects[0]["reason"] as? String == "bad_name")
        #expect(objects[0]["refused_by"] as? [String] == ["prometheus", "promtool"])
        #expect(objects[0]["outcome"] as? String == "dropped" && objects[0].count == 8)
    }
}
