/// The labels of many metrics in one piece of memory: a string of its own for each would take twice the room.
struct LabelStore: Sendable {
    /// Where labels lie, in units of eight bytes, so that 32 bits are enough for all that fits into memory.
    struct Place: Sendable {
        fileprivate var start: UInt32
        fileprivate var count: UInt32

        fileprivate var bytes: Range<Int> { Int(start) * 8..<Int(start) * 8 + Int(count) }
        fileprivate var room: Int { (Int(count) + 7) / 8 * 8 }
    }

    private var bytes: [UInt8] = []
    private var unused = 0

    /// In bytes.
    var room: Int { bytes.count }

    /// More than half of the room holds nothing any more.
    var isWasteful: Bool { unused > 4096 && unused > bytes.count / 2 }

    mutating func add(_ labels: String) -> Place {
        let place = Place(start: UInt32(bytes.count / 8), count: UInt32(labels.utf8.count))
        bytes.append(contentsOf: labels.utf8)
        bytes.append(contentsOf: repeatElement(0, count: place.room - Int(place.count)))
        return place
    }

    mutating func remove(_ place: Place) { unused += place.room }

    func text(_ place: Place) -> String { String(decoding: bytes[place.bytes], as: UTF8.self) }
}
