/// What belongs to many hosts: of each the oldest first, and of all the host that has most.
///
/// Whatever is kept or forgotten looks at what one host has, however many there are.
struct HostQueues<Element: Equatable & Sendable>: Sendable {
    private var queues: [UInt32: [Element]] = [:]
    /// The largest first.
    private var order = DueTimes<UInt32>()
    private(set) var count = 0

    /// The oldest first.
    subscript(host: UInt32) -> [Element] { queues[host] ?? [] }

    var oldestOfLargest: Element? { order.first.flatMap { queues[$0]?.first } }

    mutating func append(_ element: Element, of host: UInt32) {
        queues[host, default: []].append(element)
        count += 1
        sort(host)
    }

    mutating func remove(_ element: Element, of host: UInt32) {
        guard let place = queues[host]?.firstIndex(of: element) else { return }
        queues[host]?.remove(at: place)
        count -= 1
        sort(host)
    }

    private mutating func sort(_ host: UInt32) {
        let left = self[host].count
        if left == 0 { queues[host] = nil }
        order.set(host, at: left == 0 ? nil : Int64(-left))
    }
}
