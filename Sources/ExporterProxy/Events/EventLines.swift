/// The lines of a stream, as it comes in parts; each line is as a datagram of its own.
struct EventLines {
    private static let newline = UInt8(ascii: "\n")

    /// Of a line; longer ones are said to be so, and left out.
    var bytesMax: Int
    /// The beginning of a line whose end has not come.
    private var rest: [UInt8] = []
    /// What comes is of a line that is too long.
    private var isLeftOut = false

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Hands on all lines that have ended, several at once; `nil` for one that is too long.
    ///
    /// A part has `bytesMax` bytes at most: so no line that lies in it as a whole is too long.
    mutating func take(_ part: UnsafeRawBufferPointer, _ each: (UnsafeRawBufferPointer?) -> Void) {
        var part = part[...]
        if isLeftOut || !rest.isEmpty {
            guard let end = part.firstIndex(of: Self.newline) else { return keep(part, each) }
            finishLine(with: part[..<end], each)
            part = part[(end + 1)...]
        }
        guard let last = part.lastIndex(of: Self.newline) else { return keep(part, each) }
        each(UnsafeRawBufferPointer(rebasing: part[...last]))
        keep(part[(last + 1)...], each)
    }

    /// The last line may have no end of its own.
    mutating func finish(_ each: (UnsafeRawBufferPointer?) -> Void) {
        if !rest.isEmpty { rest.withUnsafeBytes { each($0) } }
        (rest, isLeftOut) = ([], false)
    }

    private mutating func keep(_ part: Slice<UnsafeRawBufferPointer>, _ each: (UnsafeRawBufferPointer?) -> Void) {
        guard !isLeftOut, !part.isEmpty else { return }
        if part.count > bytesMax - rest.count {
            (rest, isLeftOut) = ([], true)
            each(nil)
        } else {
            rest += part
        }
    }

    private mutating func finishLine(
        with end: Slice<UnsafeRawBufferPointer>, _ each: (UnsafeRawBufferPointer?) -> Void
    ) {
        keep(end, each)
        if !isLeftOut { rest.withUnsafeBytes { each($0) } }
        (rest, isLeftOut) = ([], false)
    }
}
