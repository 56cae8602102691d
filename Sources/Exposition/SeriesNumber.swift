/// The numbers of single series of one name, as ``ExpositionShape/series`` has them.
///
/// They hold in this process only.
public struct SeriesNumber: Sendable {
    private let begun: UInt64

    public init(name: UnsafeRawBufferPointer) { begun = SeriesHash.ofThisProcess.begin(name: name) }

    public init(name: String) {
        var name = name
        self = name.withUTF8 { SeriesNumber(name: UnsafeRawBufferPointer($0)) }
    }

    /// Of the series with these labels, as they stand between the braces of a canonical line.
    ///
    /// - Parameter left: the name of a label that is to be left out.
    public func number(labels: UnsafeRawBufferPointer, without left: StaticString? = nil) -> UInt64 {
        let hash = SeriesHash.ofThisProcess
        var sum = begun
        var pairs = LabelPairs(labels)
        while let pair = pairs.next() {
            if let left, Self.isNamed(pair.name, left) { continue }
            sum &+= hash.part(label: pair.name, value: pair.value, border: .none) ?? 0
        }
        return hash.end(sum)
    }

    public func number(labels: String, without left: StaticString? = nil) -> UInt64 {
        let quick = labels.utf8.withContiguousStorageIfAvailable {
            number(labels: UnsafeRawBufferPointer($0), without: left)
        }
        if let quick { return quick }
        return Array(labels.utf8).withUnsafeBytes { number(labels: $0, without: left) }
    }

    private static func isNamed(_ name: UnsafeRawBufferPointer, _ other: StaticString) -> Bool {
        name.count == other.utf8CodeUnitCount
            && name.elementsEqual(UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
    }
}

/// The labels between the braces of a canonical line, one after the other; values as written.
public struct LabelPairs {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// `nil` behind the last one, and where the text is none of labels.
    @inline(__always)
    public mutating func next() -> (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)? {
        let table = ByteClass.table
        skip { $0 == UInt8(ascii: ",") || table[Int($0)] & ByteClass.blank != 0 }
        let nameStart = position
        skip { table[Int($0)] & ByteClass.labelName != 0 }
        let nameEnd = position
        skip { $0 != UInt8(ascii: "\"") }
        let start = position &+ 1
        guard nameEnd > nameStart, start <= bytes.count else { return nil }
        position = start
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position &+= bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < bytes.count else { return nil }
        let end = position
        position &+= 1
        return (
            UnsafeRawBufferPointer(rebasing: bytes[nameStart..<nameEnd]),
            UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        )
    }

    @inline(__always)
    private mutating func skip(while isSkipped: (UInt8) -> Bool) {
        while position < bytes.count, isSkipped(bytes[position]) { position &+= 1 }
    }
}
