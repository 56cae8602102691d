/// Labels as ranges into the body.
struct OpenMetricsLabels {
    struct Item {
        var name: Range<Int>
        var isNameEscaped = false
        var value: Range<Int>
        var isValueEscaped: Bool
    }

    /// As written.
    private(set) var items: [Item] = []
    /// Indexes of `items` by name.
    private var order: [Int] = []

    mutating func removeAll() {
        items.removeAll(keepingCapacity: true)
        order.removeAll(keepingCapacity: true)
    }

    mutating func append(_ item: Item) {
        items.append(item)
    }

    /// To be called when all are there. Returns a label whose name an earlier one has.
    mutating func sort(_ bytes: UnsafeRawBufferPointer) -> Item? {
        order.append(contentsOf: items.indices)
        guard items.count > 1 else { return nil }
        let items = items
        order.sort { Self.isBefore(items[$0], items[$1], bytes) ?? ($0 < $1) }
        for (left, right) in zip(order, order.dropFirst()) where Self.isBefore(items[left], items[right], bytes) == nil
        {
            return items[right]
        }
        return nil
    }

    func first(named name: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Item? {
        items.first { bytes.holds(name, at: $0.name) }
    }

    /// Appends what tells these labels from others, except the one that is named. An empty label is as good as none.
    /// 0xFF occurs in no UTF-8, so it can separate the parts.
    func appendKey(to key: inout [UInt8], without left: [UInt8]?, _ bytes: UnsafeRawBufferPointer) {
        for index in order {
            let item = items[index]
            if item.value.isEmpty { continue }
            if let left, bytes.holds(left, at: item.name) { continue }
            key.append(contentsOf: bytes[item.name])
            key.append(0xFF)
            if item.isValueEscaped {
                OpenMetricsEscapes.forEach(bytes, item.value) { key.append($0) }
            } else {
                key.append(contentsOf: bytes[item.value])
            }
            key.append(0xFF)
        }
    }

    func model(_ bytes: UnsafeRawBufferPointer) -> LabelSet {
        items.map { item in
            Label(
                item.isNameEscaped ? OpenMetricsEscapes.text(bytes, item.name) : bytes.text(item.name),
                item.isValueEscaped ? OpenMetricsEscapes.text(bytes, item.value) : bytes.text(item.value))
        }
    }

    /// In code points, as the bound on exemplars counts.
    func codePoints(_ bytes: UnsafeRawBufferPointer) -> Int {
        items.reduce(0) { $0 + OpenMetricsEscapes.count(bytes, $1.name) + OpenMetricsEscapes.count(bytes, $1.value) }
    }

    /// `nil` where both names are equal.
    private static func isBefore(_ left: Item, _ right: Item, _ bytes: UnsafeRawBufferPointer) -> Bool? {
        let (first, second) = (bytes[left.name], bytes[right.name])
        return first.elementsEqual(second) ? nil : first.lexicographicallyPrecedes(second)
    }
}
