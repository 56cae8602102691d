import Testing

@testable import ExporterProxy

struct EventStreamTests {
    private static let bytesMax = 32

    /// What becomes of a stream that comes in parts which end at `cuts`.
    private static func tally(_ stream: [UInt8], cuts: [Int]) -> String {
        var lines = EventLines(bytesMax: bytesMax)
        var metrics = EventMetrics(EventSettings(EventDefinitions(EventDefinition.examples)))
        var tally = EventTally()
        func take(_ bytes: UnsafeRawBufferPointer?) {
            guard let bytes else { return tally.refuse(.tooLong) }
            metrics.take(lines: bytes, at: Moment.example.monotonic, into: &tally)
        }
        var start = 0
        for end in cuts + [stream.count] {
            Array(stream[start..<end]).withExactBytes { lines.take($0, take) }
            start = end
        }
        lines.finish(take)
        return tally.text
    }

    @Test(arguments: [
        ("{\"metric_name\":\"plain_total\"}\n{\"metric_name\":\"plain_total\"}\n", "2 accepted"),
        ("{\"metric_name\":\"plain_total\"}\n{\"metric_name\":\"plain_total\"}", "2 accepted"),
        ("[{\"metric_name\":\"plain_total\"}]\r\n", "1 accepted"),
        // A line ends where it ends, also in the middle of a packet.
        ("{\"metric_name\":\n\"plain_total\"}\n", "0 accepted, malformed: 2"), ("[\n]\n", "0 accepted, malformed: 2"),
        // There is nothing in these.
        ("\n", "0 accepted, empty: 1"), ("\n\n \r\n\n", "0 accepted, empty: 4"),
        ("{\"metric_name\":\"plain_total\"}\n\n\n", "1 accepted, empty: 2"), ("", "0 accepted"),
        // Too long: that one, and once.
        ("{\"metric_name\":\"plain_total\"   }\n", "1 accepted"),
        ("{\"metric_name\":\"plain_total\"    }\n[]\n", "0 accepted, empty: 1, too_long: 1"),
        ("{\"metric_name\":\"plain_total\"    }", "0 accepted, too_long: 1"),
    ])
    func stream_ComesToTheSame_HoweverItIsCut(stream: String, expected: String) {
        let bytes = Array(stream.utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                let cuts = [first, second]
                guard zip([0] + cuts, cuts + [bytes.count]).allSatisfy({ $1 - $0 <= Self.bytesMax }) else { continue }
                #expect(Self.tally(bytes, cuts: cuts) == expected, "cut at \(cuts)")
            }
        }
    }
}
