import Exposition
import NIOCore

/// Records and parts of pushes begin with a version and a kind.
extension RecordWriter {
    fileprivate static let pushVersion: UInt8 = 1

    init(kind: UInt8, room: Int = 0) {
        self.init(version: Self.pushVersion, room: room)
        write(byte: kind)
    }

    mutating func write(_ group: GroupingKey) {
        write(each: group.labels) { writer, label in
            writer.write(label.name)
            writer.write(label.value)
        }
    }
}

extension RecordReader {
    /// Its kind is next.
    init(push bytes: ByteBuffer) throws(RecordError) { try self.init(bytes, version: RecordWriter.pushVersion) }

    mutating func group() throws(RecordError) -> GroupingKey {
        GroupingKey(
            try each { reader throws(RecordError) in Label(try reader.text(), try reader.text()) })
    }

    mutating func moment(_ times: RestoredTimes) throws(RecordError) -> Moment { times.moment(wall: try int64()) }
}

/// Times that were written by the wall's clock, on the monotonic clock of this run of the machine.
struct RestoredTimes {
    let now: Moment

    /// As long ago as the wall says; never in the future.
    func moment(wall: Int64) -> Moment {
        let (age, overflows) = now.wall.nanoseconds.subtractingReportingOverflow(wall)
        let past = overflows ? (wall < 0 ? Int64.max / 2 : 0) : min(max(0, age), .max / 2)
        return Moment(wall: Timestamp(nanoseconds: wall), monotonic: now.monotonic &- past)
    }

    func monotonic(wall: Int64) -> Int64 { moment(wall: wall).monotonic }
}
